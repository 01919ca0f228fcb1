internal import CapsuleCore
internal import CapsuleTrust
internal import CommandParser
internal import DeliveryConfiguration
internal import GitOps
internal import OCI
internal import ReleaseWorkflows
internal import Signing
internal import Support

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

            With `form: pair` in capsule.yaml, the package is published without its record, and the record (the witness) is \
            committed to the policy branch of the GitOps repository that --gitops or capsule.yaml names, or pushed for \
            review with --review.

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

    @Flag(help: "With `form: pair`: push the witness to a branch for review instead of to the policy branch.")
    var review = false

    @OptionGroup(title: "Password") var password: PasswordOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func validate() throws {
        if noCheck, trial.check { throw ValidationError(Self.noTrial) }
    }

    private static let noTrial =
        "--no-check renders nothing for trial, and --check and --gitops require it; give one"

    func execute(_ session: Session) async throws -> ExitStatus {
        let request = try build.request()
        guard let configuration = try await build.configuration(request, session) else {
            throw UsageError(
                "there is no \(CapsuleConfiguration.fileName) in \(build.source) or above it to name the repository of "
                    + "capsules; name the file with --config, write one with `capsule init`, or use `capsule build --to REF`"
            )
        }
        // The repository of a pair's witness is named in the same way.
        guard configuration.form == .pair || !noCheck || trial.gitops == nil else { throw UsageError(Self.noTrial) }
        guard configuration.form == .pair || !review else {
            throw UsageError(
                "--review is for the witness of a pair, and \(CapsuleConfiguration.fileName) does not have `form: pair`"
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
                    ? nil : trial.trial(source: build.source, configuration, to: configuration.capsule, session),
                witness: configuration.form == .pair ? witness(configuration, session) : nil))
    }

    /// Commits the witness to the GitOps repository.
    private func witness(
        _ configuration: CapsuleConfiguration, _ session: Session
    ) throws -> ReleasePublishing.Witnessing {
        let repository = try GitOpsOptions.remote(trial.gitops, configuration, session)
        // A configuration without stages is that of an application; the one with the stages is in the repository.
        let applying = try session.namedConfiguration() ?? (configuration.stages.isEmpty ? nil : configuration)
        let review = review || configuration.witnessReview == .pullRequest
        return { release in
            try await GitOpsWorkspace.with(
                repository, revision: nil, configuration: applying, git: session.git,
                cacheDirectory: "\(try session.cacheDirectory())/git"
            ) { workspace in
                try await WitnessPublishing(workspace, review: review, now: WallClock.system).publish(release)
            }
        }
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
