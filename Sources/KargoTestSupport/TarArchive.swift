/// Reads tar archives as Go does: ustar with PAX names and GNU long names.
enum TarArchive {
    struct Entry {
        enum Kind {
            case file(ArraySlice<UInt8>, isExecutable: Bool)
            case directory
            case symlink(String)
            /// Hard links, devices and everything else.
            case other
        }
        var name: String
        var kind: Kind
    }

    static func entries(_ bytes: [UInt8]) throws -> [Entry] {
        var entries: [Entry] = []
        var position = 0
        var names: [String: String] = [:]
        while position + 512 <= bytes.count {
            let header = bytes[position..<position + 512]
            guard header.contains(where: { $0 != 0 }) else { break }
            position += 512
            guard let size = number(field(header, 124, 12)), size >= 0, position + size <= bytes.count else {
                throw StepFailure(.errored, "error reading tar: a header is damaged")
            }
            let content = bytes[position..<position + size]
            position += (size + 511) / 512 * 512
            let type = header[header.startIndex + 156]
            switch type {
            case UInt8(ascii: "x"):
                names.merge(records(content)) { $1 }
                continue
            case UInt8(ascii: "g"): continue
            case UInt8(ascii: "L"):
                names["path"] = text(content)
                continue
            case UInt8(ascii: "K"):
                names["linkpath"] = text(content)
                continue
            default: break
            }
            let isUstar = field(header, 257, 5).elementsEqual("ustar".utf8)
            let prefix = isUstar ? text(field(header, 345, 155)) : ""
            let short = text(field(header, 0, 100))
            let name = names["path"] ?? (prefix.isEmpty ? short : "\(prefix)/\(short)")
            let link = names["linkpath"] ?? text(field(header, 157, 100))
            names = [:]
            let mode = number(field(header, 100, 8)) ?? 0
            let kind: Entry.Kind
            switch type {
            case UInt8(ascii: "0"), 0:
                kind = name.hasSuffix("/") ? .directory : .file(content, isExecutable: mode & 0o100 != 0)
            case UInt8(ascii: "5"): kind = .directory
            case UInt8(ascii: "2"): kind = .symlink(link)
            default: kind = .other
            }
            entries.append(Entry(name: name, kind: kind))
        }
        return entries
    }

    private static func field(_ header: ArraySlice<UInt8>, _ offset: Int, _ count: Int) -> ArraySlice<UInt8> {
        header[header.startIndex + offset..<header.startIndex + offset + count]
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> Int? {
        if let first = bytes.first, first & 0x80 != 0 {
            return bytes.dropFirst().reduce(Int(first & 0x7F)) { $0 << 8 | Int($1) }
        }
        let digits = text(bytes).filter { $0 != " " }
        return digits.isEmpty ? 0 : Int(digits, radix: 8)
    }

    private static func records(_ bytes: ArraySlice<UInt8>) -> [String: String] {
        var result: [String: String] = [:]
        var rest = bytes
        while let space = rest.firstIndex(of: 0x20),
            let length = Int(String(decoding: rest[rest.startIndex..<space], as: UTF8.self)), length > 0,
            length <= rest.count
        {
            let record = rest[(space + 1)..<(rest.startIndex + length - 1)]
            if let equals = record.firstIndex(of: UInt8(ascii: "=")) {
                let key = String(decoding: record[record.startIndex..<equals], as: UTF8.self)
                result[key] = String(decoding: record[(equals + 1)...], as: UTF8.self)
            }
            rest = rest[(rest.startIndex + length)...]
        }
        return result
    }
}
