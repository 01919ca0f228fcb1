/// The records of a pax header that another tool wrote.
enum PaxRecords {
    /// Room for the longest path and for times, owners and the extended attributes of a desktop.
    static let maximumSize: Int64 = 64 << 10

    /// The path that the records give the next entry; nil when they give none.
    ///
    /// Keys that say nothing about name and bytes pass. `size`, `linkpath`, `GNU.sparse.*` and whatever is not known here
    /// may say something, and readers differ in what they make of it.
    static func path(_ content: [UInt8], isGlobal: Bool) throws(ArchiveError) -> [UInt8]? {
        var path: [UInt8]?
        var rest = content[...]
        while !rest.isEmpty {
            let (key, value) = try record(&rest)
            if key == "path", !isGlobal, path == nil {
                path = Array(value)
            } else if !isHarmless(key) {
                throw ArchiveError(
                    .unsupportedEntry,
                    "a pax header sets \(quotedName(key.utf8))" + (key == "path" ? " more than once or for all" : ""))
            }
        }
        return path
    }

    private static func isHarmless(_ key: String) -> Bool {
        ["mtime", "atime", "ctime", "uid", "gid", "uname", "gname", "comment"].contains(key)
            || key.hasPrefix("SCHILY.xattr.") || key.hasPrefix("LIBARCHIVE.")
    }

    /// Takes `<length> <key>=<value>\n` off the front.
    private static func record(
        _ rest: inout ArraySlice<UInt8>
    ) throws(ArchiveError) -> (key: String, value: ArraySlice<UInt8>) {
        let digits = rest.prefix { $0 != UInt8(ascii: " ") }
        guard let first = digits.first, (UInt8(ascii: "1")...UInt8(ascii: "9")).contains(first),
            digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let length = Int(String(decoding: digits, as: UTF8.self)), length > digits.count + 1, length <= rest.count
        else { throw ArchiveError(.malformed, "a pax record does not have the length that it says") }
        let record = rest.prefix(length).dropFirst(digits.count + 1)
        rest = rest.dropFirst(length)
        guard record.last == UInt8(ascii: "\n"), let equals = record.firstIndex(of: UInt8(ascii: "=")) else {
            throw ArchiveError(.malformed, "a pax record is not key=value and a line end")
        }
        return (String(decoding: record[..<equals], as: UTF8.self), record[(equals + 1)...].dropLast())
    }
}
