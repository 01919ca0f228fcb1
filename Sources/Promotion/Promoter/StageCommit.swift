internal import CapsuleCore
internal import DeliveryConfiguration
internal import GitOps

/// The commits that carry out the plan of a promotion, and the outcome of their push.
struct StageCommit {
    /// The outcome of the push.
    enum Outcome {
        case landed(CommitID)
        /// The remote rejected it, with its reason.
        case rejected(String)
        /// Another writer moved the branch first, or the remote did not answer.
        case contended
    }

    /// A commit and the branch that it is pushed to.
    private struct Part {
        var draft: CommitDraft
        let branch: BranchName
        var id: CommitID?
    }

    let promotion: StagePromotion
    let plan: PromotionPlan
    private var parts: [Part] = []
    /// The outcome; nil before the push.
    private(set) var outcome: Outcome?

    /// Drafts the commits; nil for a promotion that requires none.
    init?(_ promotion: StagePromotion, at time: Int64, by promoter: Promoter) throws {
        guard let plan = promotion.plan, let content = promotion.content, plan.change == .commit else { return nil }
        self.promotion = promotion
        self.plan = plan
        let author = promoter.configuration.gitops.author
        let layout = try StageLayout(root: promoter.root, deployment: promotion.stage.name)
        var draft = CommitDraft(
            emptied: [layout.deploy], files: try layout.files(content, policy: promoter.snapshot.commit),
            message: StageCommitMessage.text(content, promotion), author: author, time: time)
        if let head = plan.state.head {
            // The first parent and the tree are those of the stage branch, so that nothing of another commit on the
            // review branch becomes part of the stage. The review branch is never forced: its head is the second parent.
            draft.parents = [head] + [plan.review?.head].compactMap { $0 == head ? nil : $0 }
        } else if promotion.stage.review != .none {
            // A review requires a branch to merge into: an empty one, from which nothing is deployed.
            parts.append(
                Part(
                    draft: CommitDraft(message: "Start \(plan.state.branch)\n", author: author, time: time),
                    branch: try promoter.configuration.stageBranch(promotion.stage.name)))
            draft.followsPrevious = true
            draft.parents = [plan.review?.head].compactMap { $0 }
        }
        parts.append(Part(draft: draft, branch: plan.target))
    }

    /// The parents of these commits, which must be present before the commits can be written.
    var parents: [CommitID] { [plan.state.head, plan.review?.head].compactMap { $0 } }
    var drafts: [CommitDraft] { parts.map(\.draft) }
    /// The pushes; empty before the commits are written.
    var pushes: [GitPush] { parts.compactMap { part in part.id.map { GitPush(commit: $0, branch: part.branch) } } }
    var isContended: Bool { if case .contended = outcome { true } else { false } }

    /// Records the ids of the written commits, in the order of `drafts`.
    mutating func written(_ ids: [CommitID]) {
        for (index, id) in zip(parts.indices, ids) { parts[index].id = id }
    }

    /// Records the outcomes of the pushes.
    mutating func pushed(_ outcomes: [BranchName: GitPush.Outcome]) {
        outcome = parts.last?.id.map { .landed($0) }
        for part in parts {
            switch outcomes[part.branch] {
            case .landed: break
            case .rejected(let reason):
                outcome = .rejected(reason)
                return
            case .lostRace, .unknown, nil: outcome = .contended
            }
        }
    }
}
