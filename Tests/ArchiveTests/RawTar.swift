import OCI

@testable import Archive

/// A tar entry with every field in the open, so that each can be wrong.
struct RawEntry: Sendable {
    var name: [UInt8]
    var type = UInt8(ascii: "0")
    var content: [UInt8] = []
    /// What the header says, when that is not the size of the content.
    var declared: [UInt8]?
    /// Fields written over the header, by offset, before the checksum is computed.
    var patches: [(offset: Int, bytes: [UInt8])] = []
    /// Bytes written over the header afterwards.
    var broken: [(offset: Int, bytes: [UInt8])] = []
    var padding: UInt8 = 0

    static func file(_ name: String, _ content: String = "") -> RawEntry {
        RawEntry(name: Array(name.utf8), content: Array(content.utf8))
    }

    static func directory(_ name: String) -> RawEntry {
        RawEntry(name: Array(name.utf8), type: UInt8(ascii: "5")).patched(.mode, "0000755\0")
    }

    static func other(_ type: Character, _ name: String, link: String = "", content: String = "") -> RawEntry {
        RawEntry(name: Array(name.utf8), type: type.asciiValue ?? 0, content: Array(content.utf8))
            .patched(.linkName, link)
    }

    /// A pax header with the content as it is given.
    static func pax(_ content: String, type: Character = "x") -> RawEntry {
        RawEntry(name: Array("PaxHeader".utf8), type: type.asciiValue ?? 0, content: Array(content.utf8))
    }

    func patched(_ field: TarHeader.Field, _ text: String) -> RawEntry { patched(field, Array(text.utf8)) }

    func patched(_ field: TarHeader.Field, _ bytes: [UInt8]) -> RawEntry {
        var copy = self
        copy.patches.append((field.offset, bytes))
        return copy
    }

    func declaring(_ field: [UInt8]) -> RawEntry {
        var copy = self
        copy.declared = field
        return copy
    }

    var bytes: [UInt8] {
        var block = [UInt8](repeating: 0, count: 512)
        func put(_ bytes: some Collection<UInt8>, at offset: Int) {
            block.replaceSubrange(offset..<offset + bytes.count, with: bytes)
        }
        func octal(_ value: Int, _ digits: Int) -> [UInt8] {
            let text = String(value, radix: 8)
            return Array((String(repeating: "0", count: digits - text.count) + text).utf8)
        }
        put(name.prefix(100), at: 0)
        put("0000644\0".utf8, at: 100)
        put("0000000\0".utf8, at: 108)
        put("0000000\0".utf8, at: 116)
        put(declared ?? octal(content.count, 11), at: 124)
        put("00000000001\0".utf8, at: 136)
        put("        ".utf8, at: 148)
        block[156] = type
        put("ustar\u{0}00".utf8, at: 257)
        for patch in patches { put(patch.bytes, at: patch.offset) }
        put(octal(block.reduce(0) { $0 + Int($1) }, 6) + [0, 0x20], at: 148)
        for patch in broken { put(patch.bytes, at: patch.offset) }
        return block + content + [UInt8](repeating: padding, count: (512 - content.count % 512) % 512)
    }
}

/// A pax record with its right length.
func paxRecord(_ key: String, _ value: String) -> String {
    let rest = " \(key)=\(value)\n"
    var length = rest.utf8.count + 1
    while String(length).utf8.count + rest.utf8.count != length { length += 1 }
    return "\(length)\(rest)"
}

func tar(_ entries: [RawEntry], zeroBlocks: Int = 2) -> [UInt8] {
    entries.flatMap(\.bytes) + [UInt8](repeating: 0, count: 512 * zeroBlocks)
}

func gzip(_ parts: [UInt8]...) throws -> [UInt8] {
    try Deflater.compress { (deflater) throws(ArchiveError) in
        for part in parts { try deflater.write(part) }
    }.bytes
}

/// The entries that a sound layer starts with.
let soundStart: [RawEntry] = [
    .file("release.yaml", "x: 1\n"), .directory("package/"), .file("package/a.yaml", "a: 1\n"),
    .directory("package/dir/"),
]
