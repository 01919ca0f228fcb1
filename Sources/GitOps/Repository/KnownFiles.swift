internal import Synchronization

/// The contents of small files that this run has read together with their directories, by the ids of their blobs.
final class KnownFiles: Sendable {
    /// The maximum size in bytes of a file that is kept. Records and configurations are smaller by far.
    private static let maximumSize = 64 << 10

    private let files = Mutex<[String: [UInt8]]>([:])

    /// Keeps a file, unless it is large.
    func insert(_ id: String, _ content: [UInt8]) {
        guard content.count <= Self.maximumSize else { return }
        files.withLock { $0[id] = content }
    }

    /// The contents of all files; nil when one of them is not known.
    func contents(of ids: [String]) -> [ArraySlice<UInt8>]? {
        files.withLock { files in
            var contents: [ArraySlice<UInt8>] = []
            for id in ids {
                guard let content = files[id] else { return nil }
                contents.append(content[...])
            }
            return contents
        }
    }
}
