/// Collects the body of a request, up to a limit.
struct BodyReader {
    private enum Source {
        case length(left: Int)
        case chunks(ChunkParser)
    }

    private let limit: Int
    private var source: Source
    /// The bytes so far.
    private(set) var bytes: [UInt8] = []
    /// True when the body is complete.
    private(set) var isComplete: Bool

    /// Begins a body.
    init(_ framing: RequestHead.Framing, limit: Int) {
        self.limit = limit
        switch framing {
        case .none: (source, isComplete) = (.length(left: 0), true)
        case .length(let count): (source, isComplete) = (.length(left: count), count == 0)
        case .chunked: (source, isComplete) = (.chunks(ChunkParser()), false)
        }
    }

    /// Consumes bytes until the body is complete, and returns their number.
    mutating func feed(_ input: Span<UInt8>) throws(ParserRefusal) -> Int {
        switch source {
        case .length(let left):
            let count = min(left, input.count)
            guard count <= limit - bytes.count else { throw .bodyTooLarge(limit) }
            bytes.append(input.extracting(0..<count))
            source = .length(left: left - count)
            isComplete = left == count
            return count
        case .chunks(var parser):
            let used: Int
            (used, isComplete) = try parser.feed(input, into: &bytes, limit: limit)
            source = .chunks(parser)
            return used
        }
    }
}
