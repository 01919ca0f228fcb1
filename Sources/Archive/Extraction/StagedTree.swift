internal import Synchronization

/// A directory that is filled while its content is still being checked, and that gets its name after all checks.
///
/// Its content is written to `.<name>.partial-<random>` in the same parent directory, with mode 0700, and one rename that
/// replaces nothing gives it its name. Files are 0644 and directories 0755, whatever the umask is. A partial directory is
/// locked as long as its process runs; what a killed process left for the same name is removed by the next.
package final class StagedTree: Sendable {
    private let place: StagingPlace
    private let durable: Bool
    private let writer: Mutex<TreeWriter>

    /// Runs `body` with a staged tree for `directory`, which must not exist. Unless `body` commits it, nothing is left.
    ///
    /// - Parameter durable: the content is flushed to the disk before the directory gets its name. A tree that need not survive
    ///   a crash is written faster without.
    /// - Throws: `ArchiveError`: `.exists` when something is at `directory`, `.invalidPath`, `.io`; and what `body` throws.
    package static func with<Result>(
        _ directory: String, durable: Bool = true, _ body: (StagedTree) throws -> Result
    ) throws -> Result {
        let tree = try StagedTree(directory, durable: durable)
        defer { tree.close() }
        return try body(tree)
    }

    /// Runs an asynchronous `body` with a staged tree for `directory`.
    package static func with<Result: Sendable>(
        _ directory: String, durable: Bool = true, _ body: (StagedTree) async throws -> Result
    ) async throws -> Result {
        let tree = try StagedTree(directory, durable: durable)
        defer { tree.close() }
        return try await body(tree)
    }

    private init(_ directory: String, durable: Bool) throws(ArchiveError) {
        place = try StagingPlace.make(for: directory)
        self.durable = durable
        writer = Mutex(TreeWriter(root: place.root))
    }

    /// The entries that were added, in order.
    package var entries: [ArchiveEntry] { writer.withLock { $0.entries } }

    /// Makes one entry of a layer, as `LayerReader` returns it: its path is checked, and its parent directory was added before.
    ///
    /// - Throws: `ArchiveError.Code.io`
    package func add(_ entry: ArchiveEntry, _ content: [UInt8]) throws(ArchiveError) {
        try writer.withLock { (writer) throws(ArchiveError) in try writer.add(entry, content) }
    }

    /// Flushes what was added so far to the disk, so that little is left to flush when it is committed.
    ///
    /// - Throws: `ArchiveError.Code.io`
    package func flush() throws(ArchiveError) {
        if durable { try place.flush() }
    }

    /// Gives the directory its name. To be called after all checks.
    ///
    /// - Throws: `ArchiveError.Code.exists` when the name was created meanwhile, `.io`
    package func commit() throws(ArchiveError) {
        try writer.withLock { (_) throws(ArchiveError) in try place.commit(durable: durable) }
    }

    private func close() {
        writer.withLock { writer in
            writer.close()
            place.close()
        }
    }
}
