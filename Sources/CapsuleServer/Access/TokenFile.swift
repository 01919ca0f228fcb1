internal import CapsuleCore
internal import Documents
internal import GitOps
internal import OCI
internal import Support

/// The file of tokens and their roles.
struct TokenFile: Sendable {
    /// The maximum number of bytes of the file of one token, and of a token in a request.
    static let maximumToken = 4_096
    /// The minimum number of bytes of a token: shorter ones can be guessed.
    static let minimumToken = 16

    struct Entry: Sendable {
        let caller: Caller
        /// The SHA-256 of the token.
        let hash: Digest
    }

    let entries: [Entry]

    /// Reads the file, and the files of tokens that it names by paths relative to its own directory.
    ///
    /// - Throws: `CapsuleError`
    init(path: String) throws {
        let bytes = try SmallFile.content(of: path, as: path, limit: 64 << 10)
        let top = try StrictObject(yaml: bytes, file: path, keys: ["tokens"])
        var entries: [Entry] = []
        for token in try top.objects("tokens", keys: ["name", "sha256", "file", "roles"]) ?? [] {
            let name = try token.requiredText("name")
            let roles = try token.parsedList("roles") { try Role($0) } ?? []
            guard !roles.isEmpty else { throw token.invalid(key: "roles", "must name at least one role") }
            let hash =
                try token.text("sha256").map { text in
                    // What `tr a-f A-F`, a spreadsheet or some programs write. A hash is one text, so that it can be searched for.
                    guard !text.utf8.contains(where: (UInt8(ascii: "A")...UInt8(ascii: "F")).contains) else {
                        throw token.invalid(key: "sha256", "has upper-case letters; write its hex digits in lower case")
                    }
                    return try token.parsed("sha256") { try Digest("sha256:\($0)") }
                } ?? nil
            let file = try token.text("file")
            guard (hash == nil) != (file == nil) else {
                throw token.invalid(key: "name", "requires either sha256 or file")
            }
            guard !entries.contains(where: { $0.caller.name == name }) else {
                throw token.invalid(key: "name", "is used twice")
            }
            let known: Digest
            if let hash { known = hash } else { known = try Self.hash(ofTokenIn: file ?? "", relativeTo: path) }
            entries.append(Entry(caller: Caller(name: name, roles: Set(roles)), hash: known))
        }
        guard !entries.isEmpty else {
            throw DocumentError(.invalidDocument, "\(path): it lists no tokens; list at least one")
        }
        self.entries = entries
    }

    private static func hash(ofTokenIn file: String, relativeTo path: String) throws -> Digest {
        let directory = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        let place = file.hasPrefix("/") || directory.isEmpty ? file : "\(directory)/\(file)"
        var token = try SmallFile.content(of: place, as: place, limit: maximumToken)[...]
        while let last = token.last, last == 0x0A || last == 0x0D { token.removeLast() }
        if let problem = unsendable(token) { throw DocumentError(.invalidDocument, "\(place):\(problem)") }
        guard token.count >= minimumToken else {
            throw DocumentError(
                .invalidDocument,
                "\(place): a token has at least \(minimumToken) bytes; make one with `openssl rand -hex 32`")
        }
        return Digest.sha256(of: token)
    }

    /// The line and the reason why no header can carry these bytes as a token, so that no request would ever have it; nil when
    /// one can.
    private static func unsendable(_ token: ArraySlice<UInt8>) -> String? {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
        let lines = token.split(separator: 0x0A, omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            let line = line.last == 0x0D ? line.dropLast() : line
            let place = "\(index + 1): "
            if line.last.map(isBlank) == true {
                return place + "the line ends with a blank, which no request can send; remove it"
            }
            if line.first.map(isBlank) == true {
                return place + "the line begins with a blank, which no request can send; remove it"
            }
            if line.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
                return place + "the token has a control character, which no request can send; make one with "
                    + "`openssl rand -hex 32`"
            }
        }
        return lines.count > 1 ? "2: the file has more than one line; a token is one line" : nil
    }
}
