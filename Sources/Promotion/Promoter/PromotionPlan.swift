public import CapsuleCore
public import GitOps

/// What a promotion would do to one stage, seen from the state of its branch at one moment.
public struct PromotionPlan: Sendable {
    /// What there is to do.
    public enum Change: String, Sendable, Codable {
        /// The stage holds exactly this.
        case none
        /// The review branch holds exactly this and waits for people.
        case awaitsReview = "awaits-review"
        /// A commit.
        case commit
        /// Nothing, for a gate is shut.
        case refused
    }

    /// The request.
    public let request: PromotionRequest
    /// The stage as it stands.
    public let state: StageState
    /// The branch that a commit would go to.
    public let target: BranchName
    /// What there is to do.
    public let change: Change
    /// What every gate says.
    public let gates: [GateResult]

    /// The review branch as it stands.
    let review: StageState?

    /// Whether this takes the stage back to a release that it held, or may take it back at all.
    var isRollback: Bool {
        request.rollback == .always || gates.contains { $0.gate == .order && $0.subject == GateResult.rollback }
    }

    /// The rendered files as they would be, with paths below `deploy/`.
    public var files: [PackageFile] { request.content.files }
}
