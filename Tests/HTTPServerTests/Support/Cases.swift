/// Bytes that a client sends, and the required result.
struct Case: Sendable, CustomStringConvertible {
    let description: String
    let bytes: [UInt8]
    /// What is answered: the bodies of answers with 200; for a refusal, its status alone.
    let answers: [String]
    let refusal: Int?

    /// What is taken.
    init(_ description: String, _ text: String, answers: [String]) {
        (self.description, bytes, self.answers, refusal) = (description, Array(text.utf8), answers, nil)
    }

    /// What is refused, after `answers`.
    init(_ description: String, _ text: String, answers: [String] = [], refused: Int) {
        (self.description, bytes, self.answers, refusal) = (description, Array(text.utf8), answers, refused)
    }

    init(_ description: String, bytes: [UInt8], refused: Int) {
        (self.description, self.bytes, answers, refusal) = (description, bytes, [], refused)
    }
}

private func get(_ fields: String..., target: String = "/") -> String {
    "GET \(target) HTTP/1.1\r\n" + (["Host: x"] + fields).map { $0 + "\r\n" }.joined() + "\r\n"
}

private func post(_ fields: String..., body: String) -> String {
    "POST / HTTP/1.1\r\n" + (["Host: x"] + fields).map { $0 + "\r\n" }.joined() + "\r\n" + body
}

private func chunked(_ body: String) -> String { post("Transfer-Encoding: chunked", body: body) }

