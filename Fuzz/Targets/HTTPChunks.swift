@testable import HTTPServer

extension FuzzTarget {
    /// A chunked body: the result does not depend on how the bytes are split, is within the limit, and equals that of a simple
    /// reader.
    static let httpChunks = FuzzTarget(name: "http-chunks") { bytes throws(Finding) in
        let whole = ChunkAnswer([bytes])
        let drops = ChunkAnswer(bytes.map { [$0] })
        try Finding.unless(drops == whole, "byte by byte: \(drops), at once: \(whole)")
        let pieces = ChunkAnswer(bytes.pieces)
        try Finding.unless(pieces == whole, "in pieces: \(pieces), at once: \(whole)")
        guard case .complete(let used, let body) = whole else { return }
        try Finding.unless(body.count <= ChunkAnswer.limit, "a body of \(body.count) bytes")
        try Finding.unless(plainChunks(bytes.prefix(used)) == body, "another body than the chunks hold")
    }

    /// The chunks of a complete body, read in the simplest way.
    private static func plainChunks(_ bytes: ArraySlice<UInt8>) -> [UInt8]? {
        var body: [UInt8] = []
        var rest = bytes
        while true {
            guard let end = rest.firstIndex(of: 0x0A) else { return nil }
            let digits = rest[..<end].prefix { $0 != 0x3B && $0 != 0x0D }
            guard let size = Int(String(decoding: digits, as: UTF8.self), radix: 16) else { return nil }
            rest = rest[(end + 1)...]
            if size == 0 { return body }
            guard rest.count >= size + 2, rest.dropFirst(size).prefix(2).elementsEqual([0x0D, 0x0A]) else { return nil }
            body += rest.prefix(size)
            rest = rest.dropFirst(size + 2)
        }
    }
}

/// The parser's result for chunks.
private enum ChunkAnswer: Equatable {
    static let limit = 100

    case more([UInt8])
    case complete(used: Int, body: [UInt8])
    case refused(ParserRefusal)

    init(_ pieces: [[UInt8]]) {
        var parser = ChunkParser()
        var body: [UInt8] = []
        var total = 0
        do throws(ParserRefusal) {
            for piece in pieces {
                let (used, isComplete) = try parser.feed(piece.span, into: &body, limit: Self.limit)
                total += used
                if isComplete {
                    self = .complete(used: total, body: body)
                    return
                }
            }
            self = .more(body)
        } catch {
            self = .refused(error)
        }
    }
}
