internal import Cryptography
internal import Support

/// The secret with which the entries of a render cache are authenticated: random bytes in the file `<directory>.key`
/// next to the cache, which only this user can read.
///
/// Whoever can read the file can write entries. It protects against entries from elsewhere: of another user, of another
/// machine's cache, or of a program that can write files below the cache and not read this one. Whoever runs programs
/// as this user can replace this program too.
enum RenderCacheKey {
    private static let size = 32

    /// The secret of a cache; nil when it has none that only this user can read.
    static func read(for directory: String) -> [UInt8]? {
        guard let file = try? SystemCall.open(path(directory), [.noFollow, .nonBlocking]) else { return nil }
        defer { SystemCall.close(file) }
        guard let status = try? SystemCall.status(file), CacheDirectory.isOwn(status, .file),
            status.permissions & 0o077 == 0, status.links == 1,
            let bytes = try? SystemCall.read(file, at: 0, count: size + 1), bytes.count == size
        else { return nil }
        return bytes
    }

    /// The secret of a cache, which is created when there is none; nil when that is not possible.
    static func make(for directory: String) -> [UInt8]? {
        if let secret = read(for: directory) { return secret }
        let path = path(directory)
        // A file that is not such a secret is replaced. Entries that it authenticates are rendered again.
        if (try? SystemCall.status(of: path)) != nil { SystemCall.remove(path) }
        let partial = "\(path).\(lowercaseHex(SecureRandom.bytes(8)))"
        guard (try? NewFile.write(SecureRandom.bytes(size), partial, mode: 0o600, durable: false)) != nil else {
            return nil
        }
        // Of several processes, the first one gives the file its name.
        _ = try? SystemCall.link(partial, to: path)
        SystemCall.remove(partial)
        return read(for: directory)
    }

    private static func path(_ directory: String) -> String {
        var directory = Substring(directory)
        while directory.utf8.count > 1, directory.hasSuffix("/") { directory.removeLast() }
        return "\(directory).key"
    }
}
