/// Keeps the beginning and the end of standard error.
struct ErrorOutputBuffer {
    static let headLimit = 64 << 10
    static let tailLimit = 192 << 10

    private var head: [UInt8] = []
    private var tail: [UInt8] = []
    private var count = 0

    var isCut: Bool { count > Self.headLimit + Self.tailLimit }

    mutating func append(_ bytes: ArraySlice<UInt8>) {
        count += bytes.count
        let room = Self.headLimit - head.count
        head.append(contentsOf: bytes.prefix(room))
        tail.append(contentsOf: bytes.dropFirst(room))
        // Trimmed at twice the limit, so that each byte is moved at most once.
        if tail.count > 2 * Self.tailLimit { tail.removeFirst(tail.count - Self.tailLimit) }
    }

    /// The text, with a line between the two parts that says how much is missing.
    var text: String {
        guard isCut else { return String(decoding: head + tail, as: UTF8.self) }
        let missing = count - Self.headLimit - Self.tailLimit
        return String(decoding: head, as: UTF8.self) + "\n… \(missing) bytes left out …\n"
            + String(decoding: tail.suffix(Self.tailLimit), as: UTF8.self)
    }
}
