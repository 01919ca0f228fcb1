internal import Support

/// Reads the tokens and quoted strings of RFC 9110 from a header value, left to right.
struct HeaderScanner {
    private let bytes: [UInt8]
    private(set) var position = 0

    init(_ text: String) { bytes = Array(text.utf8) }

    var isAtEnd: Bool { position == bytes.count }
    var next: UInt8? {
        StepCount.add()
        return position < bytes.count ? bytes[position] : nil
    }

    mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x09 { position += 1 }
    }

    /// Skips spaces and empty list elements; returns whether there was a comma.
    @discardableResult
    mutating func skipCommas() -> Bool {
        var found = false
        while let byte = next, byte == 0x20 || byte == 0x09 || byte == UInt8(ascii: ",") {
            if byte == UInt8(ascii: ",") { found = true }
            position += 1
        }
        return found
    }

    mutating func take(_ character: Character) -> Bool {
        guard let byte = next, byte == character.asciiValue else { return false }
        position += 1
        return true
    }

    /// A token, or nil when none begins here.
    mutating func token() -> String? { run(Self.isTokenByte) }

    /// The text up to `end`, which is consumed too; nil when there is no `end`.
    mutating func text(upTo end: Character) -> String? {
        guard let stop = bytes[position...].firstIndex(where: { $0 == end.asciiValue }) else { return nil }
        StepCount.add(stop - position)
        defer { position = stop + 1 }
        return String(decoding: bytes[position..<stop], as: UTF8.self)
    }

    /// The text before the first of these characters, which is not consumed, or to the end; nil when it is empty.
    mutating func text(before ends: Character...) -> String? {
        run { byte in byte != 0x20 && !ends.contains { $0.asciiValue == byte } }
    }

    /// A `token68`, which Negotiate and Basic have after the scheme; nil when a parameter begins here.
    mutating func token68() -> String? {
        let start = position
        guard let text = run({ Self.isTokenByte($0) || $0 == UInt8(ascii: "/") }) else { return nil }
        var padding = ""
        while take("=") { padding += "=" }
        let end = position
        skipSpace()
        if isAtEnd || next == UInt8(ascii: ",") {
            position = end
            return text + padding
        }
        position = start
        return nil
    }

    /// A token or a quoted string with its escapes resolved; nil when the text is broken.
    mutating func value() -> String? {
        guard take("\"") else { return token() }
        var out: [UInt8] = []
        while let byte = next {
            position += 1
            if byte == UInt8(ascii: "\"") { return String(decoding: out, as: UTF8.self) }
            if byte == UInt8(ascii: "\\") {
                guard let escaped = next else { return nil }
                position += 1
                out.append(escaped)
            } else {
                out.append(byte)
            }
        }
        return nil
    }

    private mutating func run(_ accept: (UInt8) -> Bool) -> String? {
        let start = position
        while let byte = next, accept(byte) { position += 1 }
        return position > start ? String(decoding: bytes[start..<position], as: UTF8.self) : nil
    }

    static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: Array("!#$%&'*+-.^_`|~".utf8).contains(byte)
        }
    }
}
