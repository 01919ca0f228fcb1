internal import FoundationEssentials
internal import OCI

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// What renderers printed, by everything that it depends on, so that an unchanged render runs no renderer at all.
///
/// Every entry is checked against its own digest when it is read; one that does not hold is removed and counts as not
/// there. Entries appear by rename, so two writers do no harm. A cache that cannot be written is no cache, and no error.
public struct RenderCache: Sendable {
    /// Where it stands.
    public let directory: String
    /// The most bytes it keeps: some thousand renders of an ordinary application.
    public let limit: Int
    /// A half-written file of this age belongs to nobody any more.
    private static let abandonedAfter = 3600

    /// A cache in a directory, which is made when first written to.
    public init(directory: String, limit: Int = 256 << 20) {
        self.directory = directory
        self.limit = limit
    }

    private func path(_ key: Digest) -> String { "\(directory)/\(key.hex)" }

    private static func header(_ key: Digest, _ content: [UInt8]) -> [UInt8] {
        Array("release-capsule render\n\(key)\n\(Digest.sha256(of: content))\n".utf8)
    }

    /// What was stored under `key`.
    func read(_ key: Digest) -> [UInt8]? {
        let path = path(key)
        guard let data = try? Data(contentsOf: URL(filePath: path)) else { return nil }
        let bytes = Array(data)
        // Digests have one length, so the header does too.
        let length = Self.header(key, []).count
        let content = Array(bytes.dropFirst(length))
        guard bytes.count >= length, bytes.prefix(length).elementsEqual(Self.header(key, content)) else {
            unlink(path)
            return nil
        }
        // The time of last use, by which entries are dropped.
        utimensat(AT_FDCWD, path, nil, 0)
        return content
    }

    /// Stores `content` under `key`, and drops what was not used for longest when there is too much.
    func write(_ content: [UInt8], _ key: Digest) {
        let header = Self.header(key, content)
        // One entry that would fill half the cache would push out everything that is worth keeping.
        guard header.count + content.count <= limit / 2 else { return }
        try? FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let partial = "\(directory)/.\(key.hex.prefix(16)).partial-\(UInt64.random(in: 0 ... .max))"
        do {
            try Data(header + content).write(to: URL(filePath: partial))
        } catch {
            unlink(partial)
            return
        }
        if rename(partial, path(key)) != 0 { unlink(partial) }
        trim()
    }

    private func trim() {
        var entries: [(path: String, size: Int, used: Int)] = []
        let now = Int(time(nil))
        for name in (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? [] {
            let path = "\(directory)/\(name)"
            var status = stat()
            guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
            #if canImport(Darwin)
                let used = status.st_mtimespec.tv_sec
            #else
                let used = status.st_mtim.tv_sec
            #endif
            if name.hasPrefix(".") {
                if name.contains(".partial-"), now - used > Self.abandonedAfter { unlink(path) }
                continue
            }
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
