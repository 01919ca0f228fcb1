extension String {
    /// The text with each URL in it reduced to the parts that may be shown and recorded: without password, token,
    /// query and fragment.
    ///
    /// `https://user:token@host/x` loses everything before the `@`, and so does a password that contains a slash, a
    /// question mark or a number sign, which should have been percent-encoded. In `ssh://git@host/x`, the user is part
    /// of the address and is kept. Text outside of URLs with a scheme is not changed.
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
            let portIsNumber = authority.lastIndex(of: ":").map {
                let port = authority[authority.index(after: $0)...]
                return port.allSatisfy(\.isNumber) || port.hasSuffix("]")
            }
            if let at = authority.lastIndex(of: "@") ?? (portIsNumber == false ? url.lastIndex(of: "@") : nil) {
                if out.lowercased().hasSuffix("ssh://") {
                    // A colon may be percent-encoded.
                    let user = url[..<at].prefix { !":%@/?#".contains($0) }
                    if !user.isEmpty { out += user + "@" }
                }
                url = url[url.index(after: at)...]
            }
            out += url.prefix { $0 != "?" && $0 != "#" }
        }
        return out + rest
    }

    /// A text of several words for a log: no address in it has a password, with or without a scheme. A digest after an @ is
    /// not a host.
    package var withoutPasswords: String {
        let text = withoutURLCredentials()
        guard text.utf8.contains(UInt8(ascii: "@")) else { return text }
        var out = ""
        var rest = Substring(text)
        while !rest.isEmpty {
            let word = rest.prefix { !$0.isWhitespace && $0 != "'" && $0 != "\"" }
            rest = rest[word.endIndex...]
            if let at = word.lastIndex(of: "@"), !word[at...].hasPrefix("@sha"),
                word[..<at].contains(where: { $0 == ":" || $0 == "%" }), word.firstRange(of: "://") == nil
            {
                out += word[word.index(after: at)...]
            } else {
                out += word
            }
            if let end = rest.popFirst() { out.append(end) }
        }
        return out
    }

    /// An address of a Git repository or a registry for a message: without credentials, also in `user:password@host`
    /// without a scheme.
    package var withoutLogin: String {
        // A percent sign can be an encoded colon.
        guard firstRange(of: "://") == nil, !hasPrefix("/"), let at = lastIndex(of: "@"),
            self[..<at].contains(where: { $0 == ":" || $0 == "%" })
        else { return withoutURLCredentials(isURL: true) }
        return String(self[index(after: at)...])
    }
}