extension Case {
    /// What is a request, in every form that is allowed.
    static let taken: [Case] = [
        Case("a plain request", get(), answers: ["GET / "]),
        Case("two requests at once", get() + get(target: "/two"), answers: ["GET / ", "GET /two "]),
        Case("an empty line in front", "\r\n" + get(), answers: ["GET / "]),
        Case(
            "a query, and a path that is not decoded", get(target: "/a%2Fb/..;?c=%00#d"),
            answers: ["GET /a%2Fb/..;?c=%00#d "]),
        Case("the absolute form", get(target: "http://example.com:80/a?b"), answers: ["GET /a?b "]),
        Case("the absolute form with TLS", get(target: "HTTPS://[::1]/"), answers: ["GET / "]),
        Case("the asterisk", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", answers: ["OPTIONS * "]),
        Case("another method", "get / HTTP/1.1\r\nHost: x\r\n\r\n", answers: ["get / "]),
        Case("an empty host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", answers: ["GET / "]),
        Case("an address of IPv6", "GET / HTTP/1.1\r\nhOST: [::1]:80\t \r\n\r\n", answers: ["GET / "]),
        Case("values with tabs, other letters, and nothing", get("A: \t b\tc", "B: \u{e4}", "C:"), answers: ["GET / "]),
        Case("a body", post("Content-Length: 5", body: "hello"), answers: ["POST / hello"]),
        Case("a body of nothing", post("Content-Length: 0", body: ""), answers: ["POST / "]),
        Case("leading zeros of a length", post("Content-Length: 0005", body: "hello"), answers: ["POST / hello"]),
        Case(
            "a body and another request", post("Content-Length: 2", body: "ab") + get(),
            answers: ["POST / ab", "GET / "]),
        Case("a body to GET", get("Content-Length: 3") + "abc", answers: ["GET / abc"]),
        Case("chunks", chunked("2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n"), answers: ["POST / abcde"]),
        Case("chunks of nothing", chunked("0\r\n\r\n") + get(), answers: ["POST / ", "GET / "]),
        Case(
            "the name of chunks in capitals", post("Transfer-Encoding: CHUNKED", body: "0\r\n\r\n"),
            answers: ["POST / "]),
        Case("chunks with extensions", chunked("2;a=b;c=\"d\"\r\nab\r\n0;e\r\n\r\n"), answers: ["POST / ab"]),
        Case(
            "a chunk's size in capitals, with zeros", chunked("00A\r\n0123456789\r\n00\r\n\r\n"),
            answers: ["POST / 0123456789"]),
        Case("trailers", chunked("1\r\na\r\n0\r\nX-Sum: 1\r\nY:\r\n\r\n") + get(), answers: ["POST / a", "GET / "]),
        Case("a field that looks like a length", get("Content-Length-: 5", "Content_Length: 5"), answers: ["GET / "]),
        Case("an answer from memory", get(target: "/memory"), answers: ["GET /memory "]),
    ]

    /// What is not a request, or might be another one to somebody else.
    static let refused: [Case] = [
        Case("no host", "GET / HTTP/1.1\r\n\r\n", refused: 400),
        Case("two hosts", get("Host: x"), refused: 400),
        Case("a host with a path", "GET / HTTP/1.1\r\nHost: x/y\r\n\r\n", refused: 400),
        Case("a host with a user", "GET / HTTP/1.1\r\nHost: a@x\r\n\r\n", refused: 400),
        Case("a host of two words", "GET / HTTP/1.1\r\nHost: x y\r\n\r\n", refused: 400),
        Case(
            "a length with chunks", post("Content-Length: 5", "Transfer-Encoding: chunked", body: "0\r\n\r\n"),
            refused: 400),
        Case(
            "chunks with a length", post("Transfer-Encoding: chunked", "Content-Length: 5", body: "0\r\n\r\n"),
            refused: 400),
        Case("the same length twice", post("Content-Length: 5", "Content-Length: 5", body: "hello"), refused: 400),
        Case("two lengths", post("Content-Length: 5", "Content-Length: 6", body: "hello"), refused: 400),
        Case("a list of lengths", post("Content-Length: 5, 5", body: "hello"), refused: 400),
        Case("a length with a sign", post("Content-Length: +5", body: "hello"), refused: 400),
        Case("a negative length", post("Content-Length: -5", body: "hello"), refused: 400),
        Case("a hexadecimal length", post("Content-Length: 0x5", body: "hello"), refused: 400),
        Case("a length in two words", post("Content-Length: 5 0", body: "hello"), refused: 400),
        Case("an empty length", post("Content-Length:", body: ""), refused: 400),
        Case(
            "a length beyond all numbers", post("Content-Length: 99999999999999999999999", body: "hello"), refused: 413),
        Case("a length beyond the limit", post("Content-Length: 65537", body: "hello"), refused: 413),
        Case("chunks beyond the limit", chunked("10001\r\n"), refused: 413),
        Case("a fold", get("A: b", " c"), refused: 400),
        Case("a fold that would make a length", get("Content-:", " Length: 5"), refused: 400),
        Case("a fold before the first field", "GET / HTTP/1.1\r\n Host: x\r\n\r\n", refused: 400),
        Case("a line that ends with LF", "GET / HTTP/1.1\nHost: x\r\n\r\n", refused: 400),
        Case("a field that ends with LF", "GET / HTTP/1.1\r\nHost: x\nA: b\r\n\r\n", refused: 400),
        Case("a head that ends with LF", "GET / HTTP/1.1\r\nHost: x\r\n\n", refused: 400),
        Case("CR within a value", get("A: b\rc"), refused: 400),
        Case("two CR at the end of a line", get("A: b\r"), refused: 400),
        Case("NUL in a value", get("A: b\u{0}c"), refused: 400),
        Case("NUL in a name", get("A\u{0}: b"), refused: 400),
        Case("NUL in the target", get(target: "/a\u{0}b"), refused: 400),
        Case("a control character in a value", get("A: \u{1b}[31m"), refused: 400),
        Case("DEL in a value", get("A: \u{7f}"), refused: 400),
        Case("a tab in the target", get(target: "/a\tb"), refused: 400),
        Case("another letter in the target", get(target: "/\u{e4}"), refused: 400),
        Case("space before the colon", get("A : b"), refused: 400),
        Case("no name", get(": b"), refused: 400),
        Case("no colon", get("A"), refused: 400),
        Case("a name with a separator", get("A(b): c"), refused: 400),
        Case("a name with another letter", get("\u{e4}: c"), refused: 400),
        Case("xchunked", post("Transfer-Encoding: xchunked", body: "0\r\n\r\n"), refused: 501),
        Case("gzip, chunked", post("Transfer-Encoding: gzip, chunked", body: "0\r\n\r\n"), refused: 501),
        Case("identity", post("Transfer-Encoding: identity", body: ""), refused: 501),
        Case("chunked with a parameter", post("Transfer-Encoding: chunked;q=1", body: "0\r\n\r\n"), refused: 501),
        Case("an empty encoding", post("Transfer-Encoding:", body: ""), refused: 501),
        Case(
            "chunked twice", post("Transfer-Encoding: chunked", "Transfer-Encoding: chunked", body: "0\r\n\r\n"),
            refused: 400),
        Case(
            "chunks in HTTP/1.0", "POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            refused: 400),
        Case("HTTP/1.10", "GET / HTTP/1.10\r\nHost: x\r\n\r\n", refused: 400),
        Case("HTTP/1.2", "GET / HTTP/1.2\r\nHost: x\r\n\r\n", refused: 505),
        Case("HTTP/2.0", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", refused: 505),
        Case("HTTP/0.9", "GET /\r\n\r\n", refused: 400),
        Case("http in small letters", "GET / http/1.1\r\nHost: x\r\n\r\n", refused: 400),
        Case("another protocol", "GET / ICAP/1.0\r\nHost: x\r\n\r\n", refused: 400),
        Case("no version", "GET / \r\nHost: x\r\n\r\n", refused: 400),
        Case("space behind the version", "GET / HTTP/1.1 \r\nHost: x\r\n\r\n", refused: 400),
        Case("two spaces", "GET  / HTTP/1.1\r\nHost: x\r\n\r\n", refused: 400),
        Case("a target of two words", "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", refused: 400),
        Case("no method", " / HTTP/1.1\r\nHost: x\r\n\r\n", refused: 400),
        Case("a method with a separator", "G@T / HTTP/1.1\r\nHost: x\r\n\r\n", refused: 400),
        Case("a long method", String(repeating: "A", count: 33) + " / HTTP/1.1\r\nHost: x\r\n\r\n", refused: 400),
        Case("two empty lines in front", "\r\n\r\n" + get(), refused: 400),
        Case("an authority as target", "CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n", refused: 400),
        Case("a relative path", get(target: "a"), refused: 400),
        Case("another scheme", get(target: "ftp://x/"), refused: 400),
        Case("the absolute form without a host", get(target: "http:///"), refused: 400),
        Case("the absolute form without a path", get(target: "http://x"), refused: 400),
        Case("the absolute form with a user", get(target: "http://a@x/"), refused: 400),
        Case("bytes of TLS", bytes: [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc], refused: 400),
        Case("bytes that are nothing", bytes: [0xff, 0xfe, 0x00], refused: 400),
        Case("an expectation", get("Expect: 200-ok"), refused: 417),
        Case("two expectations", get("Expect: 100-continue", "Expect: x"), refused: 417),
        Case("a chunk without a size", chunked("\r\nab\r\n"), refused: 400),
        Case("a chunk's size with a sign", chunked("+2\r\nab\r\n0\r\n\r\n"), refused: 400),
        Case("a chunk's size with 0x", chunked("0x2\r\nab\r\n0\r\n\r\n"), refused: 400),
        Case("a chunk's size in front of a space", chunked("2 \r\nab\r\n0\r\n\r\n"), refused: 400),
        Case("a chunk's size of nine digits", chunked("000000002\r\nab\r\n0\r\n\r\n"), refused: 400),
        Case("a chunk's line that ends with LF", chunked("2\nab\r\n0\r\n\r\n"), refused: 400),
        Case("an extension with LF", chunked("2;a\nab\r\n0\r\n\r\n"), refused: 400),
        Case("an extension with NUL", chunked("2;\u{0}\r\nab\r\n0\r\n\r\n"), refused: 400),
        Case("extensions without end", chunked("2;" + String(repeating: "a", count: 5_000)), refused: 400),
        Case("a chunk that is longer than its size", chunked("2\r\nabc\r\n0\r\n\r\n"), refused: 400),
        Case("a chunk that ends with LF", chunked("2\r\nab\n0\r\n\r\n"), refused: 400),
        Case("a trailer of length", chunked("0\r\nContent-Length: 5\r\n\r\n"), refused: 400),
        Case("a trailer of encoding", chunked("0\r\ntransfer-encoding: chunked\r\n\r\n"), refused: 400),
        Case("a trailer of host", chunked("0\r\nHost: y\r\n\r\n"), refused: 400),
        Case("a trailer of trust", chunked("0\r\nAuthorization: Bearer x\r\n\r\n"), refused: 400),
        Case("a fold in a trailer", chunked("0\r\nA: b\r\n c\r\n\r\n"), refused: 400),
        Case("a trailer without a colon", chunked("0\r\nA\r\n\r\n"), refused: 400),
        Case("a trailer that ends with LF", chunked("0\r\nA: b\n\r\n"), refused: 400),
        Case("trailers without end", chunked("0\r\n" + String(repeating: "A: b\r\n", count: 2_000)), refused: 400),
        Case("a request behind what is none", get() + "nonsense\r\n\r\n" + get(), answers: ["GET / "], refused: 400),
    ]
}
