extension GitRemote {
    /// The page on which people open a pull or merge request, for the two hosts whose addresses are known.
    package func reviewPage(head: String, base: String) -> String? {
        var text = description
        if text.hasSuffix(".git") { text.removeLast(4) }
        for (host, page) in [("github.com", Self.gitHub), ("gitlab.com", Self.gitLab)] {
            for prefix in ["https://\(host)/", "git@\(host):", "ssh://git@\(host)/"] where text.hasPrefix(prefix) {
                return page("https://\(host)/\(text.dropFirst(prefix.count))", Self.escaped(head), Self.escaped(base))
            }
        }
        return nil
    }

    private static func gitHub(_ repository: String, _ head: String, _ base: String) -> String {
        "\(repository)/compare/\(base)...\(head)?expand=1"
    }

    private static func gitLab(_ repository: String, _ head: String, _ base: String) -> String {
        "\(repository)/-/merge_requests/new?merge_request%5Bsource_branch%5D=\(head)"
            + "&merge_request%5Btarget_branch%5D=\(base)"
    }

    /// Branch names are mostly letters, digits, dashes and slashes; the rest is percent-encoded.
    private static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            let plain =
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || "-._~/".utf8.contains(byte)
            let hex = String(byte, radix: 16, uppercase: true)
            return plain ? String(UnicodeScalar(byte)) : "%" + (hex.count < 2 ? "0" : "") + hex
        }.joined()
    }
}
