internal import CapsuleCore
internal import DeliveryConfiguration
internal import GitOps

extension StageBranches {
    /// The branches with names of review branches of stages, ordered by name.
    func reviewHeads(_ stages: [String]) -> [StageHead] {
        let stageOf = Dictionary(stages.map { (configuration.reviewBranchPrefix($0), $0) }) { first, _ in first }
        return repository.heads.branches.compactMap { branch, head in
            let name = branch.description
            let stage = name.indices.lazy.filter { name[$0] == "/" }.compactMap { stageOf[String(name[...$0])] }.first
            return stage.map { StageHead(stage: $0, branch: branch, head: head) }
        }
        .sorted { $0.branch.description < $1.branch.description }
    }

    /// True when the commit of a review branch could be a promotion's: the branch has the name of the recorded release,
    /// the commit changes only the files of the stage, and these are the recorded ones. Anybody who can push to the
    /// branch can add other commits to it.
    ///
    /// - Parameter base: the commit that the review follows.
    func isProposal(_ review: StageState, _ record: ReleaseRecord, on base: CommitID) async throws -> Bool {
        guard isNamed(review, for: record), review.entries.allSatisfy({ $0.kind == .file }),
            let render = record.render, try await changesOnlyStage(review, since: base)
        else { return false }
        return try await FileListDigest.compute(files([review])[review.stage] ?? []) == render.digest
    }

    /// True when a branch has the name that a promotion of a release gives: `capsule/<stage>/<tag>`, with the name of the
    /// Promotion after it where Kargo's own steps made it.
    func isNamed(_ review: StageState, for record: ReleaseRecord) -> Bool {
        let name = "\(configuration.reviewBranchPrefix(review.stage))\(record.release.identity)"
        guard review.branch.hasPrefix(name) else { return false }
        let rest = review.branch.utf8.dropFirst(name.utf8.count)
        return rest.isEmpty
            || rest.count > 1 && rest.first == UInt8(ascii: "-")
                && rest.allSatisfy { byte in
                    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "-.".utf8.contains(byte)
                }
    }

    /// True when the commit of a review branch changes nothing but the files of its stage.
    func changesOnlyStage(_ review: StageState, since base: CommitID) async throws -> Bool {
        guard let commit = review.commit else { return false }
        let layout = try StageLayout(root: root, deployment: review.stage)
        return try await repository.repairing {
            try await repository.ensure([base, commit.id])
            return try await repository.reading.changes(from: base, to: commit.id).allSatisfy(layout.contains)
        }
    }
}
