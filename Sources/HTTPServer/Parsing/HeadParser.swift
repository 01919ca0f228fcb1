/// Reads the head of a request out of bytes as they come.
struct HeadParser {
    /// How much is looked at in one go: what comes behind the head is copied no further than that.
    private static let step = 2 << 10

    private var bytes: [UInt8] = []
    private var scanner: HeadScanner

    init(limits: HeadScanner.Limits) { scanner = HeadScanner(limits: limits) }

    /// Takes bytes until the head is complete.
    ///
    /// - Returns: how many were taken, and the head once it is complete; then the parser is used up.
    /// - Throws: the refusal of a head that is malformed, ambiguous or too large.
    mutating func feed(_ input: Span<UInt8>) throws(ParserRefusal) -> (used: Int, head: RequestHead?) {
        // Out of `self`, which the scanner is changed in meanwhile.
        var bytes = self.bytes
        self.bytes = []
        defer { self.bytes = bytes }
        var used = 0
        while used < input.count {
            let before = bytes.count
            let end = min(input.count, used + Self.step)
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
    /// Adds bytes at the end.
    mutating func append(_ bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }
}
