/// What a pax header says about the entry after it, as far as it matters here.
struct PaxRecords {
    private(set) var path: String?
    private(set) var size: Int64?
    /// Whether the content is a sparse map instead of the content.
    private(set) var isSparse = false
    private(set) var isEmpty = true

    /// No records.
    init() {}

    /// Parses `<length> <key>=<value>\n`, again and again; nil when that is not what it is.
    init?(_ content: [UInt8]) {
        var rest = content[...]
        while !rest.isEmpty {
            let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            guard (1...6).contains(digits.count), let length = Int(String(decoding: digits, as: UTF8.self)),
                length <= rest.count, length > digits.count + 1, rest[digits.endIndex] == UInt8(ascii: " ")
            else { return nil }
            let record = rest[(digits.endIndex + 1)..<(rest.startIndex + length)]
            guard record.last == UInt8(ascii: "\n"), let equals = record.firstIndex(of: UInt8(ascii: "=")) else {
                return nil
            }
            let key = String(decoding: record[..<equals], as: UTF8.self)
            let value = record[(equals + 1)...].dropLast()
            switch key {
            case "path":
                guard path == nil, !value.isEmpty, !value.contains(0) else { return nil }
                path = String(decoding: value, as: UTF8.self)
            case "size":
                guard size == nil, let number = Int64(String(decoding: value, as: UTF8.self)), number >= 0 else {
                    return nil
                }
                size = number
            default:
                if key.hasPrefix("GNU.sparse.") { isSparse = true }
            }
            rest = rest[(rest.startIndex + length)...]
        }
        isEmpty = false
    }
}
