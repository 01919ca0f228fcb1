/// The head of a request: its bytes, and where in them the parts are. Nothing is copied or decoded until it is asked for.
struct RequestHead: Sendable {
    /// Part of the head; heads are far smaller than 4 GiB.
    struct Part: Sendable {
        private let start: UInt32
        private let end: UInt32

        init(_ range: Range<Int>) {
            start = UInt32(truncatingIfNeeded: range.lowerBound)
            end = UInt32(truncatingIfNeeded: range.upperBound)
        }

        var range: Range<Int> { Int(start)..<Int(end) }
    }

    /// A header field.
    struct Field: Sendable {
        let name: Part
        let value: Part
    }

    /// How the end of the body is found.
    /// [RFC 9112, section 6](https://www.rfc-editor.org/rfc/rfc9112#section-6)
    enum Framing: Hashable, Sendable {
        case none
        case length(Int)
        case chunked
    }

    /// The bytes of the head, the last line break included.
    var bytes: [UInt8] = []
    var method = Part(0..<0)
    /// The path and the query.
    var target = Part(0..<0)
    var fields: [Field] = []
    var framing = Framing.none
    /// Whether it is HTTP/1.0.
    var isOld = false
    /// Whether the connection ends after the answer.
    var closes = false
    /// Whether the client waits to be told that its body is wanted.
    var expectsContinue = false

    /// A part as text; what is not UTF-8 is repaired.
    func text(_ part: Part) -> String { String(decoding: bytes[part.range], as: UTF8.self) }

    /// Whether a part is this text.
    func isEqual(_ part: Part, _ text: StaticString) -> Bool {
        let range = part.range
        guard range.count == text.utf8CodeUnitCount else { return false }
        return text.withUTF8Buffer { unsafe bytes[range].elementsEqual($0) }
    }
}
