package import Archive
internal import Support
internal import Synchronization

/// The bytes of files that were hashed and not kept while a layer was read. The first access decompresses the layer again
/// and caches all of them.
package final class DeferredFileContents: Sendable {
    private let layer: [UInt8]
    private let kind: LayerKind
    private let isDeferred: @Sendable (String) -> Bool
    private let cache = Mutex<[String: [UInt8]]?>(nil)

    /// - Parameters:
    ///   - layer: the bytes of a layer that was read to its end before.
    ///   - isDeferred: true for the paths of the files that were not kept.
    package init(_ layer: [UInt8], kind: LayerKind, isDeferred: @escaping @Sendable (String) -> Bool) {
        self.layer = layer
        self.kind = kind
        self.isDeferred = isDeferred
    }

    /// The bytes of a file, by its path in the layer.
    ///
    /// - Throws: `ArchiveError` when the layer cannot be read again, or has no such file.
    package func content(of path: String) throws -> [UInt8] {
        try cache.withLock { cache in
            let files = try cache ?? read()
            cache = files
            guard let content = files[path] else {
                throw ArchiveError(.io, "\(quoted(path)) is missing from a layer that was read before")
            }
            return content
        }
    }

    private func read() throws -> [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        try LayerReader(layer, kind: kind).forEachEntry { entry, content in
            if entry.kind == .file, isDeferred(entry.path) { files[entry.path] = content }
        }
        return files
    }
}
