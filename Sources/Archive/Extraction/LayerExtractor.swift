/// Unpacks a layer into a new directory, whole or not at all.
public enum LayerExtractor {
    /// Unpacks `layer` and returns its entries.
    ///
    /// Everything goes into `.<name>.partial-<random>` beside `directory`, which gets its name by one rename that replaces
    /// nothing. Files are 0644 and directories 0755, whatever the umask is. When this throws, nothing is left.
    ///
    /// With `durable`, the content is on the disk before the name is; a tree that need not outlive a crash is quicker
    /// without.
    ///
    /// - Throws: `ArchiveError`: what `LayerReader` throws, `.exists` when something is at `directory`, `.io`; and
    ///   `CancellationError`.
    public static func extract(
        _ layer: [UInt8], to directory: String, limits: ArchiveLimits = .capsule, durable: Bool = true
    ) throws -> [ArchiveEntry] {
        let (parentPath, name) = try split(directory)
        let parent = try OpenDirectory.open(parentPath)
        defer { parent.close() }
        guard try !parent.has(name) else { throw taken(directory) }
        let partial = partialName(for: name)
        try parent.makePrivateDirectory(partial)
        do {
            return try fill(parent, partial, name, layer, limits: limits, durable: durable)
        } catch {
            parent.remove(partial, isDirectory: true)
            throw error
        }
    }

    private static func fill(
        _ parent: OpenDirectory, _ partial: String, _ name: String, _ layer: [UInt8], limits: ArchiveLimits,
        durable: Bool
    ) throws -> [ArchiveEntry] {
        let root = try parent.directory(partial)
        defer { root.close() }
        var tree = TreeWriter(root: root)
        defer { tree.close() }
        do {
            try LayerReader(layer, limits: limits).forEachEntry { entry, content in
                try Task.checkCancellation()
                try tree.add(entry, content)
            }
            try root.setMode(0o755)
            if durable { try root.synchronizeTree() }
            guard try parent.rename(partial, to: name) else { throw taken("\(parent.path)/\(name)") }
        } catch {
            tree.removeAll()
            throw error
        }
        // The tree has its name; that the name might not outlive a crash is not worth undoing it.
        if durable { try? parent.synchronize() }
        return tree.entries
    }

    private static func taken(_ directory: String) -> ArchiveError {
        ArchiveError(
            .exists, "\(quotedName(directory.utf8)) exists; remove it, or unpack into a directory that does not exist")
    }

    private static func split(_ directory: String) throws(ArchiveError) -> (parent: String, name: String) {
        var path = Substring(directory)
        while path.utf8.count > 1, path.utf8.last == UInt8(ascii: "/") { path = path.dropLast() }
        let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        let name = slash.map { String(path[path.index(after: $0)...]) } ?? String(path)
        guard !name.isEmpty, name != ".", name != "..", !name.utf8.contains(0) else {
            throw ArchiveError(
                .invalidPath, "\(quotedName(directory.utf8)) does not name a new directory; write its path and name")
        }
        guard let slash else { return (".", name) }
        return (slash == path.startIndex ? "/" : String(path[..<slash]), name)
    }

    private static func partialName(for name: String) -> String {
        // 200 bytes leave room for the rest in the 255 that a name may have.
        var shortened = name
        while shortened.utf8.count > 200 { shortened.removeLast() }
        return ".\(shortened).partial-\(String(UInt64.random(in: .min ... .max), radix: 16))"
    }
}
