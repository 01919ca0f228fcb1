import HTTPMessages
import Testing

@testable import HTTPServer

/// What the parsers make of bytes.
struct Parsed: Equatable {
    var requests: [String] = []
    var refusal: ParserRefusal?
    /// Whether a request is begun and not complete.
    var isOpen = false

    static let limits = HeadScanner.Limits(fieldSize: 8 << 10, size: 16 << 10, count: 100)

    /// Feeds the parsers with pieces.
    init(_ pieces: [[UInt8]], limits: HeadScanner.Limits = Parsed.limits, body limit: Int = 64 << 10) {
        var head: RequestHead?
        var parser = HeadParser(limits: limits)
        var body = BodyReader(.none, limit: limit)
        do throws(ParserRefusal) {
            for piece in pieces {
                var used = 0
                while used < piece.count {
                    let rest = piece.span.extracting(used...)
                    if head == nil {
                        isOpen = true
                        let (count, found) = try parser.feed(rest)
                        used += count
                        guard let found else { continue }
                        if case .length(let length) = found.framing, length > limit { throw .bodyTooLarge(limit) }
                        head = found
                        body = BodyReader(found.framing, limit: limit)
                    } else {
                        used += try body.feed(rest)
                    }
                    guard let whole = head, body.isComplete else { continue }
                    var request = Request(whole, from: "", received: .now)
                    request.body = body.bytes
                    let fields = request.headers.fields.map { "\($0.name)=\($0.value)" }.joined(separator: "|")
                    requests.append(
                        "\(request.method) \(request.target) \(whole.closes) \(whole.expectsContinue) \(fields) "
                            + String(decoding: request.body, as: UTF8.self))
                    (head, parser, isOpen) = (nil, HeadParser(limits: limits), false)
                }
            }
        } catch {
            refusal = error
            isOpen = false
        }
    }
}

extension [UInt8] {
    /// These bytes one by one.
    var drops: [[UInt8]] { map { [$0] } }

    /// These bytes in pieces of random size.
    func cut(_ random: inout some RandomNumberGenerator) -> [[UInt8]] {
        var pieces: [[UInt8]] = []
        var index = 0
        while index < count {
            let end = Swift.min(count, index + Int.random(in: 1...64, using: &random))
            pieces.append(Array(self[index..<end]))
            index = end
        }
        return pieces
    }
}

/// Always the same numbers, so that a failure comes again (SplitMix64).
struct FixedNumbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

@Suite("Parsers") struct ParserTests {
    @Test("take what is a request", arguments: Case.taken)
    func taken(_ example: Case) {
        let parsed = Parsed([example.bytes])
        #expect(parsed.requests.count == example.answers.count && parsed.refusal == nil && !parsed.isOpen)
        for (request, answer) in zip(parsed.requests, example.answers) {
            #expect(request.hasPrefix(answer.split(separator: " ")[0]))
        }
    }

    @Test("refuse what is not one", arguments: Case.refused)
    func refused(_ example: Case) {
        let parsed = Parsed([example.bytes])
        #expect(parsed.refusal?.status == example.refusal)
        #expect(parsed.requests.count == example.answers.count)
    }

    @Test("say the same however the bytes are cut", arguments: Case.taken + Case.refused)
    func cuts(_ example: Case) {
        let whole = Parsed([example.bytes])
        #expect(Parsed(example.bytes.drops) == whole)
        for cut in 1..<max(2, min(example.bytes.count, 300)) where cut < example.bytes.count {
            let pieces = [Array(example.bytes[..<cut]), Array(example.bytes[cut...])]
            #expect(Parsed(pieces) == whole, "cut at \(cut)")
        }
    }

