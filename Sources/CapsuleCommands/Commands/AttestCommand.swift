internal import CapsuleTrust
internal import CommandParser
internal import DeliveryConfiguration
internal import OCI
internal import ReleaseWorkflows
internal import Signing

/// `capsule attest`
struct AttestCommand: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "attest", abstract: "Attach a signed statement: provenance, SBOM or a verification.",
        discussion: """
            Attaches a signed in-toto statement to the release, as a Sigstore bundle that is a referrer of the capsule. \
            Exactly one of --provenance, --sbom, --verified and --predicate selects the statement. An identical statement \
            that this key has attested before is kept. `capsule publish --key` attests provenance and SBOM before the \
            release gets its tag.

            Example:
              capsule attest git-0cc4… --provenance --key release.key
              capsule attest git-0cc4… --verified test --evidence smoke.xml --key smoke.key
              capsule attest registry.example.com/shop/release:git-0cc4… \\
                --type https://example.com/scan/v1 --predicate scan.json --key release.key
            """)

    @Argument(
        help: ArgumentHelp("The release: a REF, or git-<commit> in the configured repository.", valueName: "release"),
        transform: ReleaseArgument.parse)
    var release: ReleaseArgument

    @OptionGroup(title: "Statement") var statement: StatementOptions
    @OptionGroup var key: SigningKeyOptions
    @OptionGroup var signedFor: SignedForOptions
    @OptionGroup(title: "Password") var password: PasswordOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func execute(_ session: Session) async throws -> ExitStatus {
        let reference = try release.reference(session)
        let repository = try signedFor.repository(reference.store, session.configuration(about: reference.store))
        let statement = try statement.statement(session)
        let signing = ReleaseSigning(
            key: try key.load(session, password), repository: repository, opener: session.opener)
        session.console.stage("attesting \(reference)")
        let report = try await signing.attest(reference, statement)
        if let warning = report.attestation.warning { session.console.note(warning) }
        if report.attestation.outcome == .present {
            session.console.note("this key has already attested this about \(report.attestation.digest.short)")
        }
        session.console.result(report, text: report.reference)
        return .ok
    }
}
