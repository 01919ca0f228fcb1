internal import OCI
internal import Support
internal import Synchronization

/// A cache of immutable content of registries on disk, by its digest: manifests, configs, layers and evidence.
///
/// Everything is hashed again when it is read; a file that does not have its digest is removed and counts as missing. A
/// directory that other users can write is not used at all. Files are replaced atomically, so concurrent writers are safe. A
/// cache that cannot be written is not an error.
///
/// The cache does not say whether a repository has some content, and no tag is looked up in it.
package final class ContentCache: Sendable {
    private struct State {
        /// True when the directory can be used; nil when it has not been examined.
        var isUsable: Bool?
        /// The bytes that were written since old files were last removed.
        var written = 0
    }

    /// The largest content that is stored: the largest layer of a capsule.
    package static let largest = 32 << 20

    private let directory: String
    private let limit: Int
    private let state = Mutex(State())

    /// Creates a cache in a directory, which the first write creates.
    ///
    /// - Parameter limit: the maximum size of all files in bytes: the manifests of many thousand releases, and some layers.
    package init(directory: String, limit: Int = 256 << 20) {
        self.directory = directory
        self.limit = limit
    }

    /// The content with this digest and size; nil when it is not stored.
    func read(_ digest: Digest, size: Int64?) -> [UInt8]? {
        guard isUsable(creating: false), let bytes = contents(of: Self.name(digest)),
            size == nil || size == Int64(bytes.count)
        else { return nil }
        guard Digest.of(bytes, digest.algorithm) == digest else {
            SystemCall.remove("\(directory)/\(Self.name(digest))")
            return nil
        }
        return bytes
    }

    /// Stores content that has this digest.
    func write(_ bytes: [UInt8], _ digest: Digest) {
        write(bytes, as: Self.name(digest))
    }

    private func write(_ bytes: [UInt8], as name: String) {
        guard bytes.count <= Self.largest, bytes.count <= limit / 4 else { return }
        store(bytes, as: name)
    }

    /// The digest that a tag named when it was last read; nil when that is not known. It tells only whether a request for the
    /// whole manifest is likely to be superfluous.
    func lastDigest(of tag: String) -> Digest? {
        guard isUsable(creating: false) else { return nil }
        return contents(of: Self.name(tag)).flatMap { try? Digest(String(decoding: $0, as: UTF8.self)) }
    }

    /// Notes the digest that a tag names.
    func note(_ digest: Digest, of tag: String) {
        guard lastDigest(of: tag) != digest else { return }
        store(Array(digest.description.utf8), as: Self.name(tag))
    }

    /// The text that the last list of a repository left. Its reader hashes what it uses of it.
    func list(of repository: String) -> [UInt8]? {
        guard isUsable(creating: false) else { return nil }
        return contents(of: Self.name(listOf: repository))
    }

    /// Stores the text of a list.
    func note(list text: [UInt8], of repository: String) { write(text, as: Self.name(listOf: repository)) }

    private static func name(_ digest: Digest) -> String { "\(digest.algorithm.rawValue)-\(digest.hex)" }

    private static func name(_ tag: String) -> String { "tag-\(Digest.sha256(of: tag.utf8).hex)" }

    private static func name(listOf repository: String) -> String {
        "list-\(Digest.sha256(of: repository.utf8).hex)"
    }

    /// The bytes of a regular file of this user.
    private func contents(of name: String) -> [UInt8]? {
        let path = "\(directory)/\(name)"
        guard let status = try? SystemCall.status(of: path) else { return nil }
        guard CacheDirectory.isOwn(status, .file), status.size <= Self.largest else {
            SystemCall.remove(path)
            return nil
        }
        // The modification time is the time of last use, by which files are removed. An hour is exact enough.
        if WallClock.system() - status.modified.seconds > 3_600 { SystemCall.touch(path) }
        return (try? SmallFile.read(path, limit: Self.largest)) ?? nil
    }

    private func store(_ bytes: [UInt8], as name: String) {
        guard isUsable(creating: true), let files = try? SystemCall.open(directory, .directory) else { return }
        defer { SystemCall.close(files) }
        // No fsync: a file that a crash damages does not have its digest.
        guard (try? PartialFile.replace(name, with: bytes, in: files, durable: false)) != nil else { return }
        let isDue = state.withLock { state in
            let isFirst = state.written == 0
            state.written += bytes.count
            guard isFirst || state.written > limit / 8 else { return false }
            state.written = max(1, bytes.count)
            return true
        }
        // Reading the directory for each of many files would take longer than writing them.
        guard isDue else { return }
        PartialFile.removeStale(in: files)
        CacheDirectory.trim(directory, to: limit)
    }

    /// True when the directory belongs to this user. It is examined once.
    private func isUsable(creating: Bool) -> Bool {
        state.withLock { state in
            if let known = state.isUsable, known || !creating { return known }
            do throws(FileError) {
                if creating { try CacheDirectory.prepare(directory) } else { try CacheDirectory.check(directory) }
                state.isUsable = true
            } catch {
                state.isUsable = false
            }
            return state.isUsable == true
        }
    }
}
