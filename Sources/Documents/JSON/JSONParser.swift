internal import Support

/// The limits of a JSON text.
package struct JSONLimits: Hashable, Sendable {
    /// The maximum number of bytes.
    package var bytes: Int
    /// The maximum nesting depth.
    package var depth: Int
    /// The maximum number of values.
    package var values: Int

    /// Creates limits.
    package init(bytes: Int, depth: Int, values: Int) {
        self.bytes = bytes
        self.depth = depth
        self.values = values
    }

    /// The limits of SBOMs and provenance: the capsule's own limit for a file, 10 MiB, and far more values than a real
    /// SBOM of that size has (one value takes some twenty bytes in an SBOM).
    package static let metadata = JSONLimits(bytes: 10 << 20, depth: 64, values: 1_000_000)
    /// The limits of small documents of fixed shape: manifests, configs, signed payloads. A manifest has at most 4
    /// MiB.
    package static let document = JSONLimits(bytes: 4 << 20, depth: 32, values: 100_000)
}

/// Reads JSON strictly: bytes that are signed or referred to by a digest must have the same meaning for all readers.
///
/// In addition to violations of RFC 8259, these are errors: a byte order mark, a duplicate key in an object, keys that
/// differ only in letter case (`JSONKeyRule`), bytes after the value, invalid UTF-8, a lone surrogate.
package enum JSONParser {
    /// The only value in `bytes`.
    ///
    /// - Parameter file: the name of the text in messages.
    /// - Throws: `DocumentError.Code.invalidDocument`, `.limitExceeded`
    package static func parse(_ bytes: [UInt8], file: String, limits: JSONLimits = .metadata) throws(DocumentError)
        -> JSONValue
    {
        try parse(bytes, file: file, limits: limits, keys: .distinct, visit: nil)
    }

    /// The only value in `bytes`, an object whose arrays are passed to `visit` element by element instead of being
    /// kept, so that a document of many thousand entries is read with little memory. The arrays in the result are
    /// empty.
    ///
    /// - Parameters:
    ///   - keys: the rule for keys that differ only in letter case.
    ///   - visit: called with the key of an array that is a member of the outermost object, and one of its elements;
    ///     nil keeps the arrays.
    /// - Throws: the errors of `parse(_:file:limits:)`; the elements that `visit` received before an error must be
    ///   discarded.
    package static func parse(
        _ bytes: [UInt8], file: String, limits: JSONLimits = .metadata, keys: JSONKeyRule = .distinct,
        visit: ((String, JSONValue) -> Void)?
    ) throws(DocumentError) -> JSONValue {
        guard bytes.count <= limits.bytes else {
            throw DocumentError(
                .limitExceeded, "\(file): \(bytes.count) bytes; a JSON document here has at most \(limits.bytes)")
        }
        var reader = JSONReader(bytes: bytes, file: file, limits: limits, keys: keys, visit: visit)
        return try reader.document()
    }
}

// Not copyable: a build without optimization would copy it for each byte that is read.
private struct JSONReader: ~Copyable {
    let bytes: [UInt8]
    let file: String
    let limits: JSONLimits
    let rule: JSONKeyRule
    let visit: ((String, JSONValue) -> Void)?
    var position = 0
    var count = 0

    init(bytes: [UInt8], file: String, limits: JSONLimits, keys: JSONKeyRule, visit: ((String, JSONValue) -> Void)?) {
        self.bytes = bytes
        self.file = file
        self.limits = limits
        rule = keys
        self.visit = visit
    }

    mutating func document() throws(DocumentError) -> JSONValue {
        guard !bytes.starts(with: [0xEF, 0xBB, 0xBF]) else {
            throw fail("the JSON starts with a byte order mark; remove it")
        }
        let value = try value(depth: 0)
        skipSpace()
        guard position == bytes.count else { throw fail("bytes follow the end of the JSON value; remove them") }
        return value
    }

