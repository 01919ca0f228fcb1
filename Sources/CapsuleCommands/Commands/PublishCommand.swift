internal import ArgumentParser
internal import CapsuleCore
internal import CapsuleDelivery
internal import OCI

/// `capsule publish`
struct PublishCommand: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "publish", abstract: "Build a release into the configured repository: the one line for CI.",
        discussion: """
            The same as build, into the repository that capsule: of capsule.yaml names. A release that is published \
            already is left as it is: the same content is a success, other content is refused with what differs.

            Example:
              capsule publish
              capsule publish --source app --commit v1.4.0
            """)

    @OptionGroup var build: BuildOptions
    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    func execute(_ session: Session) async throws -> ExitStatus {
        let (workflow, request, configuration) = try await build.prepare(session)
        guard let configuration else {
            throw UsageError(
                "there is no \(CapsuleConfiguration.fileName) that says where capsules go; write one with "
                    + "`capsule init`, or use `capsule build --to REF`")
        }
        let built = try await workflow.build(request, configuration: configuration)
        return try await build.publish(built, to: Location(configuration.capsule), session)
    }
}
