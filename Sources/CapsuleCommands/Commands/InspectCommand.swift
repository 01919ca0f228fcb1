internal import Archive
internal import CapsuleCore
internal import CapsuleTrust
internal import CommandParser
internal import DeliveryConfiguration
internal import OCI
internal import Support

/// `capsule inspect`
struct InspectCommand: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Show one release: identity, package files, images, evidence.",
        discussion: """
            Shows what the capsule says, and what is said of it by the signatures and attestations beside it; \
            `capsule verify` finds out whether it is true. Says what is missing where no signature stands, or one form of it.

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
        var evidence: [EvidenceItem]
        var unreadableEvidence: [String]
        var missingEvidence: [String]
        var attached: [Descriptor]

        func encode(to encoder: any Encoder) throws {
            try inspection.encode(to: encoder)
            var container = encoder.container(keyedBy: Key.self)
            try container.encode(evidence, forKey: .evidence)
            try container.encode(unreadableEvidence, forKey: .unreadableEvidence)
            try container.encode(missingEvidence, forKey: .missingEvidence)
            try container.encode(attached, forKey: .attached)
        }
        enum Key: CodingKey { case evidence, unreadableEvidence, missingEvidence, attached }
    }

    func execute(_ session: Session) async throws -> ExitStatus {
        let location = try release.location(session)
        let source = try await session.opener.source(location.place)
        session.console.stage("reading \(location)")
        let capsule = try await CapsuleReader.read(location, from: source)
        let inspection = try CapsuleInspection(capsule)
        let attached = try await source.referrers(of: capsule.digest)
        let evidence = try await ReleaseEvidence.gather(capsule.digest, in: source)
        let items = evidence.items
        let shown = Set(items.map(\.manifest))
        let others = attached.filter { !shown.contains($0.digest) }.map {
            "attached    \($0.artifactType ?? $0.mediaType) \($0.digest)\n"
        }
        let lines =
            items.map { Self.line($0, of: capsule.digest) }
            + evidence.unreadable.map { "unreadable  \($0.escapedForDisplay())\n" }
            + evidence.missing.map { "missing     \($0)\n" } + others
        session.console.result(
            Result(
                inspection: inspection, evidence: items, unreadableEvidence: evidence.unreadable,
                missingEvidence: evidence.missing, attached: attached),
            text: inspection.text() + (lines.isEmpty ? "" : "\n" + lines.joined()))
        return .ok
    }

    /// One piece of evidence: what kind, what it says, whose key it names, and what is odd about it.
    private static func line(_ item: EvidenceItem, of capsule: Digest) -> String {
        var parts = [[item.stage, item.detail].compactMap { $0 }.joined(separator: " ")]
        parts.append(item.key.map { "by key \($0)" } ?? "by a key that it does not name")
        if let repository = item.repository, !repository.isEmpty { parts.append("for \(repository)") }
        if let subject = item.subject, subject != "\(capsule)" { parts.append("about another digest, \(subject)") }
        if let problem = item.problem { parts.append("malformed: \(problem)") }
        let said = parts.filter { !$0.isEmpty }.joined(separator: ", ")
        return "\(item.kind.padded(to: 12))\(said) (\(item.form) \(item.manifest.short))".escapedForDisplay() + "\n"
    }
}
