/// Reads a layer and refuses everything that `format.md` §3 does not allow.
///
/// The rules leave one way to write a given set of files, apart from how ustar splits a long name, so that no two readers
/// can see different entries.
public struct LayerReader: Sendable {
    private let layer: [UInt8]
    private let limits: ArchiveLimits

    /// Reads `layer`, the compressed bytes.
    public init(_ layer: [UInt8], limits: ArchiveLimits = .capsule) {
        self.layer = layer
        self.limits = limits
    }

    /// Calls `body` with each entry in order and its content (empty for a directory), unpacking once.
    ///
    /// An entry that comes is itself sound; only when the method returns is the whole layer. At most one file is held in
    /// memory.
    ///
    /// - Throws: `ArchiveError`, and what `body` throws.
    public func forEachEntry(_ body: (ArchiveEntry, [UInt8]) throws -> Void) throws {
        try Inflater.inflate(layer, limits: limits) { inflater in
            var state = LayerState(limits: limits)
            let block = UnsafeMutableRawBufferPointer.allocate(byteCount: TarHeader.blockSize, alignment: 16)
            defer { block.deallocate() }
            while let header = try Self.header(&inflater, block, zeroAllowed: true) {
                let entry: ArchiveEntry
                if header.kind == .pax {
                    entry = try Self.paxEntry(header, &inflater, block, &state)
                } else {
                    entry = try state.accept(header, path: header.name[...])
                }
                let content = try inflater.read(count: Int(entry.size))
                try Self.skipPadding(after: entry.size, &inflater, block, path: entry.path)
                try body(entry, content)
            }
            try inflater.finish()
            try state.finish()
        }
    }

    /// The next header; nil at the two zero blocks.
    private static func header(
        _ inflater: inout Inflater, _ block: UnsafeMutableRawBufferPointer, zeroAllowed: Bool
    ) throws(ArchiveError) -> StrictHeader? {
        try readBlock(&inflater, block)
        guard block[0] == 0, block.allSatisfy({ $0 == 0 }) else {
            return try StrictHeader(UnsafeRawBufferPointer(block))
        }
        guard zeroAllowed else {
            throw ArchiveError(.malformed, "the tar ends after a pax header, before the entry it is about")
        }
        try readBlock(&inflater, block)
        guard block.allSatisfy({ $0 == 0 }) else {
            throw ArchiveError(.malformed, "the tar has one zero block in its middle; two end it")
        }
        return nil
    }

    private static func readBlock(
        _ inflater: inout Inflater, _ block: UnsafeMutableRawBufferPointer
    ) throws(ArchiveError) {
        guard try inflater.read(into: block) == block.count else {
            throw ArchiveError(.malformed, "the tar ends without its two zero blocks; the layer is cut short")
        }
    }

    private static func paxEntry(
        _ header: StrictHeader, _ inflater: inout Inflater, _ block: UnsafeMutableRawBufferPointer,
        _ state: inout LayerState
    ) throws(ArchiveError) -> ArchiveEntry {
        guard header.size <= PaxHeader.maximumSize else {
            throw ArchiveError(.malformed, "a pax header has \(header.size) bytes; a path needs less")
        }
        let path = try PaxHeader.path(try inflater.read(count: Int(header.size)))
        try skipPadding(after: header.size, &inflater, block, path: String(decoding: path, as: UTF8.self))
        guard let next = try Self.header(&inflater, block, zeroAllowed: false) else {
            throw ArchiveError(.malformed, "the tar ends after a pax header")
        }
        guard next.kind != .pax else {
            throw ArchiveError(.malformed, "two pax headers stand before one entry")
        }
        return try state.accept(next, path: path[...])
    }

    private static func skipPadding(
        after size: Int64, _ inflater: inout Inflater, _ block: UnsafeMutableRawBufferPointer, path: String
    ) throws(ArchiveError) {
        let padding = UnsafeMutableRawBufferPointer(rebasing: block[..<TarHeader.paddingSize(after: size)])
        guard try inflater.read(into: padding) == padding.count else { throw inflater.cutShort }
        guard padding.allSatisfy({ $0 == 0 }) else {
            throw ArchiveError(
                .malformed, "\(quotedName(path.utf8)) is padded with something else than zeros", entry: path)
        }
    }
}
