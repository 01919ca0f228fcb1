internal import Support

/// Functions on the URL of a source repository, which is recorded without credentials.
package enum SourceURL {
    /// Returns `url` without password, token, query and fragment.
    ///
    /// `https://user:token@host/x` loses everything before the `@`. In `ssh://git@host/x` and `git@host:x` the user is part
    /// of the address and stays.
    package static func withoutCredentials(_ url: String) -> String {
        let text = url.withoutURLCredentials(isURL: true)
        return text.contains("://") ? text : String(text.prefix { $0 != "?" && $0 != "#" })
    }

    /// Returns `git+<url>@<commit>`, as SPDX and SLSA name a source at a commit; nil when `url` is not a URL, such as a
    /// path.
    package static func gitURI(_ url: String, commit: CommitID) -> String? {
        let url = withoutCredentials(url)
        if url.contains("://") { return (url.hasPrefix("git+") ? "" : "git+") + "\(url)@\(commit)" }
        // scp's form, `git@host:path`, is not a URL, so the equivalent `ssh://` URL is returned.
        guard !url.hasPrefix("/"), !url.hasPrefix("."), let colon = url.firstIndex(of: ":"),
            !url[..<colon].contains("/")
        else { return nil }
        let path = url[url.index(after: colon)...].drop { $0 == "/" }
        return path.isEmpty ? nil : "git+ssh://\(url[..<colon])/\(path)@\(commit)"
    }

    /// The host and path of a repository's URL, which all its spellings share: without scheme, user, `.git`, revision.
    package static func key(_ url: String) -> String {
        var text = withoutCredentials(url)
        if let scheme = text.firstRange(of: "://") {
            text = String(text[scheme.upperBound...])
        } else if let colon = text.firstIndex(of: ":"), !text[..<colon].contains("/") {
            text.replaceSubrange(colon...colon, with: "/")
        }
        if let at = text.firstIndex(of: "@"), !text[..<at].contains("/") {
            text = String(text[text.index(after: at)...])
        }
        if let at = text.firstIndex(of: "@") { text = String(text[..<at]) }
        while text.hasSuffix("/") { text.removeLast() }
        if text.hasSuffix(".git") { text.removeLast(4) }
        return text.lowercased()
    }
}
