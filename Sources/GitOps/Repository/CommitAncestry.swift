package import CapsuleCore
internal import Processes

/// A clone of the application repository that determines which of two releases is older.
public struct CommitAncestry: Sendable {
    /// The relation of one commit to another.
    package enum Relation: Sendable {
        case older, newer, apart
        /// The repository does not have both commits, or lacks the history between them.
        case unknown
    }

    private let directory: GitDirectory

    /// - Parameter repository: a directory in a clone of the application repository.
    public init(git: Git, repository: String) { directory = GitDirectory(git: git, path: repository) }

    /// The relation of `commit` to `other`.
    package func relation(of commit: CommitID, to other: CommitID) async throws -> Relation {
        // Git takes an id of another length for the name of a reference, so the commits are read first.
        do {
            guard try await directory.commits([commit, other]).count == 2 else { return .unknown }
        } catch is GitError {
            return .unknown
        }
        for (first, second, relation) in [(commit, other, Relation.older), (other, commit, .newer)] {
            let result = try await directory.run(
                ["merge-base", "--is-ancestor", first.description, second.description])
            if result.status == 0 { return relation }
            guard result.status == 1 else { return .unknown }
        }
        let shallow = try await directory.run(["rev-parse", "--is-shallow-repository"])
        return shallow.text == "false" ? .apart : .unknown
    }
}