    @Test("say the same about damaged requests however they are cut, and never fail otherwise")
    func damaged() {
        var random = FixedNumbers(state: 19)
        let examples = Case.taken + Case.refused
        let interesting: [UInt8] = Array("\r\n\0 :;,\t0fFxX/*+-".utf8) + [0x7f, 0x80, 0xff]
        var refused = 0
        for round in 0..<8_000 {
            var bytes = examples[Int.random(in: 0..<examples.count, using: &random)].bytes
            for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                let byte = interesting[Int.random(in: 0..<interesting.count, using: &random)]
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[place] = byte
                case 1: bytes.insert(byte, at: place)
                case 2: bytes.remove(at: place)
                default: bytes.append(contentsOf: bytes[place...].prefix(40))
                }
            }
            let whole = Parsed([bytes])
            if whole.refusal != nil { refused += 1 }
            #expect(Parsed(bytes.cut(&random)) == whole, "round \(round)")
            #expect(Parsed(bytes.drops) == whole, "round \(round)")
        }
        #expect(refused > 4_000, "\(refused)")
    }

    @Test("take heads at the limits, and refuse one byte or field more, however they come")
    func limits() {
        let limits = HeadScanner.Limits(fieldSize: 100, size: 300, count: 5)
        func status(_ text: String) -> Int? {
            let bytes = Array((text + "\r\n").utf8)
            let parsed = Parsed([bytes], limits: limits)
            #expect(Parsed(bytes.drops, limits: limits) == parsed)
            #expect(parsed.refusal != nil || parsed.requests.count == 1)
            return parsed.refusal?.status
        }
        func field(_ count: Int) -> String { "A: " + String(repeating: "b", count: count - 3) + "\r\n" }
        let line = "GET / HTTP/1.1\r\nHost: x\r\n"
        #expect(status(line + field(100)) == nil)
        #expect(status(line + field(101)) == 431)
        #expect(status(line + "A:" + String(repeating: " ", count: 98) + "\r\n") == nil)
        #expect(status(line + "A:" + String(repeating: " ", count: 99) + "\r\n") == 431)
        #expect(status(line + String(repeating: "A", count: 99) + ":\r\n") == nil)
        #expect(status(line + String(repeating: "A", count: 100) + ":\r\n") == 431)
        // `Host: x` and its line break have nine bytes.
        #expect(status(line + field(98) + field(98) + field(300 - 9 - 200 - 2)) == nil)
        #expect(status(line + field(98) + field(98) + field(300 - 9 - 200 - 1)) == 431)
        #expect(status(line + String(repeating: "A: b\r\n", count: 4)) == nil)
        #expect(status(line + String(repeating: "A: b\r\n", count: 5)) == 431)
        #expect(status("GET /\(String(repeating: "a", count: 95)) HTTP/1.1\r\nHost: x\r\n") == nil)
        #expect(status("GET /\(String(repeating: "a", count: 96)) HTTP/1.1\r\nHost: x\r\n") == 431)
        // A line that never ends is not waited for.
        #expect(Parsed([Array((line + "A: " + String(repeating: "b", count: 98)).utf8)], limits: limits).refusal != nil)
        #expect(
            Parsed([Array("GET /\(String(repeating: "a", count: 97))".utf8)], limits: limits).refusal?.status == 431)
    }

    @Test("take bodies at the limit, and refuse one byte more, however they come")
    func bodies() {
        for (count, isTaken) in [(10, true), (11, false)] {
            let text = String(repeating: "x", count: count)
            let head = "POST / HTTP/1.1\r\nHost: x\r\n"
            for message in [
                "Content-Length: \(count)\r\n\r\n\(text)",
                "Transfer-Encoding: chunked\r\n\r\n\(String(count, radix: 16))\r\n\(text)\r\n0\r\n\r\n",
                "Transfer-Encoding: chunked\r\n\r\n" + String(repeating: "1\r\nx\r\n", count: count) + "0\r\n\r\n",
            ] {
                let bytes = Array((head + message).utf8)
                let parsed = Parsed([bytes], body: 10)
                #expect(parsed.refusal?.status == (isTaken ? nil : 413))
                #expect(Parsed(bytes.drops, body: 10) == parsed)
            }
        }
    }

    @Test(
        "end the connection where the client requests it, or is too old to keep it",
        arguments: [
            ("HTTP/1.1", "", false), ("HTTP/1.1", "Connection: close", true), ("HTTP/1.1", "connection: Close", true),
            ("HTTP/1.1", "Connection: x, close ,y", true), ("HTTP/1.1", "Connection: closer", false),
            ("HTTP/1.1", "Connection: keep-alive", false), ("HTTP/1.0", "", true),
            ("HTTP/1.0", "Connection: keep-alive", false), ("HTTP/1.0", "Connection: keep-alive, close", true),
            ("HTTP/1.1", "Connection: close\r\nConnection: keep-alive", true),
        ])
    func closes(version: String, field: String, closes: Bool) throws {
        var parser = HeadParser(limits: Parsed.limits)
        let text = "GET / \(version)\r\nHost: x\r\n\(field)\(field.isEmpty ? "" : "\r\n")\r\n"
        let (used, head) = try parser.feed(Array(text.utf8).span)
        #expect(used == text.utf8.count && head?.closes == closes)
    }
}
