internal import Support

extension GitRemote {
    /// The URL of the page on which people open a pull or merge request; nil unless the host is GitHub or GitLab.
    package func reviewPage(head: String, base: String) -> String? {
        var text = description
        if text.hasSuffix(".git") { text.removeLast(4) }
        for (host, page) in [("github.com", Self.gitHub), ("gitlab.com", Self.gitLab)] {
            for prefix in ["https://\(host)/", "git@\(host):", "ssh://git@\(host)/"] where text.hasPrefix(prefix) {
                return page("https://\(host)/\(text.dropFirst(prefix.count))", Self.encoded(head), Self.encoded(base))
            }
        }
        return nil
    }

    private static func encoded(_ branch: String) -> String { PercentEncoding.encode(branch, keeping: "/") }

    private static func gitHub(_ repository: String, _ head: String, _ base: String) -> String {
        "\(repository)/compare/\(base)...\(head)?expand=1"
    }

    private static func gitLab(_ repository: String, _ head: String, _ base: String) -> String {
        "\(repository)/-/merge_requests/new?merge_request%5Bsource_branch%5D=\(head)"
            + "&merge_request%5Btarget_branch%5D=\(base)"
    }
}
