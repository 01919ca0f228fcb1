internal import Support

/// The fields of a head that determine how the message is framed and routed.
struct HeadFacts {
    private var hosts = 0
    private var lengths = 0
    private var encodings = 0
    private var isKept = false
    private var isClosed = false

    /// Applies a field.
    mutating func apply(
        _ bytes: Span<UInt8>, name: Range<Int>, value: Range<Int>, into head: inout RequestHead
    ) throws(ParserRefusal) {
        switch name.count {
        case 4 where bytes.isName(name, "host"):
            hosts += 1
            guard hosts == 1 else { throw ParserRefusal(400, "the request has two Host fields") }
            guard bytes.isAll(value, ByteClass.host) else {
                throw ParserRefusal(400, "the Host field of the request is not a host")
            }
        case 6 where bytes.isName(name, "expect"):
            // HTTP/1.0 has no interim responses: RFC 9110, section 10.1.1.
            guard !head.isHTTP10 else { return }
            guard bytes.isName(value, "100-continue") else {
                throw ParserRefusal(417, "the expectation of the request cannot be met")
            }
            head.expectsContinue = true
        case 10 where bytes.isName(name, "connection"):
            apply(connection: bytes, value)
            head.closes = isClosed || (head.isHTTP10 && !isKept)
        case 14 where bytes.isName(name, "content-length"):
            lengths += 1
            guard lengths == 1, encodings == 0, let length = Self.length(bytes, value) else { throw .ambiguousLength }
            head.framing = .length(length)
        case 17 where bytes.isName(name, "transfer-encoding"):
            encodings += 1
            guard encodings == 1, lengths == 0, !head.isHTTP10 else { throw .ambiguousLength }
            guard bytes.isName(value, "chunked") else {
                throw ParserRefusal(501, "the transfer encoding of the request's body is not chunked")
            }
            head.framing = .chunked
        default: return
        }
    }

    /// Checks the rules that apply to the complete head.
    func check(_ head: RequestHead) throws(ParserRefusal) {
        guard hosts == 1 || head.isHTTP10 else { throw ParserRefusal(400, "the request has no Host field") }
    }

    /// The range of path and query: all of the origin form, the end of the absolute form, which proxies receive; nil for any other.
    /// [RFC 9112, section 3.2](https://www.rfc-editor.org/rfc/rfc9112#section-3.2)
    static func target(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Range<Int>? {
        let start = range.lowerBound
        if bytes[start] == 0x2F || (range.count == 1 && bytes[start] == 0x2A) { return range }
        let scheme =
            range.count > 7 && bytes.isName(start..<start + 7, "http://")
            ? 7 : range.count > 8 && bytes.isName(start..<start + 8, "https://") ? 8 : 0
        guard scheme > 0 else { return nil }
        var index = start + scheme
        while index < range.upperBound, bytes[index] != 0x2F {
            guard ByteClass.table[Int(bytes[index])] & ByteClass.host != 0 else { return nil }
            index += 1
        }
        guard index > start + scheme, index < range.upperBound else { return nil }
        return index..<range.upperBound
    }

    /// A decimal number; `Int.max` for one that overflows.
    private static func length(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int? {
        guard !range.isEmpty else { return nil }
        var number = 0
        for index in range {
            let byte = bytes[index]
            guard (0x30...0x39).contains(byte) else { return nil }
            number = number < Int.max / 100 ? number * 10 + Int(byte & 0x0F) : Int.max
        }
        return number
    }

    /// Reads a list of options: `close` closes the connection, `keep-alive` keeps one of HTTP/1.0 open.
    private mutating func apply(connection bytes: Span<UInt8>, _ range: Range<Int>) {
        var start = range.lowerBound
        while start < range.upperBound {
            var comma = start
            while comma < range.upperBound, bytes[comma] != 0x2C { comma += 1 }
            StepCount.add(comma - start)
            var (low, high) = (start, comma)
            while low < high, bytes[low] == 0x20 || bytes[low] == 0x09 { low += 1 }
            while high > low, bytes[high - 1] == 0x20 || bytes[high - 1] == 0x09 { high -= 1 }
            if bytes.isName(low..<high, "close") { isClosed = true }
            if bytes.isName(low..<high, "keep-alive") { isKept = true }
            start = comma + 1
        }
    }
}
