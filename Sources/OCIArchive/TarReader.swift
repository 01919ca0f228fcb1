internal import Archive
internal import OCI
internal import Support

/// Walks over the headers of a tar that somebody else wrote, without reading what lies between them.
struct TarReader {
    /// An entry and where its content is.
    struct Entry {
        let name: String
        let isFile: Bool
        let extent: TarIndex.Extent
    }

    /// The most bytes of a pax header or a GNU long name: they hold a path and a few times here.
    private static let maximumExtension: Int64 = 64 << 10

    private let file: OpenArchive
    private var offset: Int64 = 0

    init(_ file: OpenArchive) { self.file = file }

    /// The next entry; nil at the end.
    mutating func next() throws(OCIError) -> Entry? {
        var longName: String?
        var pax = PaxRecords()
        while let header = try readHeader() {
            switch header.type {
            case UInt8(ascii: "x"):
                guard pax.isEmpty else { throw damaged("two pax headers for one entry") }
                guard let records = PaxRecords(try content(header)) else { throw damaged("a malformed pax header") }
                pax = records
                offset = header.next(header.size)
            case UInt8(ascii: "g"):
                guard let global = PaxRecords(try content(header)), global.path == nil, global.size == nil,
                    !global.isSparse
                else {
                    throw damaged("a global pax header that renames or resizes what follows")
                }
                offset = header.next(header.size)
            case UInt8(ascii: "L"):
                longName = String(decoding: try content(header).prefix { $0 != 0 }, as: UTF8.self)
                offset = header.next(header.size)
            case UInt8(ascii: "K"):
                _ = try content(header)
                offset = header.next(header.size)
            default:
                guard longName == nil || pax.path == nil else { throw damaged("an entry with two long names") }
                return try entry(header, name: pax.path ?? longName ?? header.name, pax: pax)
            }
        }
        guard pax.isEmpty, longName == nil else { throw damaged("a pax header without its entry") }
        return nil
    }

    private mutating func entry(_ header: Header, name: String, pax: PaxRecords) throws(OCIError) -> Entry {
        let size = header.hasContent ? pax.size ?? header.size : 0
        // Written so that no sum can overflow: 2^62 is a size that is simply not there.
        guard size <= file.identity.size - header.content else {
            throw OCIError(
                .contentMismatch,
                "\(quoted(name)) in \(file.path) is said to have \(size) bytes, which pass the end of the file; "
                    + "the archive was cut short")
        }
        offset = header.next(size)
        return Entry(
            name: name, isFile: header.isFile && !pax.isSparse,
            extent: TarIndex.Extent(offset: header.content, size: size))
    }

    private func readHeader() throws(OCIError) -> Header? {
        let block = try file.read(at: offset, count: TarHeader.blockSize)
        // Two zero blocks end a tar; programs disagree about one and none, and nothing hangs on it here.
        if block.isEmpty { return nil }
        guard block.count == TarHeader.blockSize else {
            throw OCIError(.contentMismatch, "\(file.path) ends in the middle of a header; it was cut short")
        }
        if block.allSatisfy({ $0 == 0 }) { return nil }
        guard let header = Header(block, at: offset) else {
            throw damaged("a header that is none at byte \(offset)")
        }
        return header
    }

    private func content(_ header: Header) throws(OCIError) -> [UInt8] {
        guard header.size <= Self.maximumExtension else {
            throw damaged("a pax header or long name of \(header.size) bytes")
        }
        let bytes = try file.read(at: header.content, count: Int(header.size))
        guard Int64(bytes.count) == header.size else {
            throw OCIError(.contentMismatch, "\(file.path) ends in the middle of a pax header; it was cut short")
        }
        return bytes
    }

    private func damaged(_ what: String) -> OCIError {
        OCIError(.invalidManifest, "\(file.path) is not a sound tar: it has \(what)")
    }
}

/// A header block of any of the tar formats that are in use.
private struct Header {
    let name: String
    let type: UInt8
    let size: Int64
    /// Where the content starts.
    let content: Int64

    init?(_ block: [UInt8], at offset: Int64) {
        typealias Field = TarHeader.Field
        guard let sum = Self.number(block, .checksum), let size = Self.number(block, .size) else { return nil }
        var total = 8 * Int64(0x20)
        for index in block.indices where !Field.checksum.range.contains(index) { total += Int64(block[index]) }
        guard sum == total else { return nil }
        let name = Self.text(block, .name)
        // In GNU's own format the prefix is other things.
        let isPOSIX = block[Field.magic.range].elementsEqual("ustar\0".utf8)
        let prefix = isPOSIX ? Self.text(block, .prefix) : ""
        self.name = prefix.isEmpty ? name : "\(prefix)/\(name)"
        self.size = size
        type = block[Field.type.offset]
        content = offset + Int64(TarHeader.blockSize)
    }

    /// A plain file: also of the type before POSIX, and "contiguous", which everyone takes for plain.
    var isFile: Bool {
        type == UInt8(ascii: "0") || type == UInt8(ascii: "7") || (type == 0 && !name.hasSuffix("/"))
    }

    /// Links, devices, directories and fifos have none, whatever their size says.
    var hasContent: Bool { !(UInt8(ascii: "1")...UInt8(ascii: "6")).contains(type) }

    /// Where the next header is. The size has been held against the size of the file.
    func next(_ size: Int64) -> Int64 {
        content + (size + Int64(TarHeader.blockSize) - 1) / Int64(TarHeader.blockSize) * Int64(TarHeader.blockSize)
    }

    private static func text(_ block: [UInt8], _ field: TarHeader.Field) -> String {
        String(decoding: block[field.range].prefix { $0 != 0 }, as: UTF8.self)
    }

    /// Octal digits between spaces and zeros, or base-256; nil for what is neither, and for negative numbers.
    private static func number(_ block: [UInt8], _ field: TarHeader.Field) -> Int64? {
        var bytes = block[field.range]
        if bytes.first == 0x80 {
            return bytes.dropFirst().reduce(Int64?.some(0)) { value, byte in
                value.flatMap { $0 >> 55 == 0 ? $0 << 8 | Int64(byte) : nil }
            }
        }
        bytes = bytes.drop { $0 == 0x20 }
        let digits = bytes.prefix { (UInt8(ascii: "0")...UInt8(ascii: "7")).contains($0) }
        guard bytes[digits.endIndex...].allSatisfy({ $0 == 0 || $0 == 0x20 }) else { return nil }
        return digits.reduce(0) { $0 << 3 | Int64($1 & 7) }
    }
}
