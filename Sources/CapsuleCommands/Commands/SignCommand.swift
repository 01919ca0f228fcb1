internal import CapsuleCore
internal import CapsuleTrust
internal import CommandParser
internal import DeliveryConfiguration
internal import OCI
internal import Signing

/// `capsule sign`
struct SignCommand: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "sign", abstract: "Sign a release with a key.",
        discussion: """
            Writes the signature beside the release in both forms that are in use: cosign's sha256-….sig manifest, and a \
            Sigstore bundle that refers to it. What this key has signed already is left as it is. `capsule publish --key` \
            does the same before the release gets its tag.

            Example:
              capsule sign registry.example.com/shop/release:git-0cc4… --key release.key
              capsule sign oci:release:git-0cc4… --key release.key \\
                --repository registry.example.com/shop/release
            """)

    @Argument(
        help: ArgumentHelp("A REF, or git-<sha> in the configured repository.", valueName: "release"),
        transform: ReleaseArgument.parse)
    var release: ReleaseArgument

    @OptionGroup var key: SigningKeyOptions
    @OptionGroup var signedFor: SignedForOptions
    @OptionGroup(title: "The password") var password: PasswordOptions
    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    private struct Result: Encodable {
        var schemaVersion = JSONOutput.schemaVersion
        var reference: String
        var signature: ReleaseSigner.Report
    }

    func execute(_ session: Session) async throws -> ExitStatus {
        let location = try release.location(session)
        let repository = try signedFor.repository(location.place, session.configuration(about: location.place))
        // Read before it is signed: whoever signs says that this is a release.
        let capsule = try await CapsuleReader.read(location, from: session.opener.source(location.place))
        let signer = ReleaseSigner(key: try key.load(session, password), repository: repository)
        session.console.stage("signing \(capsule.digest)")
        let report = try await signer.sign(
            capsule.manifest.descriptor, in: session.opener.store(location.place))
        let reference = Location(location.place, tag: location.tag, digest: capsule.digest)
        if report.signature == .present, report.bundle == .present {
            session.console.note("this key has signed it already")
        }
        session.console.result(Result(reference: "\(reference)", signature: report), text: "\(reference)")
        return .ok
    }
}
