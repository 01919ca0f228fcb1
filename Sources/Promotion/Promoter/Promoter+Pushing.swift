internal import CapsuleCore
internal import DeliveryConfiguration
internal import GitOps
internal import OCI
internal import Processes
internal import Support

extension Promoter {
    /// Promotes, and says for each request what became of it. Stages that a gate or the remote refuses do not keep the others
    /// back.
    ///
    /// - Parameter planned: what `plan(_:)` said about these requests, to be done as it stands; nil plans first.
    /// - Throws: `GitError`, `CapsuleError`
    package func promote(
        _ requests: [PromotionRequest], planned: [PromotionPlan]? = nil
    ) async throws -> [PromotionReceipt] {
        var receipts: [Int: PromotionReceipt] = [:]
        var pending = Array(requests.indices)
        var heads = repository.heads
        for attempt in 1...max(1, options.attempts) {
            let plans: [PromotionPlan]
            if attempt == 1, let planned, planned.count == requests.count {
                plans = planned
            } else {
                plans = try await plan(pending.map { requests[$0] }, heads: heads)
            }
            var again: [Int] = []
            var open: [(index: Int, plan: PromotionPlan)] = []
            for (index, plan) in zip(pending, plans) {
                if plan.change == .commit {
                    open.append((index, plan))
                } else {
                    receipts[index] = settled(plan, attempt: attempt)
                }
            }
            let time = options.now()
            let results = try await push(open.map(\.plan), at: time, last: attempt >= min(3, options.attempts))
            for ((index, plan), result) in zip(open, results) {
                switch result {
                case .landed(let commit):
                    receipts[index] = receipt(
                        plan, plan.request.stage.review == .none ? .promoted : .review, commit,
                        CapsuleFormat.timestamp(time), attempt)
                case .rejected(let reason):
                    receipts[index] = PromotionReceipt(
                        plan: plan, outcome: .rejected, commit: plan.state.head, review: nil,
                        reason: "the remote does not take a commit on \(plan.target): \(reason)", attempts: attempt)
                case .again:
                    again.append(index)
                    receipts[index] = PromotionReceipt(
                        plan: plan, outcome: .contended, commit: plan.state.head, review: nil,
                        reason: "\(plan.target) was moved by others \(attempt) times in a row; run again",
                        attempts: attempt)
                }
            }
            pending = again
            guard !pending.isEmpty, attempt < options.attempts else { break }
            // Full jitter: writers that collided once should not collide again in step.
            let ceiling = min(4_000, 100 << attempt)
            try await options.pause(.milliseconds(Int.random(in: 0...ceiling)))
            heads = try await repository.currentHeads()
        }
        return requests.indices.compactMap { receipts[$0] }
    }

    private enum Result {
        case landed(CommitID)
        case rejected(String)
        case again
    }

    /// Writes and pushes the commits of plans, all together.
    private func push(_ plans: [PromotionPlan], at time: Int64, last: Bool) async throws -> [Result] {
        guard !plans.isEmpty else { return [] }
        let commits = try await repository.repairing {
            // Making a cache again loses what it held; what the new commits build on must be back.
            try await repository.ensure(plans.flatMap { [$0.state.head, $0.review?.head].compactMap { $0 } })
            let (drafts, places) = try drafts(plans, at: time)
            let ids = try await repository.writing.write(drafts, format: repository.format)
            return places.map { place in
                (base: place.base.map { ids[$0] }, commit: ids[place.commit])
            }
        }
        var pushes: [GitPush] = []
        var owners: [Int] = []
        for (index, (plan, commit)) in zip(plans, commits).enumerated() {
            if let base = commit.base {
                pushes.append(GitPush(commit: base, branch: try configuration.stageBranch(plan.request.stage.name)))
                owners.append(index)
            }
            pushes.append(GitPush(commit: commit.commit, branch: plan.target))
            owners.append(index)
        }
        var outcomes = try await repository.push(pushes)
        if outcomes.contains(where: { if case .unknown = $0 { true } else { false } }) {
            outcomes = try await settle(pushes, outcomes, last: last)
        }
        return plans.indices.map { index in
            var result = Result.landed(commits[index].commit)
            for (outcome, owner) in zip(outcomes, owners) where owner == index {
                switch outcome {
                case .landed: break
                case .rejected(let reason): return .rejected(reason)
                case .lostRace, .unknown: result = .again
                }
            }
            return result
        }
    }

