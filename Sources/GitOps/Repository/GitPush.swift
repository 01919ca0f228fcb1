package import CapsuleCore
internal import FoundationEssentials
internal import OCI
internal import Processes
internal import Support

/// One branch of a push.
package struct GitPush: Sendable {
    /// The outcome of the push for this branch.
    package enum Outcome: Sendable {
        /// The branch is at the commit.
        case landed
        /// Another writer moved the branch first.
        case lostRace
        /// The remote rejected the push, with its reason.
        case rejected(String)
        /// The connection ended before the remote answered.
        case unknown(GitError)
    }

    package let commit: CommitID
    package let branch: BranchName

    package init(commit: CommitID, branch: BranchName) {
        self.commit = commit
        self.branch = branch
    }
}

extension GitOpsRepository {
    /// Pushes commits of `writing`, fast-forward only, over one connection. The rejection of one branch does not
    /// affect the others.
    ///
    /// - Throws: `GitError`: `.unauthorized`, `.corrupt`
    package func push(_ pushes: [GitPush]) async throws -> [GitPush.Outcome] {
        try await takeOverShallowness()
        return try await send(pushes, pushes.map { "\($0.commit):\($0.branch.reference)" })
    }

    /// Removes branches that are still at these commits, over one connection. A branch that has moved, or that does not exist
    /// any more, has lost the race.
    ///
    /// - Throws: `GitError`: `.unauthorized`, `.corrupt`
    package func remove(_ branches: [GitPush]) async throws -> [GitPush.Outcome] {
        try await send(
            branches, branches.map { ":\($0.branch.reference)" },
            leases: branches.map { "--force-with-lease=\($0.branch.reference):\($0.commit)" })
    }

    private func send(
        _ pushes: [GitPush], _ references: [String], leases: [String] = []
    ) async throws -> [GitPush.Outcome] {
        let writing = try writing
        let result: CommandResult
        do {
            result = try await git.remote(
                ["push", "--porcelain", "--no-verify"] + leases + ["--end-of-options", remote.address] + references,
                remote, in: writing.path, alternates: writing.alternates, configuration: fileConfiguration)
        } catch let error as GitError where error.code == .unavailable {
            return pushes.map { _ in .unknown(error) }
        }
        let results = Self.refResults(result.output)
        var outcomes: [GitPush.Outcome] = []
        for push in pushes {
            if let refResult = results[push.branch.reference] {
                outcomes.append(Self.outcome(refResult, errorOutput: result.errorOutput, remote))
            } else {
                let error = remote.failure("pushing to", result.errorOutput)
                guard [.unavailable, .undetermined, .gitFailed].contains(error.code) else { throw error }
                outcomes.append(.unknown(error))
            }
        }
        return outcomes
    }

    /// The result that a remote reports for one branch.
    struct RefResult {
        let flag: UInt8
        let summary: String
    }

    /// The lines `<flag>\t<from>:<to>\t<summary>` of `git push --porcelain`, by their `<to>`.
    private static func refResults(_ output: [UInt8]) -> [String: RefResult] {
        var results: [String: RefResult] = [:]
        for line in output.split(separator: 0x0A) {
            let fields = line.split(separator: 0x09, maxSplits: 2, omittingEmptySubsequences: false)
                .map { String(decoding: $0, as: UTF8.self) }
            guard fields.count == 3, let flag = fields[0].utf8.first, fields[0].utf8.count == 1,
                let colon = fields[1].firstIndex(of: ":")
            else { continue }
            results[String(fields[1][fields[1].index(after: colon)...])] = RefResult(flag: flag, summary: fields[2])
        }
        return results
    }

    static func outcome(_ refResult: RefResult, errorOutput: String, _ remote: GitRemote) -> GitPush.Outcome {
        guard refResult.flag == UInt8(ascii: "!") else { return .landed }
        let summary = refResult.summary.lowercased()
        let races = [
            "non-fast-forward", "fetch first", "stale info", "cannot lock ref", "failed to update ref",
            "failed to lock",
            "incorrect old value", "reference already exists", "already exists", "unable to update local ref",
        ]
        if races.contains(where: { summary.contains($0) }) { return .lostRace }
        // The output of a hook is among these lines.
        let detail = Git.detail(Git.remoteLines(errorOutput))
        // A hook, or a limit on the size of a push, is a decision; whatever else it says.
        let isDecision =
            ["hook declined", "protected branch"].contains { summary.contains($0) }
            || errorOutput.contains("exceeds maximum allowed size")
        if !isDecision, GitFault("\(refResult.summary)\n\(errorOutput)").isOfServer {
            return .unknown(
                GitError(
                    .unavailable,
                    "pushing to \(quoted(remote.description)): the server could not store the commit: "
                        + Git.detail(refResult.summary + "\n" + errorOutput) + "; free space there, and run this again")
            )
        }
        return .rejected(Git.detail(refResult.summary) + (detail.isEmpty ? "" : ": \(detail)"))
    }

    /// Copies the list of shallow commits: the repository in which commits are created sees the other's objects, but
    /// does not know where their history is cut off.
    private func takeOverShallowness() async throws {
        let path =
            if let cache { "\(cache.path)/shallow" } else { try await Self.gitPath("shallow", of: reading) }
        if let shallow = try? Data(contentsOf: URL(filePath: path)) {
            try shallow.write(to: URL(filePath: "\(writing.path)/shallow"))
        }
    }
}
