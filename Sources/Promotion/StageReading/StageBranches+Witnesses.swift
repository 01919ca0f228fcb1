internal import CapsuleCore
internal import DeliveryConfiguration
internal import GitOps

extension StageBranches {
    /// The review branches of witnesses, with what Git proves about each. What is uncertain counts as open, foreign or unknown.
    ///
    /// - Throws: `GitError`, `CapsuleError`
    package func witnessReviews() async throws -> [ReviewBranch] {
        let prefix = configuration.witnessBranchPrefix
        let heads = repository.heads.branches.filter { $0.key.description.hasPrefix(prefix) }
            .sorted { $0.key.description < $1.key.description }
        guard let head = repository.heads[configuration.gitops.branch], !heads.isEmpty else { return [] }
        // One fetch for all of them.
        try await repository.ensure([head] + heads.map(\.value))
        let policy = try await repository.snapshot(at: head)
        var reviews: [ReviewBranch] = []
        for (branch, commit) in heads { reviews.append(try await examine(branch, at: commit, for: policy)) }
        return reviews
    }

    private func examine(
        _ branch: BranchName, at commit: CommitID, for policy: GitOpsSnapshot
    ) async throws -> ReviewBranch {
        let (main, head) = (configuration.gitops.branch, policy.commit.id)
        let review = try await repository.snapshot(at: commit)
        func found(
            _ standing: ReviewBranch.Standing, _ reason: String, _ release: ReleaseIdentity? = nil
        ) -> ReviewBranch {
            ReviewBranch(branch, review.commit, release, standing, reason)
        }
        let name = String(branch.description.dropFirst(configuration.witnessBranchPrefix.count))
        guard let release = try? ReleaseIdentity(name), let witness = try await witness(of: release, at: review) else {
            return found(.foreign, "it has no witness of a release for its name")
        }
        if try await repository.reaches(commit, from: head) {
            return found(.merged, "\(main) contains its commit", release)
        }
        guard let base = review.commit.parents.first else {
            return found(.unknown, "it follows no commit of \(main)", release)
        }
        guard try await repository.reaches(base, from: head) else {
            return found(.unknown, "it follows commit \(base.short), which is not on \(main)", release)
        }
        let publication = CommitDraft(
            parents: [base], files: [witness], message: "", author: configuration.gitops.author, time: 0)
        guard try await repository.tree(of: publication) == review.commit.tree else {
            return found(.foreign, "it changes other files than the witness", release)
        }
        if try await self.witness(of: release, at: policy) == witness {
            return found(.merged, "\(main) has the same witness", release)
        }
        return base == head
            ? found(.open, "it follows the head of \(main)", release)
            : found(.outdated, "\(main) has moved on without it", release)
    }

    /// The file of a witness that names its release; nil when there is none.
    private func witness(of release: ReleaseIdentity, at snapshot: GitOpsSnapshot) async throws -> PackageFile? {
        let path = try Witness.path(of: release, root: root)
        guard let content = try await snapshot.file(path),
            let manifest = try? ReleaseManifest.decode(yaml: content, as: .pair), manifest.identity == release
        else { return nil }
        return PackageFile(path: path, content: content)
    }
}
