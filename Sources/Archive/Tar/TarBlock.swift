/// A header block of 512 bytes, read field by field. All readers of tar use it.
struct TarBlock {
    /// The header formats, told apart by magic and version.
    enum Format {
        /// ustar, of POSIX.1-1988 and later.
        case posix
        /// GNU tar's own, which it writes by default. It has other fields in the place of the prefix.
        case gnu
        /// Anything else, such as the format of Unix version 7, which has no magic.
        case other
    }

    let bytes: [UInt8]

    var type: UInt8 { bytes[TarHeader.Field.type.offset] }

    var isZero: Bool { bytes.isZero(in: bytes.indices) }

    var format: Format {
        if text(.magic, is: "ustar\0"), text(.version, is: "00") { return .posix }
        if text(.magic, is: "ustar "), text(.version, is: " \0") { return .gnu }
        return .other
    }

    /// True when the checksum is the sum of all bytes, those of the checksum itself counted as spaces.
    func hasValidChecksum(isLenient: Bool) -> Bool {
        let checksum = TarHeader.Field.checksum.range
        let sum = bytes.sum(in: bytes.indices) - bytes.sum(in: checksum) + Int64(checksum.count) * 0x20
        return number(.checksum, isLenient: isLenient) == sum
    }

    /// The number in a field; nil when the field does not hold one.
    ///
    /// Strictly, it is octal digits and then zeros or spaces to the end of the field. A lenient reader also takes spaces in
    /// front, a field without an end, an empty field as 0, and GNU's base 256 for numbers that are not negative.
    func number(_ field: TarHeader.Field, isLenient: Bool) -> Int64? {
        let range = field.range
        if isLenient, bytes[range.lowerBound] == 0x80 { return Self.base256(bytes[range].dropFirst()) }
        return bytes.withBytes(in: range) { bytes in
            var index = 0
            while isLenient, index < range.count, bytes[index] == 0x20 { index += 1 }
            let start = index
            var number: Int64 = 0
            // At most 12 digits, which are 36 bits.
            while index < range.count, bytes[index] & 0xF8 == 0x30 {
                number = number << 3 | Int64(bytes[index] & 7)
                index += 1
            }
            // A field of digits alone has no end, and programs disagree about how to read it.
            guard isLenient || (index > start && index < range.count) else { return nil }
            while index < range.count, bytes[index] == 0 || bytes[index] == 0x20 { index += 1 }
            return index == range.count ? number : nil
        }
    }

    /// The name, joined with its prefix where the format has one; each ends at its first zero byte.
    var name: [UInt8] {
        let name = text(.name)
        guard text(.magic, is: "ustar\0") else { return name }
        let prefix = text(.prefix)
        return prefix.isEmpty ? name : prefix + [UInt8(ascii: "/")] + name
    }

    var linkName: [UInt8] { text(.linkName) }

    /// True when only zeros follow the first zero byte of the field. Programs disagree about other bytes there.
    func isTerminated(_ field: TarHeader.Field) -> Bool { bytes.isZero(in: end(of: field)..<field.range.upperBound) }

    func isZero(_ field: TarHeader.Field) -> Bool { bytes.isZero(in: field.range) }

    private func text(_ field: TarHeader.Field, is text: StaticString) -> Bool {
        text.withUTF8Buffer { bytes[field.range].elementsEqual($0) }
    }

    private func text(_ field: TarHeader.Field) -> [UInt8] { Array(bytes[field.range.lowerBound..<end(of: field)]) }

    /// The index of the first zero byte of the field, or of what follows the field.
    private func end(of field: TarHeader.Field) -> Int {
        bytes.withBytes(in: field.range) { bytes in
            var count = 0
            while count < field.length, bytes[count] != 0 { count += 1 }
            return field.offset + count
        }
    }

    /// The big-endian number; nil when it does not fit 63 bits.
    private static func base256(_ bytes: ArraySlice<UInt8>) -> Int64? {
        var value: Int64 = 0
        for byte in bytes {
            guard value >> 55 == 0 else { return nil }
            value = value << 8 | Int64(byte)
        }
        return value
    }
}
