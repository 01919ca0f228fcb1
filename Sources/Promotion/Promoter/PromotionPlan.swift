package import GitOps

/// The change that a promotion makes to one stage, planned from the state of its branch at one moment.
public struct PromotionPlan: Sendable {
    /// The kinds of changes.
    public enum Change: String, Sendable, Codable {
        /// No change: the stage holds exactly this content.
        case none
        /// No change: the review branch holds exactly this content and is not merged yet.
        case awaitsReview = "awaits-review"
        /// A commit on the target branch.
        case commit
        /// No change: a gate is closed.
        case refused
    }

    /// The current state of the stage.
    package let state: StageState
    /// The branch that a commit is pushed to.
    package let target: BranchName
    /// The change to make.
    package let change: Change
    /// The results of all gates.
    package let gates: [GateResult]
    /// The current state of the review branch.
    let review: StageState?
}
