/// Unpacks a layer into a new directory, whole or not at all.
public enum LayerExtractor {
    /// Unpacks `layer` and returns its entries.
    ///
    /// It is a `StagedTree` that is committed at the end of the layer. When this throws, nothing is left.
    ///
    /// With `durable`, the content is on the disk before the name is; a tree that need not outlive a crash is quicker
    /// without.
    ///
    /// - Throws: `ArchiveError`: what `LayerReader` throws, `.exists` when something is at `directory`, `.io`; and
    ///   `CancellationError`.
    public static func extract(
        _ layer: [UInt8], to directory: String, limits: ArchiveLimits = .capsule, durable: Bool = true
    ) throws -> [ArchiveEntry] {
        try StagedTree.with(directory, durable: durable) { tree in
            try LayerReader(layer, limits: limits).forEachEntry { entry, content in
                try Task.checkCancellation()
                try tree.add(entry, content)
            }
            try tree.commit()
            return tree.entries
        }
    }
}
