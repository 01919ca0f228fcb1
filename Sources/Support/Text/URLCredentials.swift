extension String {
    /// The text with each URL in it reduced to the parts that may be shown and recorded: without password, token,
    /// query and fragment.
    ///
    /// `https://user:token@host/x` loses everything before the `@`. In `ssh://git@host/x`, the user is part of the
    /// address and is kept. Text outside of URLs with a scheme is not changed.
    ///
    /// - Parameter isURL: true when the whole text is one URL, so that blanks and quotation marks do not end it.
    package func withoutURLCredentials(isURL: Bool = false) -> String {
        var out = ""
        var rest = Substring(self)
        while let scheme = rest.firstRange(of: "://") {
            out += rest[..<scheme.upperBound]
            rest = rest[scheme.upperBound...]
            let end = isURL ? nil : rest.firstIndex { $0.isWhitespace || $0 == "'" || $0 == "\"" }
            var url = rest[..<(end ?? rest.endIndex)]
            rest = rest[url.endIndex...]
            let authority = url.prefix { !"/?#".contains($0) }
            if let at = authority.lastIndex(of: "@") {
                if out.hasSuffix("ssh://") { out += url[..<at].prefix { $0 != ":" } + "@" }
                url = url[url.index(after: at)...]
            }
            out += url.prefix { $0 != "?" && $0 != "#" }
        }
        return out + rest
    }
}
