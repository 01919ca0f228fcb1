internal import CapsuleCore
internal import CapsuleTrust
internal import CommandParser
internal import DeliveryConfiguration
internal import FoundationEssentials
internal import OCI
internal import Signing

/// `capsule attest`
struct AttestCommand: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "attest", abstract: "Attest where a release came from, what is in it, or that it works.",
        discussion: """
            Writes a signed in-toto statement beside the release, as a Sigstore bundle that refers to it. One of \
            --provenance, --sbom, --verified and --predicate says what is attested. What this key has attested word for \
            word already is left as it is. `capsule publish --key` attests provenance and SBOM before the release gets its \
            tag.

            Example:
              capsule attest git-0cc4… --provenance --key release.key
              capsule attest git-0cc4… --verified test --evidence smoke.xml --key smoke.key
              capsule attest registry.example.com/shop/release:git-0cc4… \\
                --type https://example.com/scan/v1 --predicate scan.json --key release.key
            """)

    @Argument(
        help: ArgumentHelp("A REF, or git-<sha> in the configured repository.", valueName: "release"),
        transform: ReleaseArgument.parse)
    var release: ReleaseArgument

    @OptionGroup(title: "What is attested") var statement: StatementOptions
    @OptionGroup var key: SigningKeyOptions
    @OptionGroup var signedFor: SignedForOptions
    @OptionGroup(title: "The password") var password: PasswordOptions
    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    private struct Result: Encodable {
        var schemaVersion = JSONOutput.schemaVersion
        var reference: String
        var attestation: ReleaseAttester.Report
    }

    func execute(_ session: Session) async throws -> ExitStatus {
        let location = try release.location(session)
        let repository = try signedFor.repository(location.place, session.configuration(about: location.place))
        // Read before it is attested: whoever attests says that this is a release.
        let capsule = try await CapsuleReader.read(location, from: session.opener.source(location.place))
        let predicate = try statement.predicate(CapsuleContents(capsule), session)
        let attester = ReleaseAttester(key: try key.load(session, password), repository: repository)
        session.console.stage("attesting \(capsule.digest)")
        let report = try await attester.attest(
            capsule.manifest.descriptor, predicate, in: session.opener.store(location.place))
        let reference = Location(location.place, tag: location.tag, digest: capsule.digest)
        if report.outcome == .present { session.console.note("this key has attested it already") }
        session.console.result(Result(reference: "\(reference)", attestation: report), text: "\(reference)")
        return .ok
    }
}
