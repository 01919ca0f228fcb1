internal import CommandParser
internal import DeliveryConfiguration
internal import GitOps
internal import OCI
internal import ReleaseWorkflows

/// `capsule build`
struct BuildCommand: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "build", abstract: "Build the capsule of a commit and its image.",
        discussion: """
            Reads the commit's tree from Git objects, never the working tree, and prints only REF@sha256:… on stdout. The \
            same commit, image and options give the same digest on any machine. capsule.yaml (of the commit, else in \
            --source or above it) provides the values of options that are not given.

            With --check, the release is first rendered for trial: for the stages of the GitOps repository that \
            capsule.yaml is in or --gitops names, else without environment policy. Nothing is written when the trial is \
            rejected.

            Example:
              capsule build --image registry.example.com/shop/web \\
                --to registry.example.com/shop/release
              capsule build --source app --image oci:image --to oci:release
            """)

    @OptionGroup var build: BuildOptions

    @Option(
        help: ArgumentHelp(
            "The destination. The tag is always the release identity and can be left out.",
            valueName: "ref"),
        transform: Parse.reference)
    var to: ArtifactReference

    @Option(
        help: ArgumentHelp(
            "With `form: pair`: write the witness to this new file. Commit it to the GitOps repository as "
                + "releases/git-<commit>.yaml in the root of the application.", valueName: "file"),
        completion: .file(extensions: ["yaml"]))
    var witness: String?

    @OptionGroup(title: "Trial render") var trial: TrialOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func execute(_ session: Session) async throws -> ExitStatus {
        let request = try build.request()
        let configuration = try await build.configuration(request, session)
        return try await session.publish(
            ReleasePublishing.Request(
                build: request, configuration: configuration, to: to,
                trial: trial.isRequired
                    ? trial.trial(source: build.source, configuration, to: to.store, session) : nil,
                witness: witness.map { WitnessFile.writing(to: $0) }))
    }
}
