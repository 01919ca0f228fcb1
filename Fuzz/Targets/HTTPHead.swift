@testable import HTTPServer

extension FuzzTarget {
    /// The head of a request: the result does not depend on how the bytes are split, and every other reader would read the
    /// same.
    static let httpHead = FuzzTarget(name: "http-head") { bytes throws(Finding) in
        let whole = HeadAnswer([bytes])
        let drops = HeadAnswer(bytes.map { [$0] })
        try Finding.unless(drops == whole, "byte by byte: \(drops), at once: \(whole)")
        let pieces = HeadAnswer(bytes.pieces)
        try Finding.unless(pieces == whole, "in pieces: \(pieces), at once: \(whole)")
        guard case .taken(let used, let head, let framing) = whole else { return }
        try Finding.unless(used <= bytes.count && bytes.prefix(used).elementsEqual(head), "other bytes than were sent")
        try checkTaken(head, framing)
    }

    private static func checkTaken(_ head: [UInt8], _ framing: RequestHead.Framing) throws(Finding) {
        try Finding.unless(head.suffix(4).elementsEqual([0x0D, 0x0A, 0x0D, 0x0A]), "no empty line at the end")
        try Finding.unless(!head.contains(0), "a NUL")
        for (index, byte) in head.enumerated() where byte == 0x0A || byte == 0x0D {
            let isPaired = byte == 0x0A ? index > 0 && head[index - 1] == 0x0D : head[index + 1] == 0x0A
            try Finding.unless(isPaired, "a bare line break at \(index)")
        }
        var names: [String] = []
        // Lines end with CR and LF, and there are no other ones. The first may be empty.
        for line in head.split(separator: 0x0A).map({ $0.dropLast() }).filter({ !$0.isEmpty }).dropFirst() {
            try Finding.unless(line.first != 0x20 && line.first != 0x09, "a folded field")
            let name = line.prefix { $0 != 0x3A }
            try Finding.unless(name.count < line.count && name.last != 0x20 && name.last != 0x09, "a name without end")
            names.append(String(decoding: name, as: UTF8.self).lowercased())
        }
        let lengths = names.count { $0 == "content-length" }
        let encodings = names.count { $0 == "transfer-encoding" }
        try Finding.unless(names.count { $0 == "host" } <= 1, "two hosts")
        try Finding.unless(lengths + encodings <= 1, "two lengths")
        switch framing {
        case .none: try Finding.unless(lengths + encodings == 0, "a body that is overlooked")
        case .length(let length): try Finding.unless(lengths == 1 && length >= 0, "a length from nowhere")
        case .chunked: try Finding.unless(encodings == 1, "chunks from nowhere")
        }
    }
}

/// The parser's result for a head.
private enum HeadAnswer: Equatable {
    case more
    case taken(used: Int, head: [UInt8], RequestHead.Framing)
    case refused(ParserRefusal)

    init(_ pieces: [[UInt8]]) {
        // Small, so that few bytes reach the limits.
        var parser = HeadParser(limits: HeadScanner.Limits(fieldSize: 200, size: 400, count: 8))
        var total = 0
        do throws(ParserRefusal) {
            for piece in pieces {
                let (used, head) = try parser.feed(piece.span)
                total += used
                guard let head else { continue }
                // Every part is inside the head.
                for part in head.fields.flatMap({ [$0.name, $0.value] }) + [head.method, head.target] {
                    _ = head.text(part)
                }
                self = .taken(used: total, head: head.bytes, head.framing)
                return
            }
            self = .more
        } catch {
            self = .refused(error)
        }
    }
}
