internal import CapsuleCore
internal import CapsuleTrust
internal import CommandParser
internal import DeliveryConfiguration
internal import OCI
internal import ReleaseWorkflows
internal import Signing

/// `capsule publish`
struct PublishCommand: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "publish", abstract: "Build a release into the configured repository: the one line for CI.",
        discussion: """
            The same as build, into the repository that capsule: of capsule.yaml names. A release that is published \
            already is left as it is: the same content is a success, other content is refused with what differs. With --key \
            it is signed, and its provenance and SBOM are attested, before its tag is set, so nobody ever sees it without; \
            a run that was broken off is completed by running it again.

            Example:
              capsule publish
              capsule publish --source app --commit v1.4.0
              capsule publish --key release.key --password-file /run/secrets/release
            """)

    @OptionGroup var build: BuildOptions

    @Option(
        help: ArgumentHelp(
            "Sign with this private key: a file, or env://NAME for one that an environment variable holds.",
            valueName: "file"),
        completion: .file(extensions: ["key", "pem"]))
    var key: String?

    @Flag(
        inversion: .prefixedNo,
        help: "With --key, attest provenance (from GitHub Actions, GitLab CI or this machine) and the SBOM too.")
    var attest = true

    @OptionGroup var signedFor: SignedForOptions
    @OptionGroup(title: "The key's password") var password: PasswordOptions
    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    func execute(_ session: Session) async throws -> ExitStatus {
        let (workflow, request, configuration) = try await build.prepare(session)
        guard let configuration else {
            throw UsageError(
                "there is no \(CapsuleConfiguration.fileName) in \(build.source) or above that says where capsules go; name "
                    + "it with --config, write one with `capsule init`, or use `capsule build --to REF`")
        }
        // Before anything is built: a wrong password, or a CI system without what it always says, is found out at once.
        let evidence = try key.map { key in
            let repository = try signedFor.repository(configuration.capsule, configuration)
            let key = try SigningKeyOptions.load(key, session, password)
            let run = try build.run.run()
            return PublishedEvidence(
                signer: ReleaseSigner(key: key, repository: repository),
                attester: attest ? ReleaseAttester(key: key, repository: repository) : nil,
                environment: try run.map { .plain($0) } ?? BuildEnvironment(session.environment))
        }
        let built = try await workflow.build(request, configuration: configuration)
        return try await build.publish(built, to: Location(configuration.capsule), session, evidence: evidence)
    }
}
