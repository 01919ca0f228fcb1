package import CapsuleCore

/// The branches of a GitOps repository at one moment.
package struct GitOpsHeads: Sendable {
    /// The branch that the remote's `HEAD` names.
    package let defaultBranch: BranchName?
    /// The commit of each branch.
    package let branches: [BranchName: CommitID]

    /// Parses the output of `git ls-remote --symref`. Branches whose names are not safe to pass to Git are left out.
    init(lines: String) {
        var defaultBranch: BranchName?
        var branches: [BranchName: CommitID] = [:]
        for line in lines.split(separator: "\n") {
            let fields = line.split(separator: "\t", maxSplits: 1)
            guard fields.count == 2 else { continue }
            let prefix = "refs/heads/"
            if fields[0].hasPrefix("ref: \(prefix)"), fields[1] == "HEAD" {
                defaultBranch = try? BranchName(String(fields[0].dropFirst("ref: \(prefix)".count)))
            } else if fields[1].hasPrefix(prefix), let commit = try? CommitID(String(fields[0])),
                let branch = try? BranchName(String(fields[1].dropFirst(prefix.count)))
            {
                branches[branch] = commit
            }
        }
        self.defaultBranch = defaultBranch
        self.branches = branches
    }

    /// The commit of a branch; nil when the branch does not exist.
    package subscript(branch: BranchName) -> CommitID? { branches[branch] }

    /// The branch that keeps Git from creating another one: `a` and `a/b` cannot both exist. Nil when there is none, or
    /// when the branch exists.
    package func obstacle(to branch: BranchName) -> BranchName? {
        guard branches[branch] == nil else { return nil }
        let below = "\(branch)/"
        return branches.keys.filter { below.hasPrefix("\($0)/") || $0.description.hasPrefix(below) }.min()
    }
}