    /// The connection ended without an answer: looks at the branches to see what arrived.
    private func settle(
        _ pushes: [GitPush], _ outcomes: [GitPush.Outcome], last: Bool
    ) async throws -> [GitPush.Outcome] {
        var settled = outcomes
        let heads = try await repository.currentHeads()
        var failure: GitError?
        for (index, push) in pushes.enumerated() {
            guard case .unknown(let error) = outcomes[index] else { continue }
            if try await contains(heads[push.branch], push.commit) {
                settled[index] = .landed
            } else {
                failure = error
            }
        }
        if last, let failure { throw failure }
        return settled
    }

    /// Whether a branch holds a commit, at its head or just below it.
    private func contains(_ head: CommitID?, _ commit: CommitID) async throws -> Bool {
        guard let head else { return false }
        if head == commit { return true }
        try await repository.ensure([head])
        _ = try await repository.deepen(head, to: 32)
        let result = try await repository.reading.run(["rev-list", "--max-count=200", head.description, "--"])
        return result.text.split(separator: "\n").contains { $0 == commit.description }
    }

    private typealias Place = (base: Int?, commit: Int)

    /// The commits of plans, and where each plan's stand in the list.
    private func drafts(_ plans: [PromotionPlan], at time: Int64) throws -> ([CommitDraft], [Place]) {
        var drafts: [CommitDraft] = []
        var places: [Place] = []
        let author = configuration.gitops.author
        for plan in plans {
            let request = plan.request
            let layout = try StageLayout(root: root, deployment: request.stage.name)
            var draft = CommitDraft(
                emptied: [layout.deploy], files: try layout.files(request.content, policy: snapshot.commit),
                message: StageCommitMessage.text(plan), author: author, time: time)
            var base: Int?
            if let head = plan.state.commit {
                draft.parents = [head.id]
                if let open = plan.review?.commit {
                    // The review branch is never forced: what is proposed now comes on top of what was proposed before.
                    draft.parents = open.parents.contains(head.id) ? [open.id] : [open.id, head.id]
                    draft.tree = head.tree
                }
            } else if request.stage.review != .none {
                // A review needs a branch to be merged into: an empty one, which nothing deploys.
                base = drafts.count
                drafts.append(
                    CommitDraft(message: "Start \(plan.state.branch)\n", author: author, time: time))
                draft.afterDraft = base
                draft.parents = plan.review?.commit.map { [$0.id] } ?? []
            }
            places.append((base, drafts.count))
            drafts.append(draft)
        }
        return (drafts, places)
    }

    private func settled(_ plan: PromotionPlan, attempt: Int) -> PromotionReceipt {
        switch plan.change {
        case .refused:
            PromotionReceipt(
                plan: plan, outcome: .refused, commit: plan.state.head, review: nil,
                reason: plan.gates.filter { !$0.ok }.map(\.description).joined(separator: "\n"), attempts: attempt)
        case .awaitsReview: receipt(plan, .review, plan.review?.head, plan.review?.committed, attempt)
        case .none, .commit: receipt(plan, .unchanged, plan.state.head, plan.state.committed, attempt)
        }
    }

    private func receipt(
        _ plan: PromotionPlan, _ outcome: PromotionReceipt.Outcome, _ commit: CommitID?, _ committed: String?,
        _ attempt: Int
    ) -> PromotionReceipt {
        var review: PromotionReceipt.Review?
        if outcome == .review {
            let head = plan.target.description
            review = PromotionReceipt.Review(
                head: head, base: plan.state.branch,
                url: repository.remote.reviewPage(head: head, base: plan.state.branch))
        }
        return PromotionReceipt(
            plan: plan, outcome: outcome, commit: commit, committed: committed, review: review, reason: nil,
            attempts: attempt)
    }
}
