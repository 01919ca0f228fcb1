internal import Support

/// Reads the blocks of a tar by the rules of a dialect: headers, extension headers, and the end.
///
/// It performs no I/O. The caller gives it header blocks and the contents of extension headers, and skips or reads the
/// contents of entries, so that the same rules apply to a stream that is unpacked and to a file of which only parts are read.
package struct TarTokenizer: Sendable {
    /// The meaning of a block, and what follows it.
    package enum Token: Sendable {
        /// An entry, whose content follows, padded to whole blocks.
        case entry(TarEntry)
        /// A header about other entries. Its content follows, padded to whole blocks; `take` is to be called with it.
        case extensionHeader(size: Int)
        /// The first of two zero blocks. The second follows.
        case zeroBlock
        /// The end of the archive.
        case end
    }

    let dialect: TarDialect
    private let maximumHeaders: Int
    /// The number of headers so far, extension headers included.
    private(set) var headers = 0
    private var pending = EntryExtension()
    private var extensionType: UInt8?
    private var hasZeroBlock = false

    /// A tokenizer at the start of an archive.
    ///
    /// - Parameter maximumHeaders: the maximum number of headers, extension headers included.
    package init(_ dialect: TarDialect, maximumHeaders: Int = .max) {
        self.dialect = dialect
        self.maximumHeaders = maximumHeaders
    }

    /// Reads the next block where a header is due. It must have 512 bytes.
    package mutating func read(_ block: [UInt8]) throws(ArchiveError) -> Token {
        let block = TarBlock(bytes: block)
        if block.isZero { return try readZeroBlock() }
        guard !hasZeroBlock else {
            throw ArchiveError(.malformed, "the tar has one zero block in its middle; two end it")
        }
        headers += 1
        guard headers <= maximumHeaders else { throw .tooManyEntries(limit: maximumHeaders) }
        let size = try block.check(dialect)
        return try dialect.extensionTypes.contains(block.type)
            ? readExtension(block, size: size) : .entry(entry(block, size: size))
    }

    /// Takes the content of an extension header.
    package mutating func take(_ content: [UInt8]) throws(ArchiveError) {
        switch extensionType {
        case UInt8(ascii: "x"): try pending.take(pax: content, isGlobal: false, dialect)
        case UInt8(ascii: "g"): try pending.take(pax: content, isGlobal: true, dialect)
        case UInt8(ascii: "L"): pending.longName = Array(content.prefix { $0 != 0 })
        case UInt8(ascii: "K"): pending.linkName = Array(content.prefix { $0 != 0 })
        default: break
        }
        extensionType = nil
    }

    /// Checks that the input may end here, where a header is due.
    package func finish() throws(ArchiveError) {
        guard !dialect.requiresEnd else {
            throw ArchiveError(.malformed, "the tar ends without its two zero blocks; the archive is cut short")
        }
        try checkNothingPending()
    }

    private mutating func readZeroBlock() throws(ArchiveError) -> Token {
        try checkNothingPending()
        guard dialect.requiresEnd, !hasZeroBlock else { return .end }
        hasZeroBlock = true
        return .zeroBlock
    }

    private func checkNothingPending() throws(ArchiveError) {
        guard !pending.hasPax, pending.longName == nil else {
            throw ArchiveError(
                .malformed, "the tar ends after a pax header or a long name, before the entry it is about")
        }
    }

    private mutating func readExtension(_ block: TarBlock, size: Int64) throws(ArchiveError) -> Token {
        guard size <= dialect.extensionLimit else {
            throw ArchiveError(
                dialect.extensionLimitCode,
                "a pax header or a long name has \(size) bytes; the limit is \(dialect.extensionLimit)")
        }
        let isSecond = block.type == UInt8(ascii: "x") || (block.type == UInt8(ascii: "g") && !dialect.isLenient)
        guard !pending.hasPax || !isSecond else {
            throw ArchiveError(.malformed, "a pax header is not followed by the entry it is about")
        }
        extensionType = block.type
        return .extensionHeader(size: Int(size))
    }

    private mutating func entry(_ block: TarBlock, size: Int64) throws(ArchiveError) -> TarEntry {
        defer { pending = EntryExtension() }
        guard pending.longName == nil || pending.path == nil else {
            throw ArchiveError(.malformed, "an entry has both a pax path and a GNU long name", entryName: block.name)
        }
        let name = pending.path ?? pending.longName ?? block.name
        var kind = try block.kind(dialect)
        // A directory, as programs wrote it before the type of directories was invented.
        if dialect.isLenient, block.type == 0, name.last == UInt8(ascii: "/") { kind = .directory }
        // Links, devices, directories and fifos have no content, whatever their size says.
        let hasContent = !(UInt8(ascii: "1")...UInt8(ascii: "6")).contains(block.type)
        return TarEntry(
            kind: pending.isSparse ? .other : kind, name: name, linkName: pending.linkName ?? block.linkName,
            size: hasContent ? pending.size ?? size : 0,
            mode: block.number(.mode, isLenient: dialect.isLenient) ?? 0,
            modified: block.number(.modified, isLenient: dialect.isLenient) ?? 0)
    }
}

