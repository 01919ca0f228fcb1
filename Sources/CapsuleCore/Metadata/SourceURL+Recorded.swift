internal import Support

extension SourceURL {
    /// The URL that a release records for the address of its source repository, such as that of the remote `origin`:
    /// one that others can clone, without credentials, and the same for a clone over SSH and one over HTTPS.
    ///
    /// `git@host:path` and `ssh://git@host/path` become `https://host/path`. An SSH address with a port of its own, or of
    /// a host for SSH alone, stays an SSH address, because its HTTPS address is not known.
    ///
    /// - Throws: `CapsuleError.Code.invalidName` for an address that others cannot clone, such as a path on this machine.
    package static func recorded(_ address: String) throws(CapsuleError) -> String {
        func unusable(_ why: String) -> CapsuleError {
            CapsuleError(
                .invalidName,
                "the source repository's address \(quoted(address.withoutLogin)) \(why); give the URL that others clone "
                    + "with --source-repository URL")
        }
        guard !address.unicodeScalars.contains(where: { $0.isControlForDisplay || $0 == " " }) else {
            throw unusable("has blanks or control characters")
        }
        guard let parts = AddressParts(address) else {
            throw unusable("is a path or an abbreviation, which others cannot clone")
        }
        guard !parts.host.isEmpty, !parts.path.isEmpty else { throw unusable("names no repository") }
        switch parts.scheme {
        case "https", "http", "git": return "\(parts.scheme)://\(parts.host)\(parts.port)/\(parts.path)"
        case "ssh" where !parts.isOwnPort && !parts.isHostForSSH: return "https://\(parts.host)/\(parts.path)"
        case "ssh":
            let user = parts.user.isEmpty ? "" : "\(parts.user)@"
            return "ssh://\(user)\(parts.host)\(parts.isOwnPort ? parts.port : "")/\(parts.path)"
        case "file": throw unusable("is a directory on this machine")
        case let other: throw unusable("uses \(other)")
        }
    }
}

/// The parts of the address of a Git repository. The path has no slash at either end and no `.git`.
private struct AddressParts {
    var scheme: String
    /// The user, without a password.
    var user: String
    var host: String
    /// The port with its colon; empty when there is none.
    var port = ""
    var path: String

    /// True for SSH on a port other than the standard one.
    var isOwnPort: Bool { !port.isEmpty && port != ":22" }
    /// True for the hosts of forges that serve SSH alone, such as `ssh.dev.azure.com` and `altssh.gitlab.com`.
    var isHostForSSH: Bool { host.hasPrefix("ssh.") || host.hasPrefix("altssh.") }

    /// Parses a URL, or scp's `user@host:path`; nil for a path.
    init?(_ address: String) {
        let text = SourceURL.withoutCredentials(address)
        let authority: Substring
        let rest: Substring
        if let mark = text.firstRange(of: "://") {
            scheme = text[..<mark.lowerBound].lowercased()
            // git+ssh and ssh+git are other names of ssh, and git+https is what an SBOM writes.
            if scheme == "ssh+git" { scheme = "ssh" }
            if scheme.hasPrefix("git+") { scheme.removeFirst(4) }
            authority = text[mark.upperBound...].prefix { $0 != "/" }
            rest = text[authority.endIndex...]
        } else {
            guard let host = Self.scpHost(text) else { return nil }
            scheme = text[host.endIndex...].hasPrefix("::") ? "the helper program \(host)" : "ssh"
            authority = host
            rest = text[text.index(after: host.endIndex)...]
        }
        // scp's form with a port: `[user@host:2222]:path`.
        let isBracketed = authority.hasPrefix("[") && authority.hasSuffix("]") && authority.contains("@")
        let whole = isBracketed ? authority.dropFirst().dropLast() : authority
        let at = whole.lastIndex(of: "@")
        let name = at.map { whole[whole.index(after: $0)...] } ?? whole
        user = at == nil ? "" : String(whole.prefix { !":@%".contains($0) })
        var bare = name
        if let colon = name.lastIndex(of: ":"), !name[colon...].contains("]"),
            name[name.index(after: colon)...].allSatisfy({ $0.isASCII && $0.isNumber })
        {
            bare = name[..<colon]
            port = name[colon...].count > 1 ? String(name[colon...]) : ""
        }
        host = String(bare)
        var path = rest.drop { $0 == "/" }
        while path.hasSuffix("/") { path.removeLast() }
        if path.hasSuffix(".git") { path.removeLast(4) }
        while path.hasSuffix("/") { path.removeLast() }
        self.path = String(path)
    }

    /// The part before the colon of `user@host:path`; nil for a path. A word without a user and without a dot is an
    /// abbreviation of the user's Git configuration, or a drive of Windows.
    private static func scpHost(_ text: String) -> Substring? {
        guard !text.hasPrefix("/"), !text.hasPrefix("."), !text.hasPrefix("~") else { return nil }
        let beforePath = text.prefix { $0 != "/" }
        // The colons of a password and of an IPv6 address come earlier.
        let start = beforePath.lastIndex(of: "]") ?? beforePath.lastIndex(of: "@") ?? text.startIndex
        guard let colon = text[start...].firstIndex(of: ":") else { return nil }
        let host = text[..<colon]
        return host.contains("/") || !(host.contains("@") || host.contains(".") || host.contains("]")) ? nil : host
    }
}
