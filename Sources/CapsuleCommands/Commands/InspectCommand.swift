internal import CapsuleReports
internal import CommandParser
internal import OCI
internal import ReleaseWorkflows

/// `capsule inspect`
struct InspectCommand: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Show one release: identity, images, package files and evidence.",
        discussion: """
            Shows the content of the capsule and the signatures and attestations attached to it, unverified; `capsule \
            verify` checks them. Names a form of the signature that is missing.

            Example:
              capsule inspect registry.example.com/shop/release:git-0cc4…
              capsule inspect git-0cc4… --output json
            """)

    @Argument(
        help: ArgumentHelp("The release: a REF, or git-<commit> in the configured repository.", valueName: "release"),
        transform: ReleaseArgument.parse)
    var release: ReleaseArgument

    @OptionGroup(title: "Global options") var global: GlobalOptions

    var readsRegistry: Bool { release.isInRegistry }

    func execute(_ session: Session) async throws -> ExitStatus {
        let reference = try release.reference(session)
        session.console.stage("reading \(reference)")
        let inspection = try await ReleaseInspection.read(reference, from: session.opener.source(reference.store))
        session.console.result(inspection, text: inspection.text())
        return .ok
    }
}
