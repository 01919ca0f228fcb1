/// The head of a request: its bytes, and the ranges of its parts. Parts are copied and decoded on access.
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

    /// The way in which the end of the body is determined.
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
    /// True for HTTP/1.0.
    var isHTTP10 = false
    /// True when the connection is closed after the response.
    var closes = false
    /// True when the client waits for `100 Continue`.
    var expectsContinue = false

    /// A part as text; invalid UTF-8 is repaired.
    func text(_ part: Part) -> String { String(decoding: bytes[part.range], as: UTF8.self) }

    /// True when a part equals this text.
    func isEqual(_ part: Part, _ text: StaticString) -> Bool {
        let range = part.range
        guard range.count == text.utf8CodeUnitCount else { return false }
        return text.withUTF8Buffer { unsafe bytes[range].elementsEqual($0) }
    }
}
