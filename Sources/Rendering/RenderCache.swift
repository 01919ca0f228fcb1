internal import Cryptography
internal import OCI
internal import Support

/// A cache of renderer outputs, by the digest of all inputs. An unchanged render does not run a renderer.
///
/// Every entry is authenticated with a secret of this user, together with its key; an entry that
/// was altered, or that another program wrote, is removed and counts as missing. A directory that other users can write
/// is not used at all. Entries are replaced atomically, so concurrent writers are safe. A cache that cannot be written is
/// not an error.
public struct RenderCache: Sendable {
    /// The path of the directory.
    public let directory: String
    /// The maximum size of the cache in bytes: some thousand renders of an ordinary application.
    public let limit: Int

    /// Creates a cache in a directory, which the first write creates.
    public init(directory: String, limit: Int = 256 << 20) {
        self.directory = directory
        self.limit = limit
    }

    private func path(_ key: Digest) -> String { "\(directory)/\(key.hex)" }

    /// The first lines of an entry. The code covers the key, so that an entry is worth nothing under another name.
    private static func header(_ key: Digest, _ content: some Sequence<UInt8>, secret: [UInt8]) -> [UInt8] {
        let code = MessageAuthentication.code(of: Array("\(key)\n".utf8) + content, key: secret)
        return Array("release-capsule render 2\n\(key)\n\(lowercaseHex(code))\n".utf8)
    }

    /// The content that is stored under `key`; nil when there is none.
    func read(_ key: Digest) -> [UInt8]? {
        guard (try? CacheDirectory.check(directory)) != nil, let bytes = contents(of: path(key)) else { return nil }
        guard let secret = RenderCacheKey.read(for: directory) else { return nil }
        // All digests have the same length, and so have all headers.
        let length = Self.header(key, [], secret: secret).count
        let content = Array(bytes.dropFirst(length))
        guard ConstantTime.isEqual(Array(bytes.prefix(length)), Self.header(key, content, secret: secret)) else {
            SystemCall.remove(path(key))
            return nil
        }
        // The modification time is the time of last use, by which entries are evicted.
        SystemCall.touch(path(key))
        return content
    }

    /// The bytes of a regular file of this user.
    private func contents(of path: String) -> [UInt8]? {
        guard let status = try? SystemCall.status(of: path) else { return nil }
        guard CacheDirectory.isOwn(status, .file), status.size <= limit else {
            SystemCall.remove(path)
            return nil
        }
        return (try? SmallFile.read(path, limit: limit)) ?? nil
    }

    /// Stores `content` under `key`, and evicts the least recently used entries above the limit.
    func write(_ content: [UInt8], _ key: Digest) {
        guard (try? CacheDirectory.prepare(directory)) != nil, let secret = RenderCacheKey.make(for: directory) else {
            return
        }
        let header = Self.header(key, content, secret: secret)
        // An entry of more than half the limit would evict nearly all others.
        guard header.count + content.count <= limit / 2 else { return }
        // No fsync: an entry that a crash damages fails its authentication and is removed.
        guard (try? SmallFile.replace(key.hex, with: header + content, in: directory, durable: false)) != nil else {
            return
        }
        CacheDirectory.trim(directory, to: limit)
    }
}
