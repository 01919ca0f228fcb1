/// The fields of a header block, read without guessing.
struct HeaderFields {
    let block: UnsafeRawBufferPointer

    /// Digits, then zeros or spaces to the end of the field. No sign, no base-256, no leading space.
    func octal(_ field: TarHeader.Field) -> Int64? {
        var value: Int64 = 0
        var digits = 0
        var index = field.offset
        let end = field.offset + field.length
        while index < end, (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(block[index]) {
            value = value << 3 | Int64(block[index] & 7)
            digits += 1
            index += 1
        }
        // A field that is all digits has no end, and tools disagree about those.
        guard digits > 0, index < end else { return nil }
        while index < end {
            guard block[index] == 0 || block[index] == 0x20 else { return nil }
            index += 1
        }
        return value
    }

    /// The sum of all bytes, the checksum field counted as spaces.
    func sum() -> Int64 {
        var sum = 8 * Int64(0x20)
        for index in 0..<TarHeader.Field.checksum.offset { sum += Int64(block[index]) }
        for index in TarHeader.Field.type.offset..<TarHeader.blockSize { sum += Int64(block[index]) }
        return sum
    }

    func text(_ field: TarHeader.Field, is text: StaticString) -> Bool {
        text.withUTF8Buffer { block[field.range].elementsEqual($0) }
    }

    func isZero(_ field: TarHeader.Field) -> Bool { block[field.range].allSatisfy { $0 == 0 } }

    /// The name behind its prefix; `hasPrefix` is false for headers that hold something else in that place.
    func path(hasPrefix: Bool = true) throws(ArchiveError) -> [UInt8] {
        let prefix = hasPrefix ? try string(.prefix) : []
        let name = try string(.name)
        return prefix.isEmpty ? name : prefix + [UInt8(ascii: "/")] + name
    }

    /// The bytes before the first zero; nothing may stand behind it, for there tools disagree.
    private func string(_ field: TarHeader.Field) throws(ArchiveError) -> [UInt8] {
        let bytes = block[field.range]
        let text = bytes.prefix { $0 != 0 }
        guard bytes[text.endIndex...].allSatisfy({ $0 == 0 }) else {
            throw ArchiveError(
                .invalidPath, "entry \(quotedName(text)) has a zero byte in its name",
                entry: String(decoding: text, as: UTF8.self))
        }
        return Array(text)
    }
}
