package import GitOps

/// The change that a promotion makes to one stage, planned from the state of its branch at one moment.
public struct PromotionPlan: Sendable {
    /// The kinds of changes.
    public enum Change: String, Sendable, Codable {
        /// The stage holds exactly this.
        case none
        /// The review branch holds exactly this and waits to be merged.
        case awaitsReview = "awaits-review"
        /// A commit.
        case commit
        /// Nothing: a gate is closed.
        case refused
    }

    /// The stage as the branch has it.
    package let state: StageState
    /// The branch that a commit is pushed to.
    package let target: BranchName
    /// The change to make.
    package let change: Change
    /// The results of all gates.
    package let gates: [GateResult]
    /// The review branch as it is.
    let review: StageState?
}
