/// The one pax header that a layer may have: the path of the next entry, where the ustar header cannot hold it.
enum PaxHeader {
    /// Room for the longest path and its frame; more is refused before it is read.
    static let maximumSize: Int64 = Int64(LayerPath.maximumLength) + 64

    /// The path in a pax header's content, which must be exactly `<length> path=<path>\n`.
    ///
    /// `size` would only be needed for files of 8 GiB and more, far above any limit here, and every other key either
    /// changes what the entry is (`linkpath`, `GNU.sparse.*`, `SCHILY.xattr.*`) or says what the format leaves out.
    static func path(_ content: [UInt8]) throws(ArchiveError) -> [UInt8] {
        guard let space = content.firstIndex(of: UInt8(ascii: " ")), space > 0, content[0] != UInt8(ascii: "0"),
            content[..<space].allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            Int(String(decoding: content[..<space], as: UTF8.self)) == content.count
        else {
            throw ArchiveError(
                .malformed,
                "a pax header does not hold exactly one record of its own length; only one, path, is allowed")
        }
        let record = content[(space + 1)...]
        guard let equals = record.firstIndex(of: UInt8(ascii: "=")), record.last == UInt8(ascii: "\n") else {
            throw ArchiveError(.malformed, "a pax record is not key=value and a line end")
        }
        let key = record[..<equals]
        guard key.elementsEqual("path".utf8) else {
            throw ArchiveError(
                .unsupportedEntry, "a pax header sets \(quotedName(key)); only path is allowed, where it does not fit")
        }
        let path = Array(record[(equals + 1)...].dropLast())
        let ascii = path.allSatisfy { $0 < 0x80 }
        guard !ascii || path.count > TarHeader.nameLength else {
            throw ArchiveError(
                .malformed,
                "a pax header holds \(quotedName(path)), which fits the ustar header; two names are one too many"
            )
        }
        return path
    }
}
