internal import ArgumentParser
internal import CapsuleCore
internal import OCI

/// `capsule inspect`
struct InspectCommand: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Show one release: identity, package files, images, evidence.",
        discussion: """
            Shows what the capsule says; `capsule verify` finds out whether it is true.

            Example:
              capsule inspect registry.example.com/shop/release:git-0cc4…
              capsule inspect git-0cc4… --output json
            """)

    @Argument(
        help: ArgumentHelp("A REF, or git-<sha> in the configured repository.", valueName: "release"),
        transform: ReleaseArgument.parse)
    var release: ReleaseArgument

    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    private struct Result: Encodable {
        var inspection: CapsuleInspection
        var attached: [Descriptor]

        func encode(to encoder: any Encoder) throws {
            try inspection.encode(to: encoder)
            var container = encoder.container(keyedBy: Key.self)
            try container.encode(attached, forKey: .attached)
        }
        enum Key: CodingKey { case attached }
    }

    func execute(_ session: Session) async throws -> ExitStatus {
        let location = try release.location(session)
        let source = try await session.opener.source(location.place)
        session.console.stage("reading \(location)")
        let capsule = try await CapsuleReader.read(location, from: source)
        let inspection = try CapsuleInspection(capsule)
        let attached = try await source.referrers(of: capsule.digest)
        let text = attached.map { "attached   \($0.artifactType ?? $0.mediaType) \($0.digest)\n" }.joined()
        session.console.result(Result(inspection: inspection, attached: attached), text: inspection.text() + text)
        return .ok
    }
}
