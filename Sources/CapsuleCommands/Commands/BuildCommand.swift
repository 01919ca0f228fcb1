internal import CommandParser
internal import DeliveryConfiguration
internal import GitOps
internal import OCI
internal import ReleaseWorkflows

/// `capsule build`
struct BuildCommand: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "build", abstract: "Make a capsule of a commit and its image.",
        discussion: """
            Reads the commit's tree from Git's objects, never the working tree, and prints REF@sha256:… alone on stdout. The \
            same commit, image and options give the same digest on any machine. What capsule.yaml says (in the commit, \
            else here or above --source) stands in for options that are not given.

            Example:
              capsule build --image registry.example.com/shop/web \\
                --to registry.example.com/shop/release
              capsule build --source app --image oci:image --to oci:release
            """)

    @OptionGroup var build: BuildOptions

    @Option(
        help: ArgumentHelp(
            "Where the capsule goes. Its tag is the release identity, whether it is written here or not.",
            valueName: "ref"),
        transform: Parse.location)
    var to: Location

    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    func execute(_ session: Session) async throws -> ExitStatus {
        let (workflow, request, configuration) = try await build.prepare(session)
        let built = try await workflow.build(request, configuration: configuration)
        return try await build.publish(built, to: to, session)
    }
}
