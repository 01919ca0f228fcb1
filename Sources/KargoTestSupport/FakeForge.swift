internal import CapsuleTestSupport
internal import FoundationEssentials
internal import Support
internal import Synchronization

/// A simulated Git host with pull requests on real repositories: merging one creates a real merge commit.
package final class FakeForge: Sendable {
    /// A pull request.
    package struct PullRequest: Hashable, Sendable {
        /// The number, from 1 in each repository.
        package var number: Int
        /// The URL of the repository in the manifest.
        package var repoURL: String
        /// The source branch.
        package var source: String
        /// The target branch.
        package var target: String
        /// The commit of the source branch when the pull request was opened.
        package var head: String
        package var title: String
        package var description: String
        package var labels: [String] = []
        /// False after the merge and after closing.
        package var isOpen = true
        /// The commit of the merge; nil when the pull request is not merged.
        package var mergeCommit: String?
        package var url: String { "\(repoURL)/pull/\(number)" }
    }

    private let requests = Mutex<[PullRequest]>([])
    private let git: ControllerGit

    init(addresses: [String: String]) { git = ControllerGit(addresses: addresses) }

    /// All pull requests, in the order in which they were opened.
    package var pullRequests: [PullRequest] { requests.withLock { $0 } }

    func open(
        repoURL: String, source: String, target: String, head: String, title: String, description: String,
        labels: [String]
    ) -> PullRequest {
        requests.withLock { requests in
            let number = 1 + requests.count { $0.repoURL == repoURL }
            let request = PullRequest(
                number: number, repoURL: repoURL, source: source, target: target, head: head, title: title,
                description: description, labels: labels)
            requests.append(request)
            return request
        }
    }

    func find(_ number: Int, in repoURL: String) -> PullRequest? {
        pullRequests.first { $0.number == number && $0.repoURL == repoURL }
    }

    /// Closes a pull request without merging it.
    package func close(_ number: Int, in repoURL: String) throws {
        try change(number, in: repoURL) { $0.isOpen = false }
    }

    /// Opens a pull request again that was closed.
    package func reopen(_ number: Int, in repoURL: String) throws {
        try change(number, in: repoURL) { $0.isOpen = $0.mergeCommit == nil }
    }

    /// Records that people merged a pull request with a commit that they made on their own.
    package func merged(_ number: Int, by commit: String, in repoURL: String) throws {
        try change(number, in: repoURL) { request in
            request.isOpen = false
            request.mergeCommit = commit
        }
    }

    /// Merges a pull request into its target branch, with a merge commit or as one squashed commit.
    @discardableResult
    package func merge(_ number: Int, in repoURL: String, squash: Bool = false) async throws -> String {
        guard let request = find(number, in: repoURL), request.isOpen else {
            throw InterpreterError(description: "there is no open pull request \(number) in \(repoURL)")
        }
        let clone = FileManager.default.temporaryDirectory.appending(path: "forge-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: clone) }
        try await git.output(["clone", "-q", "--branch", request.target, repoURL, clone])
        let user = ["-c", "user.name=Reviewer", "-c", "user.email=reviewer@example.com"]
        if squash {
            try await git.output(user + ["merge", "-q", "--squash", "origin/\(request.source)"], in: clone)
            try await git.output(
                user + ["commit", "-q", "-m", "\(request.title) (#\(number))", "-m", request.description], in: clone)
        } else {
            let message = "Merge pull request #\(number) from \(request.source)"
            try await git.output(
                user + ["merge", "-q", "--no-ff", "-m", message, "origin/\(request.source)"], in: clone)
        }
        try await git.output(["push", "-q", "origin", "HEAD:refs/heads/\(request.target)"], in: clone)
        let commit = try await git.output(["rev-parse", "HEAD"], in: clone)
        try change(number, in: repoURL) { request in
            request.isOpen = false
            request.mergeCommit = commit
        }
        return commit
    }

    private func change(_ number: Int, in repoURL: String, _ body: (inout PullRequest) -> Void) throws {
        try requests.withLock { requests in
            guard let index = requests.firstIndex(where: { $0.number == number && $0.repoURL == repoURL }) else {
                throw InterpreterError(description: "there is no pull request \(number) in \(repoURL)")
            }
            body(&requests[index])
        }
    }
}