/// What extension headers say about the next entry.
private struct EntryExtension {
    var path: [UInt8]?
    var longName: [UInt8]?
    var linkName: [UInt8]?
    var size: Int64?
    /// True when the content is a map of a sparse file instead of the content.
    var isSparse = false
    var hasPax = false

    mutating func take(pax content: [UInt8], isGlobal: Bool, _ dialect: TarDialect) throws(ArchiveError) {
        let records = try PaxRecords.split(content, isLenient: dialect.isLenient)
        guard !dialect.pax.isMinimal || records.count == 1 else {
            throw ArchiveError(.malformed, "a pax header has \(records.count) records; it must have one, path")
        }
        if !isGlobal { hasPax = true }
        for record in records { try take(record, isGlobal: isGlobal, dialect.pax) }
    }

    private mutating func take(
        _ record: PaxRecords.Record, isGlobal: Bool, _ rules: TarDialect.PaxRules
    ) throws(ArchiveError) {
        let applies = rules.applied.contains(record.key)
        switch record.key {
        case "path" where applies && !isGlobal && path == nil:
            path = Array(record.value)
            try check(path: record.value, rules)
        case "size" where applies && !isGlobal && size == nil:
            guard let number = Int64(String(decoding: record.value, as: UTF8.self)), number >= 0 else {
                throw ArchiveError(.malformed, "a pax header sets a size that is not a number of bytes")
            }
            size = number
        case "path" where applies, "size" where applies:
            throw ArchiveError(
                .unsupportedEntry, "a pax header sets \(record.key) more than once, or for all entries that follow")
        case "linkpath" where applies:
            if !isGlobal { linkName = Array(record.value) }
        case let key where rules.ignoresOthers && key.hasPrefix("GNU.sparse."):
            guard !isGlobal else {
                throw ArchiveError(.unsupportedEntry, "a global pax header makes all entries that follow sparse")
            }
            isSparse = true
        case let key where rules.ignores(key): break
        case let key:
            throw ArchiveError(
                .unsupportedEntry, "a pax header sets \(quoted(key)), which is not allowed here")
        }
    }

    private func check(path: ArraySlice<UInt8>, _ rules: TarDialect.PaxRules) throws(ArchiveError) {
        if rules.isMinimal, path.count <= TarHeader.nameLength, path.allSatisfy({ $0 < 0x80 }) {
            throw ArchiveError(
                .malformed, "redundant pax path \(quoted(path)): the name fits the ustar header", entryName: path)
        }
        guard !path.isEmpty, !path.contains(0) else {
            throw ArchiveError(
                .invalidPath, "pax path \(quoted(path)) is empty or has a zero byte", entryName: path)
        }
    }
}
