internal import OCI
internal import Support

extension GitRemote {
    /// The failure of a command that talked to this remote.
    func failure(_ what: String, _ errorOutput: String) -> GitError {
        if Git.isOwnership(errorOutput) { return Git.ownershipFailure(description, errorOutput) }
        let sentence = "\(what) \(quoted(description)) failed: \(Git.detail(errorOutput))"
        return switch GitFault(errorOutput) {
        case .refusal where errorOutput.contains("Host key verification failed"):
            GitError(
                .unauthorized,
                "\(sentence). Compare the key of the host with the one that its operator publishes, and put it into known_hosts"
            )
        case .refusal:
            GitError(
                .unauthorized,
                "\(sentence). Check the login: a credential helper, GIT_ASKPASS or an SSH agent must give it")
        case .moved: GitError(.moved, sentence)
        case .damage: GitError(.corrupt, sentence)
        case .storage where GitFault(Git.remoteLines(errorOutput)) == .storage:
            GitError(.unavailable, "\(sentence). Free space at the Git host, then run again")
        case .storage: GitError(.gitFailed, sentence)
        case .absence, .outage: GitError(.unavailable, "\(sentence). \(Self.advice)")
        case .interruption, .other: GitError(.undetermined, "\(sentence). \(Self.advice)")
        }
    }

    private static let advice = "Check the address and that the repository is there for this login, then run again"
}

extension Git {
    /// The lines of Git's error output that the server wrote, without their prefix.
    static func remoteLines(_ errorOutput: String) -> String {
        errorOutput.split(separator: "\n").filter { $0.hasPrefix("remote:") }
            .map { $0.dropFirst("remote:".count).drop { $0 == " " } }.joined(separator: "\n")
    }

    /// True when Git refused to work in a repository of another user.
    static func isOwnership(_ errorOutput: String) -> Bool {
        errorOutput.contains("dubious ownership") || errorOutput.contains("unsafe repository")
    }

    /// The error for a repository of another user.
    static func ownershipFailure(_ repository: String, _ errorOutput: String) -> GitError {
        // Git prints the command with the path that it compares, which for a clone is that of its `.git`.
        let command = "git config --global --add safe.directory"
        let printed = errorOutput.split(whereSeparator: \.isNewline).map { $0.drop { $0 == " " || $0 == "\t" } }
            .first { $0.hasPrefix(command) }
        return GitError(
            .foreignOwner,
            "\(quoted(repository)) belongs to another user, whose hooks and configuration would run as this user; if you "
                + "trust it, run `\((printed.map(String.init) ?? "\(command) DIRECTORY").escapedForDisplay(limit: 500))`"
        )
    }
}