    private mutating func value(depth: Int, of key: String? = nil, isFree: Bool = false) throws(DocumentError)
        -> JSONValue
    {
        count += 1
        guard count <= limits.values else { throw fail("more than \(limits.values) JSON values", .limitExceeded) }
        guard depth < limits.depth else { throw fail("nested deeper than \(limits.depth) levels", .limitExceeded) }
        skipSpace()
        guard let byte = peek else { throw fail("the JSON ends in the middle of a value") }
        switch byte {
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "{"): return try object(depth: depth, isFree: isFree)
        case UInt8(ascii: "["): return try array(depth: depth, of: key, isFree: isFree)
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func object(depth: Int, isFree: Bool) throws(DocumentError) -> JSONValue {
        position += 1
        var members: [JSONMember] = []
        var keys = JSONKeys(rule)
        skipSpace()
        if take("}") { return .object([]) }
        while true {
            skipSpace()
            guard peek == UInt8(ascii: "\"") else { throw fail("a member of an object starts with a key in quotes") }
            let key = try string()
            guard keys.insert(key, after: members) else {
                throw fail(
                    "key \(quoted(key)) occurs twice in one object, or differs from another in letter case only; "
                        + "readers disagree about which is used")
            }
            if !isFree, let field = rule.fields?[JSONKeys.fold(key)], !field.hasSameBytes(as: key) {
                throw fail("key \(quoted(key)) differs from \(quoted(field)) in letter case only; some readers use it")
            }
            skipSpace()
            guard take(":") else { throw fail("a colon must follow the key \(quoted(key))") }
            let value = try value(
                depth: depth + 1, of: depth == 0 ? key : nil, isFree: isFree || rule.freeForm.contains(key))
            members.append(JSONMember(key: key, value: value))
            skipSpace()
            if take("}") { return .object(members) }
            guard take(",") else { throw fail("a comma or } must follow the value of \(quoted(key))") }
        }
    }

    private mutating func array(depth: Int, of key: String?, isFree: Bool) throws(DocumentError) -> JSONValue {
        position += 1
        var elements: [JSONValue] = []
        skipSpace()
        if take("]") { return .array([]) }
        while true {
            let element = try value(depth: depth + 1, isFree: isFree)
            if let key, let visit { visit(key, element) } else { elements.append(element) }
            skipSpace()
            if take("]") { return .array(elements) }
            guard take(",") else { throw fail("a comma or ] must follow an element") }
        }
    }

    private mutating func string() throws(DocumentError) -> String {
        position += 1
        let start = position
        // Most strings contain no escape and are copied in one piece.
        position = endOfPlainText
        if peek == UInt8(ascii: "\"") {
            guard let text = String(utf8: bytes[start..<position]) else { throw fail("a string is not UTF-8") }
            position += 1
            return text
        }
        var out = Array(bytes[start..<position])
        while let byte = peek {
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(utf8: out[...]) else { throw fail("a string is not UTF-8") }
                return text
            case UInt8(ascii: "\\"):
                out += try escape()
                let start = position
                position = endOfPlainText
                out += bytes[start..<position]
            default: throw fail("a string contains a control character; escape it")
            }
        }
        throw fail("the JSON ends in the middle of a string")
    }

    private mutating func escape() throws(DocumentError) -> [UInt8] {
        guard let byte = peek else { throw fail("the JSON ends in the middle of a string") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "b"): return [8]
        case UInt8(ascii: "t"): return [9]
        case UInt8(ascii: "n"): return [10]
        case UInt8(ascii: "f"): return [12]
        case UInt8(ascii: "r"): return [13]
        case UInt8(ascii: "u"): break
        default: throw fail("a string contains an escape that JSON does not have")
        }
        var code = try hexDigits()
        if (0xD800..<0xDC00).contains(code) {
            guard take("\\"), take("u") else { throw fail("a string contains half of a surrogate pair") }
            let low = try hexDigits()
            guard (0xDC00..<0xE000).contains(low) else { throw fail("a string contains half of a surrogate pair") }
            code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(code) else { throw fail("a string contains half of a surrogate pair") }
        return Array(String(Character(scalar)).utf8)
    }

    private mutating func hexDigits() throws(DocumentError) -> UInt32 {
        let digits = bytes[position..<min(position + 4, bytes.count)]
        // `UInt32(_:radix:)` alone would accept a sign.
        guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let code = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw fail("\\u is followed by four hex digits") }
        position += 4
        return code
    }

    private mutating func number() throws(DocumentError) -> JSONValue {
        let start = position
        _ = take("-")
        if !take("0") { try digits() }
        if take(".") { try digits() }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            try digits()
        }
        return .number(String(decoding: bytes[start..<position], as: UTF8.self))
    }

    private mutating func digits() throws(DocumentError) {
        let start = position
        while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        guard position > start else { throw fail("not a JSON value") }
    }

    private mutating func word(_ word: String, _ value: JSONValue) throws(DocumentError) -> JSONValue {
        guard bytes[position...].starts(with: word.utf8) else { throw fail("not a JSON value") }
        position += word.utf8.count
        return value
    }

    private var peek: UInt8? {
        StepCount.add()
        return position < bytes.count ? bytes[position] : nil
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard peek == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    /// The place of the next byte that cannot be copied as a part of a string: a quote, a backslash, a control character.
    private var endOfPlainText: Int {
        let end = bytes.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return 0 }
            var place = position
            let count = buffer.count
            while place < count, base[place] != 0x22, base[place] != 0x5C, base[place] >= 0x20 { place += 1 }
            return place
        }
        StepCount.add(end - position + 1)
        return end
    }

    private func fail(_ what: String, _ code: DocumentError.Code = .invalidDocument) -> DocumentError {
        let line = bytes[..<min(position, bytes.count)].reduce(1) { $1 == 0x0A ? $0 + 1 : $0 }
        return DocumentError(code, "\(file):\(line): \(what)")
    }
}
