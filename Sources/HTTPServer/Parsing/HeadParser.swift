internal import Support

/// Parses the head of a request incrementally.
struct HeadParser {
    /// The maximum number of bytes that are copied at a time, so that few bytes after the head are copied.
    private static let step = 2 << 10

    private var bytes: [UInt8] = []
    private var scanner: HeadScanner

    init(limits: HeadScanner.Limits) { scanner = HeadScanner(limits: limits) }

    /// Consumes bytes until the head is complete.
    ///
    /// - Returns: the number of consumed bytes, and the head once it is complete; then the parser must not be used again.
    /// - Throws: the refusal of a head that is malformed, ambiguous or too large.
    mutating func feed(_ input: Span<UInt8>) throws(ParserRefusal) -> (used: Int, head: RequestHead?) {
        // Moved out of `self`, because the scanner is mutated meanwhile.
        var bytes = self.bytes
        self.bytes = []
        defer { self.bytes = bytes }
        var used = 0
        while used < input.count {
            let before = bytes.count
            let end = min(input.count, used + Self.step)
            StepCount.add(end - used)
            bytes.append(input.extracting(used..<end))
            if try scanner.scan(bytes.span) {
                bytes.removeLast(bytes.count - scanner.position)
                var head = scanner.head
                head.bytes = bytes
                return (used + scanner.position - before, head)
            }
            used = end
        }
        return (used, nil)
    }
}

extension [UInt8] {
    /// Appends bytes.
    mutating func append(_ bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }
}
