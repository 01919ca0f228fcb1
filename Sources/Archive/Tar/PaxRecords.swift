internal import Support

/// Splits the content of a pax header into its records, `<length> <key>=<value>\n` each.
///
/// [pax, Extended Header](https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html)
enum PaxRecords {
    /// A key and its value, not interpreted.
    struct Record {
        let key: String
        let value: ArraySlice<UInt8>
    }

    /// The records in order.
    ///
    /// - Parameter isLenient: true to accept lengths with leading zeros.
    static func split(_ content: [UInt8], isLenient: Bool) throws(ArchiveError) -> [Record] {
        var records: [Record] = []
        var rest = content[...]
        while !rest.isEmpty {
            let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            // No dialect accepts a pax header whose size has more than 6 digits.
            guard (1...6).contains(digits.count), isLenient || digits.first != UInt8(ascii: "0"),
                let length = Int(String(decoding: digits, as: UTF8.self)), length > digits.count + 1,
                length <= rest.count, rest[digits.endIndex] == UInt8(ascii: " ")
            else {
                throw ArchiveError(.malformed, "a pax record does not have the length that it declares")
            }
            StepCount.add(length)
            let record = rest.prefix(length).dropFirst(digits.count + 1)
            rest = rest.dropFirst(length)
            guard record.last == UInt8(ascii: "\n"), let equals = record.firstIndex(of: UInt8(ascii: "=")) else {
                throw ArchiveError(.malformed, "a pax record is not key=value with a line end")
            }
            let key = String(decoding: record[..<equals], as: UTF8.self)
            records.append(Record(key: key, value: record[(equals + 1)...].dropLast()))
        }
        return records
    }
}
