internal import Support

/// Finds what readers of JSON disagree on, so that signed or digested bytes mean the same to all of them.
///
/// Some take the first of two equal keys, some the last. Go takes a key in any letter case for a field. One reader's
/// `layers` and another's `Layers` would be two releases with one digest.
package enum StrictJSON {
    /// What is wrong, and at which byte.
    package struct Violation: Error, Sendable, CustomStringConvertible {
        /// What is wrong.
        package let description: String
    }

    /// The deepest nesting that is read. Nothing that we read has ten levels.
    package static let maximumDepth = 64

    /// Checks a document: one value, UTF-8 without a byte order mark, no key twice in an object, no nesting deeper than
    /// ``maximumDepth``.
    ///
    /// - Parameters:
    ///   - fields: names that may not come in another letter case either.
    ///   - freeForm: keys whose objects hold arbitrary keys: `fields` does not bind those.
    package static func check(
        _ bytes: [UInt8], fields: Set<String> = [], freeForm: Set<String> = []
    ) throws(Violation) {
        var scanner = JSONScanner(
            bytes: bytes, fields: Dictionary(fields.map { (fold($0), $0) }) { first, _ in first }, freeForm: freeForm)
        try scanner.document()
    }

    // Go folds these two letters outside ASCII onto ASCII ones: U+017F onto s and U+212A onto k.
    static func fold(_ key: String) -> String {
        var folded = String.UnicodeScalarView()
        for scalar in key.unicodeScalars {
            switch scalar {
            case "A"..."Z": folded.append(Unicode.Scalar(UInt8(scalar.value) + 32))
            case "\u{17F}": folded.append("s")
            case "\u{212A}": folded.append("k")
            default: folded.append(scalar)
            }
        }
        return String(folded)
    }
}

private struct JSONScanner {
    let bytes: [UInt8]
    let fields: [String: String]
    let freeForm: Set<String>
    var position = 0

    mutating func document() throws(StrictJSON.Violation) {
        try value(depth: 0, bound: true)
        skipSpace()
        guard position == bytes.count else { throw violation("there is more after the document's end") }
    }

    private mutating func value(depth: Int, bound: Bool) throws(StrictJSON.Violation) {
        guard depth <= StrictJSON.maximumDepth else {
            throw violation("nested deeper than \(StrictJSON.maximumDepth) levels")
        }
        skipSpace()
        switch peek {
        case UInt8(ascii: "{"): try object(depth: depth, bound: bound)
        case UInt8(ascii: "["):
            try elements(until: UInt8(ascii: "]")) { scanner throws(StrictJSON.Violation) in
                try scanner.value(depth: depth + 1, bound: bound)
            }
        case UInt8(ascii: "\""): _ = try string()
        default: try scalar()
        }
    }

    private mutating func object(depth: Int, bound: Bool) throws(StrictJSON.Violation) {
        let (fields, freeForm) = (fields, freeForm)
        var keys: Set<String> = []
        try elements(until: UInt8(ascii: "}")) { scanner throws(StrictJSON.Violation) in
            let key = try scanner.string()
            guard keys.insert(key).inserted else { throw scanner.violation("the key \(quoted(key)) comes twice") }
            if bound, let field = fields[StrictJSON.fold(key)], field != key {
                throw scanner.violation("the key \(quoted(key)) is almost \(quoted(field))")
            }
            scanner.skipSpace()
            try scanner.take(UInt8(ascii: ":"))
            try scanner.value(depth: depth + 1, bound: bound && !freeForm.contains(key))
        }
    }

    private mutating func elements(
        until end: UInt8, _ element: (inout JSONScanner) throws(StrictJSON.Violation) -> Void
    ) throws(StrictJSON.Violation) {
        position += 1
        skipSpace()
        if peek == end {
            position += 1
            return
        }
        while true {
            skipSpace()
            try element(&self)
            skipSpace()
            if peek == end {
                position += 1
                return
            }
            try take(UInt8(ascii: ","))
        }
    }

    private mutating func string() throws(StrictJSON.Violation) -> String {
        try take(UInt8(ascii: "\""))
        var text: [UInt8] = []
        var run = position
        while let byte = peek {
            guard byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte < 0x20 else {
                position += 1
                continue
            }
            text += bytes[run..<position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: text, as: UTF8.self) else { throw violation("not UTF-8") }
                return string
            case UInt8(ascii: "\\"): text += try escape()
            default: throw violation("a control character in a string")
            }
            run = position
        }
        throw violation("a string without an end")
    }

    private mutating func escape() throws(StrictJSON.Violation) -> [UInt8] {
        let escaped = peek
        position += 1
        switch escaped {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return escaped.map { [$0] } ?? []
        case UInt8(ascii: "b"): return [8]
        case UInt8(ascii: "f"): return [12]
        case UInt8(ascii: "n"): return [10]
        case UInt8(ascii: "r"): return [13]
        case UInt8(ascii: "t"): return [9]
        case UInt8(ascii: "u"):
            var units = [try hexUnit()]
            if UTF16.isLeadSurrogate(units[0]) {
                try take(UInt8(ascii: "\\"))
                try take(UInt8(ascii: "u"))
                units.append(try hexUnit())
            }
            guard let text = String(validating: units, as: UTF16.self) else { throw violation("half a surrogate pair") }
            return Array(text.utf8)
        default: throw violation("an escape that JSON does not have")
        }
    }

    private mutating func hexUnit() throws(StrictJSON.Violation) -> UInt16 {
        let end = position + 4
        guard end <= bytes.count, bytes[position..<end].allSatisfy({ isHexDigit($0) }),
            let unit = UInt16(String(decoding: bytes[position..<end], as: UTF8.self), radix: 16)
        else { throw violation("an escape that JSON does not have") }
        position = end
        return unit
    }

    private func isHexDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
            || (UInt8(ascii: "A")...UInt8(ascii: "F")).contains(byte)
    }

    // A number or a literal: which, and whether it is well formed, is the decoder's business.
    private mutating func scalar() throws(StrictJSON.Violation) {
        let start = position
        while let byte = peek, Self.isScalarByte(byte) { position += 1 }
        guard position > start else { throw violation("not JSON") }
    }

    private static func isScalarByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "E"),
            UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { position += 1 }
    }

    private mutating func take(_ byte: UInt8) throws(StrictJSON.Violation) {
        guard peek == byte else { throw violation("not JSON") }
        position += 1
    }

    private func violation(_ what: String) -> StrictJSON.Violation {
        StrictJSON.Violation(description: "\(what) (byte \(position))")
    }
}
