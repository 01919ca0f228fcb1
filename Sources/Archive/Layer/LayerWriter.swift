internal import Support

/// A layer that was written.
package struct PackedLayer: Sendable {
    /// The gzip.
    package let bytes: [UInt8]
    /// The SHA-256 of the tar in it.
    package let unpackedSHA256: [UInt8]
}

/// Writes the layer of `format.md` §3: a tar in a gzip whose bytes depend only on the arguments.
package enum LayerWriter {
    /// Packs items, which may have any order. Their parent directories are added; `release.yaml` comes first, then the rest
    /// sorted by the bytes of the path. `modified` is the committer time in seconds since 1970.
    ///
    /// - Throws: `.invalidPath` for a path that breaks the path rules, `.duplicate` for names that are equal or differ in case only,
    ///   `.tooLarge` above a limit, `.malformed` when `release.yaml` is missing or the time is outside 1970…2242,
    ///   `.compressor` when this system's zlib gives other bytes than zlib itself.
    package static func pack(
        _ items: [LayerItem], modified: Int64, kind: LayerKind = .capsule, limits: ArchiveLimits = .capsule
    ) throws(ArchiveError) -> PackedLayer {
        guard (0...TarHeader.maximumNumber).contains(modified) else {
            throw ArchiveError(
                .malformed, "the committer time \(modified) does not fit a tar header; it must be between 1970 and 2242"
            )
        }
        guard KnownAnswer.holds else {
            throw ArchiveError(
                .compressor,
                "this system's libz compresses differently from zlib itself, so the release would get another digest here "
                    + "than elsewhere; put zlib's own libz on the library path")
        }
        let plan = try plan(items, kind, limits: limits)
        let result = try Deflater.compress { (gzip) throws(ArchiveError) in
            for item in plan {
                switch item {
                case .directory(let path):
                    try gzip.write(TarHeader.encode(path: path, kind: .directory, size: 0, modified: modified))
                case .file(let path, let content):
                    let size = Int64(content.count)
                    try gzip.write(TarHeader.encode(path: path, kind: .file, size: size, modified: modified))
                    try gzip.write(content)
                    try gzip.write(TarHeader.padding(after: size))
                }
                try check(compressed: gzip.output.count, limits: limits)
            }
            // Two zero blocks and no record padding: oras rejects a padded tar.
            try gzip.write([UInt8](repeating: 0, count: 2 * TarHeader.blockSize))
        }
        try check(compressed: result.bytes.count, limits: limits)
        guard result.consumed <= limits.streamSize(compressed: result.bytes.count) else {
            throw ArchiveError(
                .tooLarge,
                "the layer shrinks from \(result.consumed) to \(result.bytes.count) bytes; readers refuse more than "
                    + "\(limits.ratio) to 1, which is a sign of a decompression bomb")
        }
        return PackedLayer(bytes: result.bytes, unpackedSHA256: result.sha256)
    }

    /// The bytes of a packed layer.
    ///
    /// - Throws: as `pack(_:modified:limits:)` does.
    package static func write(
        _ items: [LayerItem], modified: Int64, limits: ArchiveLimits = .capsule
    ) throws(ArchiveError) -> [UInt8] {
        try pack(items, modified: modified, limits: limits).bytes
    }

    /// The items in the order of the layer, with all directories, after all checks.
    private static func plan(
        _ items: [LayerItem], _ kind: LayerKind, limits: ArchiveLimits
    ) throws(ArchiveError) -> [LayerItem] {
        var plan: [LayerItem] = []
        plan.reserveCapacity(items.count + items.count / 4)
        var directories: Set<String> = []
        var names = NameSet()
        var total: Int64 = 0
        for item in items {
            let path = item.path
            switch item {
            case .directory:
                _ = try LayerPath.check(path.utf8, isDirectory: true)
                guard directories.insert(path).inserted else {
                    throw ArchiveError(.duplicate, "\(quoted(path)) is given twice", entry: path)
                }
            case .file(_, let content):
                _ = try LayerPath.check(path.utf8, isDirectory: false)
                let size = Int64(content.count)
                guard size <= limits.fileSize else { throw .fileTooLarge(path, size: size, limits: limits) }
                total += size
                guard total <= limits.totalSize else { throw .totalTooLarge(path, limits: limits) }
                try names.insert(path)
            }
            plan.append(item)
        }
        for item in items {
            var path = item.path
            while let parent = LayerPath.parent(of: path), directories.insert(parent).inserted {
                plan.append(.directory(path: parent))
                path = parent
            }
        }
        guard plan.count <= limits.entries else { throw .tooManyEntries(limit: limits.entries) }
        for directory in directories.sorted(by: LayerPath.precedes) { try names.insert(directory) }
        plan.sort { LayerPath.precedes($0.path, $1.path) }
        guard kind == .package || plan.first?.path == LayerPath.release else {
            throw ArchiveError(.malformed, "release.yaml is missing; every layer starts with it")
        }
        if let first = plan.first, let problem = kind.problem(of: first.path) {
            throw ArchiveError(.malformed, problem, entry: first.path)
        }
        return plan
    }

    private static func check(compressed: Int, limits: ArchiveLimits) throws(ArchiveError) {
        guard compressed <= limits.compressedSize else {
            throw ArchiveError(
                .tooLarge,
                "the compressed layer is larger than the limit of \(limits.compressedSize) bytes; take large files out of "
                    + "the package")
        }
    }
}
