internal import CapsuleCore
internal import FoundationEssentials
internal import GitOps
internal import Logging
internal import OCI
internal import Support
internal import Synchronization

/// A cache of capsule content in an OCI layout on disk, so that a release is pulled once for all of its stages.
///
/// Every read is hashed again: content that was damaged on disk is removed and pulled again. A full or read-only disk
/// makes the service slower and has no other effect. A directory that was removed is made again.
final class CapsuleCache: Sendable {
    private struct Item {
        let size: Int64
        var used: UInt64
    }
    private struct State {
        var items: [Digest: Item] = [:]
        var bytes: Int64 = 0
        var clock: UInt64 = 0

        mutating func touch(_ digest: Digest, size: Int64) {
            clock += 1
            if items[digest] == nil { bytes += size }
            items[digest] = Item(size: items[digest]?.size ?? size, used: clock)
        }
    }

    private let layout: ImageLayout
    private let limit: Int64
    private let locks = KeyedLock<Digest>()
    private let state = Mutex(State())
    private let metrics: ServiceMetrics
    private let logger: Logger

    /// Opens the cache in a directory, which is created if it does not exist.
    ///
    /// - Throws: `OCIError`
    init(path: String, limit: Int64, metrics: ServiceMetrics, logger: Logger) throws {
        layout = try ImageLayout(path: path, create: true)
        self.limit = limit
        self.metrics = metrics
        self.logger = logger
        removeStale()
        for blob in try Self.blobs("\(path)/blobs/sha256") {
            state.withLock { $0.touch(blob.digest, size: blob.size) }
        }
        trim(keeping: nil)
    }

    /// The blobs of an earlier run, the oldest first.
    private static func blobs(_ path: String) throws(OCIError) -> [(digest: Digest, size: Int64)] {
        do throws(SystemError) {
            let directory = try SystemCall.open(path, [.directory, .noFollow])
            defer { SystemCall.close(directory) }
            var found: [(digest: Digest, size: Int64, written: Int64)] = []
            for name in try SystemCall.names(in: directory) {
                guard let digest = try? Digest("sha256:\(name)") else { continue }
                let file = try SystemCall.open(name, at: directory, [.noFollow, .nonBlocking])
                defer { SystemCall.close(file) }
                let status = try SystemCall.status(file)
                found.append((digest, status.size, status.modified.seconds))
            }
            return found.sorted { $0.written < $1.written }.map { ($0.digest, $0.size) }
        } catch {
            throw error.error("read", path)
        }
    }

    /// Removes what a killed service had pulled in part. An update of the layout's index would do so, and a cache has none.
    private func removeStale() {
        guard let directory = try? SystemCall.open(layout.path, [.directory, .noFollow]) else { return }
        defer { SystemCall.close(directory) }
        PartialFile.removeStale(in: directory)
    }

    /// The number of bytes in the cache.
    var size: Int64 { state.withLock { $0.bytes } }

    /// A manifest in the cache; nil when the cache does not have it.
    func manifest(_ digest: Digest) async -> Descriptor? { try? await layout.resolve(digest) }

    /// Streams content, which is pulled from `origin` first when it is not in the cache.
    func withContent<Result: Sendable>(
        of descriptor: Descriptor, from origin: any ContentSource,
        _ body: @Sendable (ContentStream) async throws -> Result
    ) async throws -> Result {
        for attempt in 1...2 {
            let isCached = contains(descriptor)
            if !isCached, try await !pull(descriptor, from: origin) { break }
            do {
                let result = try await layout.withContent(of: descriptor, from: 0, body)
                if isCached { metrics.cacheRead("hit") }
                return result
            } catch let error as OCIError where [.contentMismatch, .notFound, .io].contains(error.code) {
                metrics.cacheRead("damaged")
                logger.warning(
                    "content in the cache is damaged or missing; it is pulled again",
                    metadata: ["digest": "\(descriptor.digest)", "attempt": "\(attempt)"])
                drop(descriptor.digest)
            }
        }
        return try await origin.withContent(of: descriptor, body)
    }

    /// Pulls content into the cache; false when it cannot be stored.
    private func pull(_ descriptor: Descriptor, from origin: any ContentSource) async throws -> Bool {
        do {
            try await locks.withLock(descriptor.digest) {
                if contains(descriptor) { return }
                metrics.cacheRead("miss")
                try makeAgain()
                try await layout.store(descriptor, from: origin)
                state.withLock { $0.touch(descriptor.digest, size: descriptor.size) }
                trim(keeping: descriptor.digest)
            }
            return true
        } catch let error as OCIError where error.code == .io {
            logger.warning("content cannot be stored in the cache", metadata: ["error": "\(error)"])
            return false
        }
    }

    /// Makes the directory of the cache again if somebody removed it: otherwise the error would say that the release was
    /// not found.
    private func makeAgain() throws(OCIError) {
        guard (try? SystemCall.status(of: "\(layout.path)/oci-layout")) == nil else { return }
        do {
            _ = try ImageLayout(path: layout.path, create: true)
            logger.warning(
                "the directory of the cache was removed; it is made again", metadata: ["path": "\(layout.path)"])
        } catch {
            throw OCIError(.io, "the cache \(quoted(layout.path)) cannot be made again: \(error)", cause: error)
        }
    }

    private func contains(_ descriptor: Descriptor) -> Bool {
        state.withLock { state in
            guard state.items[descriptor.digest]?.size == descriptor.size else { return false }
            state.touch(descriptor.digest, size: descriptor.size)
            return true
        }
    }

    /// Removes the least recently used blobs until the rest fits. A blob that is being read is open and stays readable.
    private func trim(keeping kept: Digest?) {
        let dropped = state.withLock { state in
            var dropped: [Digest] = []
            while state.bytes > limit,
                let oldest = state.items.filter({ $0.key != kept }).min(by: { $0.value.used < $1.value.used })
            {
                state.bytes -= oldest.value.size
                state.items[oldest.key] = nil
                dropped.append(oldest.key)
            }
            return dropped
        }
        for digest in dropped { remove(digest) }
    }

    private func drop(_ digest: Digest) {
        state.withLock { state in
            guard let item = state.items.removeValue(forKey: digest) else { return }
            state.bytes -= item.size
        }
        remove(digest)
    }

    private func remove(_ digest: Digest) {
        try? FileManager.default.removeItem(atPath: "\(layout.path)/blobs/\(digest.algorithm.rawValue)/\(digest.hex)")
    }
}
