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
