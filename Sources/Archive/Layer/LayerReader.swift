/// Reads a layer and refuses everything that `format.md` §3 does not allow.
///
/// The rules leave one way to write a given set of files, apart from how ustar splits a long name, so that no two readers
/// can see different entries.
package struct LayerReader: Sendable {
    private let layer: [UInt8]
    private let limits: ArchiveLimits
    private let kind: LayerKind

    /// A reader of `layer`, the compressed bytes.
    package init(_ layer: [UInt8], kind: LayerKind = .capsule, limits: ArchiveLimits = .capsule) {
        self.layer = layer
        self.kind = kind
        self.limits = limits
    }

    /// Calls `body` with each entry in order and its content (empty for a directory), unpacking once.
    ///
    /// Each entry that `body` gets is valid; the whole layer is valid only when the method returns. At most one file is held
    /// in memory.
    ///
    /// - Throws: `ArchiveError`, and what `body` throws.
    package func forEachEntry(_ body: (ArchiveEntry, [UInt8]) throws -> Void) throws {
        _ = try forEachEntry(hashing: false, body)
    }

    /// Calls `body` as `forEachEntry(_:)` does, and returns the SHA-256 of the layer before compression.
    ///
    /// - Throws: `ArchiveError`, and what `body` throws.
    package func hashingEntries(_ body: (ArchiveEntry, [UInt8]) throws -> Void) throws -> [UInt8] {
        try forEachEntry(hashing: true, body).sha256 ?? []
    }

    private func forEachEntry(hashing: Bool, _ body: (ArchiveEntry, [UInt8]) throws -> Void) throws
        -> TarStream.Summary
    {
        var state = LayerState(limits: limits, kind: kind)
        let summary = try TarStream.forEachEntry(
            of: layer, from: .layer, limits: limits, hashing: hashing,
            accept: { (entry, _) throws(ArchiveError) in try state.accept(entry) }, body)
        try state.finish()
        return summary
    }
}
