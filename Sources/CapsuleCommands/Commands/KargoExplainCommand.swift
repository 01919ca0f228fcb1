internal import CapsuleCore
internal import CapsuleReports
internal import CommandParser
internal import DeliveryConfiguration
internal import GitOps
internal import KargoManifests
internal import OCI
internal import Support

/// `capsule kargo explain`
struct KargoExplainCommand: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Draw the ladder as a tree, or as a Mermaid flowchart.",
        discussion: """
            Example:
              capsule kargo explain
              capsule kargo explain --output markdown >> README.md
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions

    var takesMarkdown: Bool { true }

    private struct Result: Encodable {
        struct StageSummary: Encodable {
            var name: String
            var after: [String]
            var soak: String?
            var requires: [String]
            var review: String
            var auto: Bool
            var branch: String
        }
        var schemaVersion = JSONOutput.schemaVersion
        var capsule: String
        /// The form of releases; nil for capsules.
        var form: String?
        var stages: [StageSummary]
        /// Where the generated verifier keeps the promotions that it accepts: `pod`, `claim` or `claim-per-replica`.
        var promotionsKeptIn: String?
    }

    func execute(_ session: Session) async throws -> ExitStatus {
        let configuration = try session.workingTree(top: nil).configuration
        let picture = LadderPicture(configuration)
        let stages = try configuration.stages.map { stage in
            Result.StageSummary(
                name: stage.name, after: stage.after, soak: stage.soak?.description,
                requires: stage.requires.map(\.description), review: stage.review.rawValue, auto: stage.auto,
                branch: try configuration.stageBranch(stage.name).description)
        }
        session.console.result(
            Result(
                capsule: configuration.capsule.description,
                form: configuration.form == .pair ? configuration.form.rawValue : nil, stages: stages,
                promotionsKeptIn: Self.place(configuration.kargo)),
            text: picture.text(), markdown: picture.markdown())
        return .ok
    }

    private static func place(_ kargo: KargoSettings?) -> String? {
        guard let kargo, kargo.style == .service, kargo.verifier.image != nil else { return nil }
        return switch kargo.verifier.workload.state {
        case nil: "pod"
        case .claim: "claim"
        case .perReplica: "claim-per-replica"
        }
    }
}
