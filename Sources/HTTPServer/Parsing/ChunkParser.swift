internal import Support

/// Parses a chunked body incrementally.
///
/// [RFC 9112, section 7.1](https://www.rfc-editor.org/rfc/rfc9112#section-7.1)
struct ChunkParser {
    private enum State {
        case size, extension_, sizeEnd, data, dataReturn, dataEnd, trailer, name, value, fieldEnd, end
    }

    /// The maximum number of digits of a chunk's size: 4 GiB, far beyond any limit of a body.
    private static let maximumDigits = 8
    /// The maximum number of bytes of extensions and trailers, which are discarded.
    private static let maximumExtra = 4 << 10
    private static let carriageReturn: UInt8 = 0x0D
    private static let lineFeed: UInt8 = 0x0A

    private var state = State.size
    private var left = 0
    private var digits = 0
    private var extra = 0
    private var name: [UInt8] = []

    /// Consumes bytes until the body is complete.
    ///
    /// - Parameters:
    ///   - body: the content of the chunks is appended to it.
    ///   - limit: the maximum number of bytes that it may have.
    /// - Returns: the number of consumed bytes, and true when the body is complete.
    /// - Throws: the refusal of chunks that are malformed, or larger than the limit together.
    mutating func feed(
        _ input: Span<UInt8>, into body: inout [UInt8], limit: Int
    ) throws(ParserRefusal) -> (used: Int, isComplete: Bool) {
        var index = 0
        while index < input.count {
            if state == .data {
                let count = min(left, input.count - index)
                StepCount.add(count)
                body.append(input.extracting(index..<index + count))
                index += count
                left -= count
                if left == 0 { state = .dataReturn }
                continue
            }
            StepCount.add()
            let byte = input[index]
            index += 1
            switch state {
            case .size: try size(byte)
            case .extension_: try extend(byte)
            case .sizeEnd:
                try expect(byte == Self.lineFeed)
                state = left == 0 ? .trailer : .data
                guard left <= limit - body.count else { throw .bodyTooLarge(limit) }
            case .data: break
            case .dataReturn:
                try expect(byte == Self.carriageReturn)
                state = .dataEnd
            case .dataEnd:
                try expect(byte == Self.lineFeed)
                state = .size
                digits = 0
            case .trailer, .name, .value: try trailer(byte)
            case .fieldEnd:
                try expect(byte == Self.lineFeed)
                state = .trailer
            case .end:
                try expect(byte == Self.lineFeed)
                return (index, true)
            }
        }
        return (index, false)
    }

    private func expect(_ isTrue: Bool) throws(ParserRefusal) {
        guard isTrue else { throw .malformedChunk }
    }

    private mutating func size(_ byte: UInt8) throws(ParserRefusal) {
        if Self.isClass(byte, ByteClass.hexadecimal) {
            digits += 1
            try expect(digits <= Self.maximumDigits)
            left = left << 4 | Int(byte <= 0x39 ? byte & 0x0F : (byte & 0x0F) + 9)
        } else {
            try expect(digits > 0 && (byte == Self.carriageReturn || byte == 0x3B))
            state = byte == 0x3B ? .extension_ : .sizeEnd
        }
    }

    /// Discards chunk extensions.
    private mutating func extend(_ byte: UInt8) throws(ParserRefusal) {
        if byte == Self.carriageReturn { return state = .sizeEnd }
        try countExtra(byte, ByteClass.value)
    }

    /// Parses trailer fields only to reject those that another parser might treat as part of the head.
    private mutating func trailer(_ byte: UInt8) throws(ParserRefusal) {
        switch state {
        case .trailer where byte == Self.carriageReturn: state = .end
        case .trailer:
            name.removeAll(keepingCapacity: true)
            state = .name
            fallthrough
        case .name:
            if byte == 0x3A {
                try expect(!name.isEmpty && !Self.isForbidden(name))
                state = .value
            } else {
                try countExtra(byte, ByteClass.token)
                name.append(byte)
            }
        default:
            if byte == Self.carriageReturn { state = .fieldEnd } else { try countExtra(byte, ByteClass.value) }
        }
    }

    private mutating func countExtra(_ byte: UInt8, _ kind: UInt8) throws(ParserRefusal) {
        extra += 1
        try expect(extra <= Self.maximumExtra && Self.isClass(byte, kind))
    }

    /// True for fields of framing, of routing and of trust, which must be known before the body is read.
    /// [RFC 9110, section 6.5.1](https://www.rfc-editor.org/rfc/rfc9110#section-6.5.1)
    private static func isForbidden(_ name: [UInt8]) -> Bool {
        let all = 0..<name.count
        let bytes = name.span
        return bytes.isName(all, "content-length") || bytes.isName(all, "transfer-encoding")
            || bytes.isName(all, "host") || bytes.isName(all, "connection") || bytes.isName(all, "trailer")
            || bytes.isName(all, "expect") || bytes.isName(all, "authorization")
    }

    private static func isClass(_ byte: UInt8, _ kind: UInt8) -> Bool { ByteClass.table[Int(byte)] & kind != 0 }
}
