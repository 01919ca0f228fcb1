internal import FoundationEssentials
internal import OCI
internal import Support

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// A cache of renderer outputs, by the digest of all inputs. An unchanged render does not run a renderer.
///
/// Every entry is checked against its own digest when it is read; a damaged entry is removed and counts as missing.
/// Entries are replaced atomically, so concurrent writers are safe. A cache that cannot be written is not an error.
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

    private static func header(_ key: Digest, _ content: [UInt8]) -> [UInt8] {
        Array("release-capsule render\n\(key)\n\(Digest.sha256(of: content))\n".utf8)
    }

    /// The content that is stored under `key`; nil when there is none.
    func read(_ key: Digest) -> [UInt8]? {
        let path = path(key)
        guard let data = try? Data(contentsOf: URL(filePath: path)) else { return nil }
        let bytes = Array(data)
        // All digests have the same length, and so have all headers.
        let length = Self.header(key, []).count
        let content = Array(bytes.dropFirst(length))
        guard bytes.count >= length, bytes.prefix(length).elementsEqual(Self.header(key, content)) else {
            unlink(path)
            return nil
        }
        // The modification time is the time of last use, by which entries are evicted.
        utimensat(AT_FDCWD, path, nil, 0)
        return content
    }

    /// Stores `content` under `key`, and evicts the least recently used entries above the limit.
    func write(_ content: [UInt8], _ key: Digest) {
        let header = Self.header(key, content)
        // An entry of more than half the limit would evict nearly all others.
        guard header.count + content.count <= limit / 2 else { return }
        try? FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        // No fsync: an entry that a crash damages fails the check of its digest and is removed.
        guard (try? SmallFile.replace(key.hex, with: header + content, in: directory, durable: false)) != nil else {
            return
        }
        trim()
    }

    private func trim() {
        var entries: [(path: String, size: Int, used: Int)] = []
        for name in (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? [] where !name.hasPrefix(".") {
            let path = "\(directory)/\(name)"
            var status = stat()
            guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
            #if canImport(Darwin)
                let used = status.st_mtimespec.tv_sec
            #else
                let used = status.st_mtim.tv_sec
            #endif
            entries.append((path, Int(status.st_size), used))
        }
        var total = entries.reduce(0) { $0 + $1.size }
        for entry in entries.sorted(by: { ($0.used, $0.path) < ($1.used, $1.path) }) {
            guard total > limit else { return }
            unlink(entry.path)
            total -= entry.size
        }
    }
}
