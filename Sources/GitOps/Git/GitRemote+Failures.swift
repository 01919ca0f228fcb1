internal import OCI
internal import Support

extension GitRemote {
    /// The failure of a command that talked to this remote, derived from Git's error output.
    ///
    /// Git's exit status is 128 for nearly every failure, so only the text tells failures apart. The text is Git's own
    /// in the C locale.
    func failure(_ what: String, _ errorOutput: String) -> GitError {
        let text = errorOutput.lowercased()
        func says(_ words: String...) -> Bool { words.contains { text.contains($0) } }
        let detail = Git.detail(errorOutput)
        let sentence = "\(what) \(quoted(description)) failed: \(detail)"
        if Git.isOwnership(errorOutput) { return Git.ownershipFailure(description, errorOutput) }
        if says(
            "authentication failed", "could not read username", "could not read password", "permission denied (",
            "returned error: 401", "returned error: 403", "access denied", "authorization failed",
            "host key verification failed", "unable to get password")
        {
            return GitError(
                .unauthorized,
                "\(sentence). Check the login: a credential helper, GIT_ASKPASS or an SSH agent must give it")
        }
        if says("not our ref", "unadvertised object", "couldn't find remote ref", "remote ref does not exist") {
            return GitError(.moved, sentence)
        }
        if says(
            ".lock': file exists", "bad object", "corrupt", "unable to read", "inflate", "bad config",
            "shallow file has changed", "cannot lock ref", "unresolved delta", "missing necessary objects",
            "did not send all necessary objects", "not a git repository:", "invalid sha1 pointer", "bad tree object",
            "garbage at end", "index file", "fatal: not a git repository")
        {
            return GitError(.corrupt, sentence)
        }
        if says("no space left on device", "read-only file system", "unable to create temporary file") {
            return GitError(.gitFailed, sentence)
        }
        return GitError(
            .unavailable,
            "\(sentence). Check the address and that the repository is there for this login, then run again")
    }
}

extension Git {
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
            .gitFailed,
            "\(quoted(repository)) belongs to another user, whose hooks and configuration would run as this user; if you "
                + "trust it, run `\((printed.map(String.init) ?? "\(command) DIRECTORY").escapedForDisplay(limit: 500))`"
        )
    }
}
