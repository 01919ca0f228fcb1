internal import CapsuleTrust
internal import CommandParser
internal import DeliveryConfiguration
internal import OCI
internal import ReleaseWorkflows
internal import Signing

/// `capsule sign`
struct SignCommand: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "sign", abstract: "Sign a release with a key.",
        discussion: """
            Attaches the signature to the release in both common forms: cosign's sha256-….sig manifest, and a Sigstore \
            bundle that is a referrer of the capsule. A signature that this key has made before is kept. `capsule publish \
            --key` signs before the release gets its tag.

            Example:
              capsule sign registry.example.com/shop/release:git-0cc4… --key release.key
              capsule sign oci:release:git-0cc4… --key release.key \\
                --repository registry.example.com/shop/release
            """)

    @Argument(
        help: ArgumentHelp("The release: a REF, or git-<commit> in the configured repository.", valueName: "release"),
        transform: ReleaseArgument.parse)
    var release: ReleaseArgument

    @OptionGroup var key: SigningKeyOptions
    @OptionGroup var signedFor: SignedForOptions
    @OptionGroup(title: "Password") var password: PasswordOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func execute(_ session: Session) async throws -> ExitStatus {
        let reference = try release.reference(session)
        let repository = try signedFor.repository(reference.store, session.configuration(about: reference.store))
        let signing = ReleaseSigning(
            key: try key.load(session, password), repository: repository, opener: session.opener)
        session.console.stage("signing \(reference)")
        let report = try await signing.sign(reference)
        if report.signature.signature == .present, report.signature.bundle == .present {
            session.console.note("this key has already signed \(report.signature.digest.short)")
        }
        if let warning = report.signature.warning { session.console.note(warning) }
        session.console.result(report, text: report.reference)
        return .ok
    }
}
