internal import CapsuleCore
internal import DeliveryConfiguration
internal import GitOps
internal import OCI
internal import Support

extension Promoter {
    /// Pushes the commits of promotions and fills in their receipts. A promotion with closed gates, or one that the
    /// remote rejects, does not affect the others. Promotions without a plan are planned first.
    ///
    /// - Parameter promotions: at most one for each stage.
    /// - Throws: `GitError`, `CapsuleError`
    package func promote(_ promotions: [StagePromotion]) async throws -> [StagePromotion] {
        let planned = promotions.contains { $0.plan == nil } ? try await plan(promotions) : promotions
        var receipts: [String: PromotionReceipt] = [:]
        var pending = planned.filter { $0.content != nil }
        for attempt in 1...max(1, options.attempts) {
            for promotion in pending {
                receipts[promotion.stage.name] = PromotionReceipt(promotion, attempts: attempt, in: repository)
            }
            let time = options.now()
            let commits = try await push(
                pending.compactMap { try StageCommit($0, at: time, by: self) },
                last: attempt >= min(3, options.attempts))
            for commit in commits {
                receipts[commit.promotion.stage.name] = PromotionReceipt(
                    commit, at: time, attempts: attempt, in: repository)
            }
            let contended = commits.filter(\.isContended).map(\.promotion)
            guard !contended.isEmpty, attempt < options.attempts else { break }
            // Full jitter: writers that collided once must not collide again at the same time.
            let ceiling = min(4_000, 100 << attempt)
            try await options.pause(.milliseconds(Int.random(in: 0...ceiling)))
            pending = try await plan(contended, heads: repository.currentHeads())
        }
        return planned.map { promotion in
            var promotion = promotion
            promotion.receipt = receipts[promotion.stage.name]
            return promotion
        }
    }

    /// Writes and pushes all commits together and records the outcomes.
    private func push(_ commits: [StageCommit], last: Bool) async throws -> [StageCommit] {
        guard !commits.isEmpty else { return [] }
        let drafts = commits.map(\.drafts)
        let parents = commits.flatMap(\.parents)
        var (commits, outcomes) = try await repository.repairing {
            var commits = commits
            // Another repository than that of the plan is empty, so the parents of the new commits must be fetched again.
            try await repository.ensure(parents)
            let ids = try await repository.writing.write(drafts, format: repository.format)
            for (index, ids) in zip(commits.indices, ids) { commits[index].written(ids) }
            let pushes = commits.flatMap(\.pushes)
            let outcomes = try await repository.push(pushes)
            let known = Dictionary(zip(pushes.map(\.branch), outcomes)) { first, _ in first }
            return (commits, try await settled(pushes, known, last: last))
        }
        for index in commits.indices { commits[index].pushed(outcomes) }
        return commits
    }

    /// Replaces unknown outcomes, where the connection ended without an answer, by the state of the branches.
    private func settled(
        _ pushes: [GitPush], _ outcomes: [BranchName: GitPush.Outcome], last: Bool
    ) async throws -> [BranchName: GitPush.Outcome] {
        let isSettled = outcomes.values.allSatisfy { if case .unknown = $0 { false } else { true } }
        if isSettled { return outcomes }
        var settled = outcomes
        let heads: GitOpsHeads
        do {
            heads = try await repository.currentHeads()
        } catch let error as GitError {
            throw Self.undetermined(pushes, settled, error)
        }
        var failure: GitError?
        for push in pushes {
            guard case .unknown(let error) = outcomes[push.branch] else { continue }
            if try await contains(heads[push.branch], push.commit) {
                settled[push.branch] = .landed
            } else {
                failure = error
            }
        }
        if last, let failure { throw Self.undetermined(pushes, settled, failure) }
        return settled
    }

    /// The error of a push whose outcome is not known for some branches, which says what is known of each.
    private static func undetermined(
        _ pushes: [GitPush], _ outcomes: [BranchName: GitPush.Outcome], _ error: GitError
    ) -> GitError {
        var parts: [String] = []
        for push in pushes {
            switch outcomes[push.branch] {
            case .landed: parts.append("\(push.branch) holds \(push.commit.short)")
            case .unknown: parts.append("whether \(push.branch) holds \(push.commit.short) is not known")
            case .lostRace, .rejected, nil: parts.append("\(push.branch) does not hold \(push.commit.short)")
            }
        }
        return GitError(
            error.code,
            "\(error.message); after the push, \(parts.joined(separator: ", ")). Run the same command again: it finds out, and "
                + "changes nothing that is done", cause: error)
    }

    /// True when a commit is the head of a branch or among its recent ancestors.
    private func contains(_ head: CommitID?, _ commit: CommitID) async throws -> Bool {
        guard let head else { return false }
        return try await repository.reaches(commit, from: head, depths: [GitOpsRepository.historyDepths[0]])
    }
}
