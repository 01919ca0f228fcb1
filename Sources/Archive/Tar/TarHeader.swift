/// The ustar header block of POSIX.1-2001, and the pax header in front of it for a field that does not fit.
///
/// [pax, ustar Interchange Format](https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html)
package enum TarHeader {
    /// The size of a block in bytes. Headers and contents fill whole blocks.
    package static let blockSize = 512
    /// The largest number in eleven octal digits, for sizes and times.
    package static let maximumNumber: Int64 = 0o77777777777

    static let nameLength = 100
    static let prefixLength = 155

    /// The kinds of entry that are written.
    package enum Kind: UInt8, Sendable {
        case file = 0x30
        case directory = 0x35
        case pax = 0x78
    }

    /// The header of an entry: one block, or three and more where the path or the size does not fit one.
    ///
    /// A path fits when it is ASCII (the ustar format does not define other bytes) and has at most 100 bytes, or can be split at
    /// a slash into at most 155 and 100. It is split at the first such slash, as Python's `tarfile` does.
    package static func encode(path: String, kind: Kind, size: Int64, modified: Int64) -> [UInt8] {
        let name = Array(path.utf8) + (kind == .directory ? [UInt8(ascii: "/")] : [])
        var records: [UInt8] = []
        let split = split(name)
        if split == nil { records += paxRecord("path", name) }
        if size > maximumNumber { records += paxRecord("size", Array(String(size).utf8)) }

        var out: [UInt8] = []
        if !records.isEmpty {
            out += block(
                name: Array("PaxHeader".utf8), prefix: [], kind: .pax, size: Int64(records.count), modified: modified)
            out += records
            out += padding(after: Int64(records.count))
        }
        let (prefix, last) = split ?? ([], fallbackName(name))
        out += block(
            name: last, prefix: prefix, kind: kind, size: size > maximumNumber ? 0 : size, modified: modified)
        return out
    }

    /// The zeros that fill the last block of `size` bytes.
    package static func padding(after size: Int64) -> [UInt8] {
        [UInt8](repeating: 0, count: paddingSize(after: size))
    }

    /// The number of bytes that fill the last block of `size` bytes.
    static func paddingSize(after size: Int64) -> Int {
        Int((Int64(blockSize) - size % Int64(blockSize)) % Int64(blockSize))
    }

    static func split(_ name: [UInt8]) -> (prefix: [UInt8], name: [UInt8])? {
        guard name.allSatisfy({ $0 < 0x80 }) else { return nil }
        if name.count <= nameLength { return ([], name) }
        for index in name.indices.dropLast() where name[index] == UInt8(ascii: "/") && index > 0 {
            guard index <= prefixLength else { return nil }
            if name.count - index - 1 <= nameLength { return (Array(name[..<index]), Array(name[(index + 1)...])) }
        }
        return nil
    }

    /// The name for readers that do not know pax headers.
    private static func fallbackName(_ name: [UInt8]) -> [UInt8] {
        var name = name.prefix(nameLength).map { $0 < 0x80 ? $0 : UInt8(ascii: "_") }
        while name.last == UInt8(ascii: "/") { name.removeLast() }
        return name
    }

    private static func paxRecord(_ key: String, _ value: [UInt8]) -> [UInt8] {
        let rest = [UInt8(ascii: " ")] + Array(key.utf8) + [UInt8(ascii: "=")] + value + [UInt8(ascii: "\n")]
        // The length includes its own digits, so adding them may add one more.
        var length = rest.count + String(rest.count).utf8.count
        length = rest.count + String(length).utf8.count
        return Array(String(length).utf8) + rest
    }

    private static func block(name: [UInt8], prefix: [UInt8], kind: Kind, size: Int64, modified: Int64) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: blockSize)
        func put(_ bytes: some Collection<UInt8>, at offset: Int) {
            block.replaceSubrange(offset..<offset + bytes.count, with: bytes)
        }
        func putOctal(_ value: Int64, digits: Int, at offset: Int) {
            let text = String(value, radix: 8)
            put(String(repeating: "0", count: digits - text.utf8.count).utf8, at: offset)
            put(text.utf8, at: offset + digits - text.utf8.count)
        }
        put(name, at: Field.name.offset)
        putOctal(kind == .directory ? 0o755 : 0o644, digits: 7, at: Field.mode.offset)
        putOctal(0, digits: 7, at: Field.user.offset)
        putOctal(0, digits: 7, at: Field.group.offset)
        putOctal(size, digits: 11, at: Field.size.offset)
        putOctal(modified, digits: 11, at: Field.modified.offset)
        put("        ".utf8, at: Field.checksum.offset)
        block[Field.type.offset] = kind.rawValue
        put("ustar\0".utf8, at: Field.magic.offset)
        put("00".utf8, at: Field.version.offset)
        putOctal(0, digits: 7, at: Field.deviceMajor.offset)
        putOctal(0, digits: 7, at: Field.deviceMinor.offset)
        put(prefix, at: Field.prefix.offset)
        putOctal(block.sum(in: block.indices), digits: 6, at: Field.checksum.offset)
        block[Field.checksum.offset + 6] = 0
        return block
    }

    /// The position of a field in the block.
    package struct Field: Sendable {
        package let offset: Int
        package let length: Int
        package var range: Range<Int> { offset..<offset + length }

        package static let name = Field(offset: 0, length: 100)
        package static let mode = Field(offset: 100, length: 8)
        package static let user = Field(offset: 108, length: 8)
        package static let group = Field(offset: 116, length: 8)
        package static let size = Field(offset: 124, length: 12)
        package static let modified = Field(offset: 136, length: 12)
        package static let checksum = Field(offset: 148, length: 8)
        package static let type = Field(offset: 156, length: 1)
        package static let linkName = Field(offset: 157, length: 100)
        package static let magic = Field(offset: 257, length: 6)
        package static let version = Field(offset: 263, length: 2)
        package static let userName = Field(offset: 265, length: 32)
        package static let groupName = Field(offset: 297, length: 32)
        package static let deviceMajor = Field(offset: 329, length: 8)
        package static let deviceMinor = Field(offset: 337, length: 8)
        package static let prefix = Field(offset: 345, length: 155)
        package static let rest = Field(offset: 500, length: 12)
    }
}
