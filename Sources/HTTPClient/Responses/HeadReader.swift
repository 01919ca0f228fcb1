internal import HTTPMessages
internal import Support

/// Parses the head of a response from the lines that libcurl passes on, and is stricter than libcurl.
///
/// Interim responses (1xx) and trailer fields are dropped.
/// [RFC 9112](https://www.rfc-editor.org/rfc/rfc9112)
struct HeadReader {
    /// The limit in bytes for all heads of one response, interim ones and trailers included. Servers send a few hundred.
    static let sizeLimit = 64 << 10

    private(set) var status = 0
    private(set) var headers = HTTPHeaders()
    /// True after the blank line that ends the head.
    private(set) var isComplete = false
    private var size = 0

    /// Parses the next line, with its line end.
    ///
    /// - Throws: `HTTPFailure.Code.notHTTP`, `.tooLargeHead`
    mutating func take(_ line: [UInt8]) throws(HTTPFailure) {
        size += line.count
        StepCount.add(line.count)
        guard size <= Self.sizeLimit else { throw Self.tooLarge }
        guard !isComplete else { return }
        var line = line[...]
        if line.last == 0x0A { line.removeLast() }
        if line.last == 0x0D { line.removeLast() }
        if status == 0 || line.starts(with: "HTTP/".utf8) {
            try begin(line)
        } else if line.isEmpty {
            try end()
        } else {
            try add(line)
        }
    }

    static let tooLarge = HTTPFailure(
        .tooLargeHead, "the head of its response is larger than \(sizeLimit >> 10) KiB", isTransient: false)

    private mutating func begin(_ line: ArraySlice<UInt8>) throws(HTTPFailure) {
        let digits = line.dropFirst(9).prefix(3)
        guard line.starts(with: "HTTP/1.1 ".utf8) || line.starts(with: "HTTP/1.0 ".utf8), digits.count == 3,
            digits.allSatisfy({ (0x30...0x39).contains($0) }), line.count == 12 || line[line.startIndex + 12] == 0x20
        else { throw .notHTTP("it did not answer in HTTP/1.1") }
        status = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        guard status >= 100, status != 101 else { throw .notHTTP("its response has an invalid status") }
        headers = HTTPHeaders()
    }

    private mutating func add(_ line: ArraySlice<UInt8>) throws(HTTPFailure) {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex,
            line[..<colon].allSatisfy(RequestCheck.isTokenByte)
        else { throw .notHTTP("its response has a malformed header line") }
        var value = line[(colon + 1)...]
        while value.first.map(RequestCheck.isBlank) == true { value.removeFirst() }
        while value.last.map(RequestCheck.isBlank) == true { value.removeLast() }
        guard value.allSatisfy(RequestCheck.isFieldByte) else {
            throw .notHTTP("its response has a header line with control characters")
        }
        headers.add(
            name: String(decoding: line[..<colon], as: UTF8.self), value: String(decoding: value, as: UTF8.self))
    }

    private mutating func end() throws(HTTPFailure) {
        guard status >= 200 else {
            status = 0
            return
        }
        let lengths = headers["Content-Length"]
        guard lengths.allSatisfy({ $0 == lengths[0] && Self.isLength($0) }) else {
            throw .notHTTP("its response has lengths that contradict each other or are not numbers")
        }
        let encodings = headers["Transfer-Encoding"]
        guard encodings.isEmpty || encodings.count == 1 && HTTPHeaders.isEqual(encodings[0], "chunked") else {
            throw .notHTTP("its response has a transfer encoding that is not supported")
        }
        guard encodings.isEmpty || lengths.isEmpty else { throw .notHTTP("its response has a length and is chunked") }
        isComplete = true
    }

    private static func isLength(_ text: String) -> Bool {
        Int64(text) != nil && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }
}
