internal import Support

/// Reads the parts of DER that keys and signatures use: definite lengths in their shortest form.
struct DERReader {
    /// The tags that occur in keys and signatures.
    enum Tag {
        static let integer: UInt8 = 0x02
        static let bitString: UInt8 = 0x03
        static let octetString: UInt8 = 0x04
        static let objectIdentifier: UInt8 = 0x06
        static let sequence: UInt8 = 0x30
        static let parameters: UInt8 = 0xA0
        static let publicKey: UInt8 = 0xA1
    }

    private var rest: ArraySlice<UInt8>

    /// A reader of these bytes.
    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }
    /// A reader of these bytes.
    init(_ bytes: [UInt8]) { rest = bytes[...] }

    /// True at the end of the bytes.
    var isAtEnd: Bool { rest.isEmpty }

    /// The content of the next value when it has this tag; nil when it has another, or is not DER.
    mutating func read(_ tag: UInt8) -> ArraySlice<UInt8>? {
        StepCount.add()
        guard rest.first == tag, let (length, header) = length() else { return nil }
        let start = rest.startIndex + header
        guard length <= rest.endIndex - start else { return nil }
        let content = rest[start..<start + length]
        rest = rest[(start + length)...]
        return content
    }

    /// A positive integer, without the zero that its sign may need.
    mutating func readPositiveInteger() -> ArraySlice<UInt8>? {
        guard let content = read(Tag.integer), let first = content.first, first < 0x80 else { return nil }
        guard first == 0 else { return content }
        // Zero itself is not positive, and a zero before anything but a high bit is padding.
        guard content.count > 1, content[content.startIndex + 1] >= 0x80 else { return nil }
        return content.dropFirst()
    }

    /// The length of the next value, and how many bytes its tag and length take.
    private func length() -> (length: Int, header: Int)? {
        guard rest.count >= 2 else { return nil }
        let first = rest[rest.startIndex + 1]
        if first < 0x80 { return (Int(first), 2) }
        let count = Int(first & 0x7F)
        // Two bytes of length are 64 KiB, more than any key.
        guard (1...2).contains(count), rest.count >= 2 + count else { return nil }
        let bytes = rest[(rest.startIndex + 2)..<(rest.startIndex + 2 + count)]
        let length = bytes.reduce(0) { $0 << 8 | Int($1) }
        guard bytes.first != 0, length >= 0x80 else { return nil }
        return (length, 2 + count)
    }
}
