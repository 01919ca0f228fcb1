internal import Support

/// Finds the parts of a head, byte by byte. Input that another parser might read differently is rejected at its first
/// byte, so the result does not depend on how the bytes were split.
///
/// [RFC 9112, sections 2 to 6](https://www.rfc-editor.org/rfc/rfc9112#section-2)
struct HeadScanner {
    /// The size limits of a head.
    struct Limits: Sendable {
        /// The maximum number of bytes of the request line, and of one field.
        var fieldSize: Int
        /// The maximum number of bytes of all fields together, their line breaks included.
        var size: Int
        /// The maximum number of fields.
        var count: Int
    }

    private enum State {
        case start, emptyLine, method, target, version, requestLineEnd
        case field, name, space, value, fieldEnd, end
    }

    /// The longest method: the registered ones have up to 17 letters.
    private static let maximumMethod = 32
    private static let carriageReturn: UInt8 = 0x0D
    private static let lineFeed: UInt8 = 0x0A

    private let limits: Limits
    private var state = State.start
    /// The number of scanned bytes.
    private(set) var position = 0
    private var lineStart = 0
    private var partStart = 0
    private var fieldsStart = 0
    private var name = 0..<0
    private var facts = HeadFacts()
    /// The head so far, without its bytes.
    private(set) var head = RequestHead()

    init(limits: Limits) { self.limits = limits }

    /// Scans the bytes that were appended since the last call; true when the head is complete and `position` is its end.
    mutating func scan(_ bytes: Span<UInt8>) throws(ParserRefusal) -> Bool {
        while position < bytes.count {
            StepCount.add()
            let byte = bytes[position]
            switch state {
            case .start:
                if byte == Self.carriageReturn, position == 0 {
                    // One empty line before a request is allowed (RFC 9112, section 2.2).
                    advance(to: .emptyLine)
                } else {
                    (lineStart, partStart) = (position, position)
                    state = .method
                }
            case .emptyLine: try expectLineFeed(byte, then: .start, or: .notHTTP)
            case .method:
                skip(ByteClass.token, in: bytes, upTo: lineStart + Self.maximumMethod)
                guard position < bytes.count else { return false }
                guard bytes[position] == 0x20, position > partStart else { throw .notHTTP }
                head.method = part
                advance(to: .target)
            case .target:
                skip(ByteClass.target, in: bytes, upTo: lineStart + limits.fieldSize)
                guard position < bytes.count else { return false }
                guard bytes[position] == 0x20, position > partStart else {
                    throw position < lineStart + limits.fieldSize ? .notHTTP : lineTooLarge
                }
                head.target = part
                advance(to: .version)
            case .version:
                guard try version(bytes) else { return false }
            case .requestLineEnd:
                try expectLineFeed(byte, then: .field, or: .notHTTP)
                fieldsStart = position
            case .field:
                if byte == Self.carriageReturn {
                    advance(to: .end)
                } else {
                    guard head.fields.count < limits.count else { throw tooManyFields }
                    (lineStart, partStart) = (position, position)
                    state = .name
                }
            case .name:
                try skipField(ByteClass.token, in: bytes)
                guard position < bytes.count else { return false }
                guard bytes[position] == 0x3A, position > partStart else { throw .malformedField }
                try checkField()
                name = partStart..<position
                advance(to: .space)
            case .space:
                if byte == 0x20 || byte == 0x09 {
                    try checkField()
                    position += 1
                } else {
                    partStart = position
                    state = .value
                }
            case .value:
                try skipField(ByteClass.value, in: bytes)
                guard position < bytes.count else { return false }
                guard bytes[position] == Self.carriageReturn else { throw .malformedField }
                try checkTotal()
                try endField(bytes)
                state = .fieldEnd
                position += 1
            case .fieldEnd:
                try checkTotal()
                try expectLineFeed(byte, then: .field, or: .malformedField)
            case .end:
                try expectLineFeed(byte, then: .end, or: .malformedField)
                try facts.check(head)
                return true
            }
        }
        return false
    }

    private var part: RequestHead.Part { RequestHead.Part(partStart..<position) }

