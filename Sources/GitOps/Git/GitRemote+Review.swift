internal import Support

extension GitRemote {
    /// The URL of the page on which people open a pull or merge request; nil unless the host is GitHub or GitLab.
    package func reviewPage(head: String, base: String) -> String? {
        guard let (host, repository) = page else { return nil }
        let page = host == "github.com" ? Self.gitHub : Self.gitLab
        return page(repository, Self.encoded(head), Self.encoded(base))
    }

    /// The URL of the page with the commits between two commits; nil unless the host is GitHub or GitLab.
    package func comparisonPage(from old: String, to new: String) -> String? {
        guard let (host, repository) = page else { return nil }
        return "\(repository)\(host == "github.com" ? "" : "/-")/compare/\(old)...\(new)"
    }

    /// The host and the URL of the repository's page; nil for hosts whose pages are not known.
    private var page: (host: String, url: String)? {
        var text = description
        if text.hasSuffix(".git") { text.removeLast(4) }
        for host in ["github.com", "gitlab.com"] {
            for prefix in ["https://\(host)/", "git@\(host):", "ssh://git@\(host)/"] where text.hasPrefix(prefix) {
                return (host, "https://\(host)/\(Self.encoded(String(text.dropFirst(prefix.count))))")
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
