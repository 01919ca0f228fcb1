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
        commandName: "publish", abstract: "Build a release and publish it to the configured repository.",
        discussion: """
            Like `capsule build`, to the repository that capsule: of capsule.yaml names. Publishing the same content again \
            succeeds; other content under the same tag is rejected, with the differences. With --key the release is signed, \
            and its provenance and SBOM are attested, before it gets its tag. Run it again to complete an interrupted run.

            The release is first rendered for trial, as with `capsule build --check`, when the GitOps repository is on this \
            machine: capsule.yaml is in it, or names it by a path. A trial that is rejected publishes nothing; one that is \
            not possible is a warning without --check.

            Example:
              capsule publish
              capsule publish --source app --commit v1.4.0
              capsule publish --key release.key --password-file /run/secrets/release
            """)

    @OptionGroup var build: BuildOptions

    @Option(
        help: ArgumentHelp(
            "Sign with this private key: a file, or env://NAME for an environment variable.",
            valueName: "file"),
        completion: .file(extensions: ["key", "pem"]))
    var key: String?

    @Flag(
        inversion: .prefixedNo,
        help: "With --key, also attest the provenance (of GitHub Actions, GitLab CI or this machine) and the SBOM.")
    var attest = true

    @OptionGroup var signedFor: SignedForOptions
    @OptionGroup(title: "Trial render") var trial: TrialOptions

    @Flag(help: "Do not render the release for trial.")
    var noCheck = false

    @OptionGroup(title: "Password") var password: PasswordOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func validate() throws {
        if noCheck, trial.isRequired {
            throw ValidationError("--no-check renders nothing for trial, and --check and --gitops require it; give one")
        }
    }

    func execute(_ session: Session) async throws -> ExitStatus {
        let request = try build.request(session)
        guard let configuration = try await build.configuration(request, session) else {
            throw UsageError(
                "there is no \(CapsuleConfiguration.fileName) in \(build.source) or above it to name the repository of "
                    + "capsules; name the file with --config, write one with `capsule init`, or use `capsule build --to REF`"
            )
        }
        // The evidence is read before the build, so that a wrong password or an incomplete CI environment ends the run
        // at once.
        let evidence = try key.map { try evidenceToAttach($0, request, configuration, session) }
        return try await session.publish(
            ReleasePublishing.Request(
                build: request, configuration: configuration, to: ArtifactReference(configuration.capsule),
                evidence: evidence,
                trial: noCheck
                    ? nil : trial.trial(source: build.source, configuration, to: configuration.capsule, session)))
    }

    private func evidenceToAttach(
        _ key: String, _ request: ReleaseBuild.Request, _ configuration: CapsuleConfiguration, _ session: Session
    ) throws -> ReleasePublishing.Evidence {
        let repository = try signedFor.repository(configuration.capsule, configuration)
        let key = try SigningKeyOptions.load(key, session, password)
        let environment = try request.run.map { BuildEnvironment(run: $0) } ?? BuildEnvironment(session.environment)
        return ReleasePublishing.Evidence(key: key, repository: repository, environment: attest ? environment : nil)
    }
}