    private mutating func advance(to state: State) {
        position += 1
        partStart = position
        self.state = state
    }

    private mutating func expectLineFeed(
        _ byte: UInt8, then state: State, or refusal: ParserRefusal
    ) throws(ParserRefusal) {
        guard byte == Self.lineFeed else { throw refusal }
        advance(to: state)
    }

    /// Skips bytes of a class, at most up to `end`.
    private mutating func skip(_ kind: UInt8, in bytes: Span<UInt8>, upTo end: Int) {
        let table = ByteClass.table
        let classes = table.span
        let end = min(bytes.count, end)
        var index = position
        while index < end, classes[Int(bytes[index])] & kind != 0 { index += 1 }
        StepCount.add(index - position)
        position = index
    }

    /// Skips bytes of a class that are part of a field.
    private mutating func skipField(_ kind: UInt8, in bytes: Span<UInt8>) throws(ParserRefusal) {
        skip(kind, in: bytes, upTo: min(lineStart + limits.fieldSize, fieldsStart + limits.size))
        guard position < bytes.count, ByteClass.table[Int(bytes[position])] & kind != 0 else { return }
        try checkField()
    }

    /// Checks that one more byte fits into the limits of the field.
    private func checkField() throws(ParserRefusal) {
        guard position < lineStart + limits.fieldSize else { throw lineTooLarge }
        try checkTotal()
    }

    private func checkTotal() throws(ParserRefusal) {
        guard position < fieldsStart + limits.size else {
            throw ParserRefusal(
                431, "the head of the request is larger than the limit of \(limits.size) bytes")
        }
    }

    private var lineTooLarge: ParserRefusal {
        ParserRefusal(
            431, "a line of the request's head is larger than the limit of \(limits.fieldSize) bytes")
    }

    private var tooManyFields: ParserRefusal {
        ParserRefusal(431, "the request has more header fields than the limit of \(limits.count)")
    }

    /// Reads `HTTP/1.1`; false when it is incomplete.
    private mutating func version(_ bytes: Span<UInt8>) throws(ParserRefusal) -> Bool {
        let text: StaticString = "http/"
        while position < bytes.count {
            StepCount.add()
            let byte = bytes[position]
            switch position - partStart {
            case 0...4: break
            case 5, 7: guard (0x30...0x39).contains(byte) else { throw .notHTTP }
            case 6: guard byte == 0x2E else { throw .notHTTP }
            default:
                guard byte == Self.carriageReturn else { throw .notHTTP }
                try endRequestLine(bytes)
                advance(to: .requestLineEnd)
                return true
            }
            position += 1
            if position - partStart == 5 {
                // In capitals only.
                guard bytes.isName(partStart..<position, text), bytes[partStart] == 0x48, bytes[partStart + 1] == 0x54,
                    bytes[partStart + 2] == 0x54, bytes[partStart + 3] == 0x50
                else { throw .notHTTP }
            }
        }
        return false
    }

    private mutating func endRequestLine(_ bytes: Span<UInt8>) throws(ParserRefusal) {
        guard bytes[partStart + 5] == 0x31, bytes[partStart + 7] <= 0x31 else {
            throw ParserRefusal(505, "the server requires HTTP/1.1")
        }
        head.isHTTP10 = bytes[partStart + 7] == 0x30
        head.closes = head.isHTTP10
        guard let target = HeadFacts.target(bytes, head.target.range) else {
            throw ParserRefusal(400, "the target of the request is not a path")
        }
        head.target = RequestHead.Part(target)
    }

    private mutating func endField(_ bytes: Span<UInt8>) throws(ParserRefusal) {
        var end = position
        while end > partStart, bytes[end - 1] == 0x20 || bytes[end - 1] == 0x09 { end -= 1 }
        if head.fields.isEmpty { head.fields.reserveCapacity(16) }
        head.fields.append(RequestHead.Field(name: RequestHead.Part(name), value: RequestHead.Part(partStart..<end)))
        try facts.apply(bytes, name: name, value: partStart..<end, into: &head)
    }
}
