/// Unpacks a layer into a new directory, completely or not at all.
package enum LayerExtractor {
    /// Unpacks `layer` and returns its entries.
    ///
    /// The entries go into a `StagedTree` that is committed at the end of the layer. When this throws, nothing is left.
    ///
    /// - Parameter durable: the content is flushed to the disk before the directory gets its name. A tree that need not survive
    ///   a crash is written faster without.
    /// - Throws: `ArchiveError`: what `LayerReader` throws, `.exists` when something is at `directory`, `.io`; and
    ///   `CancellationError`.
    package static func extract(
        _ layer: [UInt8], to directory: String, kind: LayerKind = .capsule, limits: ArchiveLimits = .capsule,
        durable: Bool = true
    ) throws -> [ArchiveEntry] {
        try StagedTree.with(directory, durable: durable) { tree in
            try LayerReader(layer, kind: kind, limits: limits).forEachEntry { entry, content in
                try Task.checkCancellation()
                try tree.add(entry, content)
            }
            try tree.commit()
            return tree.entries
        }
    }
}
