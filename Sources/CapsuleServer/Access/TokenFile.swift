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
            let hash = try token.parsed("sha256") { try Digest("sha256:\($0)") }
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
        guard token.count >= minimumToken else {
            throw DocumentError(
                .invalidDocument,
                "\(place): a token has at least \(minimumToken) bytes; make one with `openssl rand -hex 32`")
        }
        return Digest.sha256(of: token)
    }
}
