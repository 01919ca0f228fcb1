import OCI
import Testing

@testable import Archive

/// A layer that must be refused.
struct Attack: Sendable, CustomTestStringConvertible {
    let row: String
    let name: String
    let code: ArchiveError.Code?
    let layer: @Sendable () throws -> [UInt8]

    var testDescription: String { "\(row) \(name)" }

    /// Sound entries, then these.
    static func entries(
        _ row: String, _ name: String, _ code: ArchiveError.Code, _ entries: RawEntry..., zeroBlocks: Int = 2
    ) -> Attack {
        Attack(row: row, name: name, code: code) { try gzip(tar(soundStart + entries, zeroBlocks: zeroBlocks)) }
    }

    static func bytes(
        _ row: String, _ name: String, _ code: ArchiveError.Code?, _ layer: @escaping @Sendable () throws -> [UInt8]
    ) -> Attack {
        Attack(row: row, name: name, code: code, layer: layer)
    }

    static let all = paths + kinds + names + sizes + pax + frames

    // A1
    static let paths: [Attack] =
        [
            "../sentinel", "package/../../sentinel", "package/dir/../../../sentinel", "/sentinel", "//sentinel",
            "package//x", "./package/x", "package/./x", "package/dir/..", "package/dir/.", ".", "..", "/", "",
            "package/dir/x\\y", "..\\sentinel", "C:\\sentinel", "package/dir/x/", "package/dir/x//",
            "package/dir/a\u{1}b", "package/dir/a\nb", "package/dir/\u{7F}", "package/dir/\u{85}",
            "metadata", "other/x", "etc/passwd", "release.yaml/x", "release.yml", "package.yaml",
        ].map { .entries("A1", "file \($0)", .invalidPath, .file($0)) } + [
            .entries("A1", "directory ../out", .invalidPath, .directory("../out/")),
            .entries("A1", "directory with two slashes", .invalidPath, .directory("package/x//")),
            .entries("A1", "absolute directory", .invalidPath, .directory("/tmp/")),
            .entries("A1", "NUL in the name", .invalidPath, RawEntry(name: Array("package/dir/x\0/../../s".utf8))),
            .entries("A1", "not UTF-8", .invalidPath, RawEntry(name: Array("package/dir/".utf8) + [0xFF, 0xFE])),
            .entries("A1", "overlong UTF-8 of ..", .invalidPath, RawEntry(name: [0xC0, 0xAE, 0xC0, 0xAE, 0x2F, 0x78])),
            .entries("A1", "climbing prefix", .invalidPath, .file("sentinel").patched(.prefix, "package/../..")),
            .entries("A1", "absolute prefix", .invalidPath, .file("sentinel").patched(.prefix, "/tmp")),
            .entries("A1", "prefix with a slash at its end", .invalidPath, .file("x").patched(.prefix, "package/dir/")),
            .entries(
                "A1", "segment of 256 bytes", .invalidPath,
                .pax(paxRecord("path", "package/dir/" + String(repeating: "s", count: 256))), .file("x")),
            .entries(
                "A1", "path of 1025 bytes", .invalidPath,
                .pax(paxRecord("path", "package/dir/" + String(repeating: "d/", count: 506) + "e")), .file("x")),
            .entries(
                "A1", "climbing pax path", .invalidPath,
                .pax(paxRecord("path", "package/" + String(repeating: "../", count: 60) + "sentinel")), .file("x")),
            .entries("A1", "decomposed letter", .invalidPath, .file("package/dir/e\u{301}")),
            .entries("A1", "Kelvin sign", .invalidPath, .file("package/dir/\u{212A}")),
        ]

    // A2, A3 and A4
    static let kinds: [Attack] = [
        .entries("A2", "symbolic link out", .unsupportedEntry, .other("2", "package/dir/link", link: "../../..")),
        .entries(
            "A2", "symbolic link, then a file through it", .unsupportedEntry,
            .other("2", "package/dir/link", link: "../../.."), .file("package/dir/link/sentinel", "gone")),
        .entries(
            "A2", "two links in a chain", .unsupportedEntry, .other("2", "package/dir/a", link: "."),
            .other("2", "package/dir/b", link: "a/../../.."), .file("package/dir/b/sentinel", "gone")),
        .entries("A2", "link to inside", .unsupportedEntry, .other("2", "package/dir/link", link: "x")),
        .entries(
            "A3", "hard link to the sentinel", .unsupportedEntry, .other("1", "package/dir/h", link: "../sentinel")),
        .entries(
            "A3", "hard link to an absolute path", .unsupportedEntry, .other("1", "package/dir/h", link: "/etc/passwd")),
        .entries("A3", "hard link to inside", .unsupportedEntry, .other("1", "package/dir/h", link: "release.yaml")),
        .entries("A3", "file with a link target", .unsupportedEntry, .file("package/dir/f").patched(.linkName, "x")),
        .entries("A4", "character device", .unsupportedEntry, .other("3", "package/dir/null")),
        .entries("A4", "block device", .unsupportedEntry, .other("4", "package/dir/disk")),
        .entries("A4", "fifo", .unsupportedEntry, .other("6", "package/dir/fifo")),
        .entries("A4", "contiguous file", .unsupportedEntry, .other("7", "package/dir/f")),
        .entries("A4", "file of the old type", .unsupportedEntry, .other("\0", "package/dir/f")),
        .entries("A4", "unknown type", .unsupportedEntry, .other("Z", "package/dir/f")),
        .entries("A4", "setuid", .unsupportedEntry, .file("package/dir/f").patched(.mode, "0004644\0")),
        .entries("A4", "setgid", .unsupportedEntry, .file("package/dir/f").patched(.mode, "0002644\0")),
        .entries("A4", "sticky directory", .unsupportedEntry, .directory("package/dir2").patched(.mode, "0001755\0")),
        .entries("A4", "executable", .unsupportedEntry, .file("package/dir/f").patched(.mode, "0000755\0")),
        .entries("A4", "owner", .unsupportedEntry, .file("package/dir/f").patched(.user, "0001750\0")),
        .entries("A4", "group", .unsupportedEntry, .file("package/dir/f").patched(.group, "0000001\0")),
        .entries("A4", "owner's name", .unsupportedEntry, .file("package/dir/f").patched(.userName, "root")),
        .entries("A4", "group's name", .unsupportedEntry, .file("package/dir/f").patched(.groupName, "wheel")),
        .entries("A4", "device number", .unsupportedEntry, .file("package/dir/f").patched(.deviceMajor, "0000001\0")),
        .entries(
            "A4", "extended attribute", .unsupportedEntry, .pax(paxRecord("SCHILY.xattr.user.x", "y")),
            .file("package/dir/f")),
        .entries(
            "A4", "access control list", .unsupportedEntry, .pax(paxRecord("SCHILY.acl.access", "user::rwx")),
            .file("package/dir/f")),
    ]

    // A5
    static let names: [Attack] = [
        .entries("A5", "same file twice", .duplicate, .file("package/dir/f"), .file("package/dir/f")),
        .entries("A5", "same directory twice", .duplicate, .directory("package/dir")),
        .entries("A5", "second release.yaml", .duplicate, .file("release.yaml", "x: 2\n")),
        .entries("A5", "other case", .duplicate, .file("package/dir/Readme"), .file("package/dir/readme")),
        .entries("A5", "other case of a directory", .duplicate, .directory("package/x"), .file("package/X")),
        .entries("A5", "other case, not ASCII", .duplicate, .file("package/dir/É"), .file("package/dir/é")),
        .entries("A5", "ß and ss", .duplicate, .file("package/dir/straSSe"), .file("package/dir/straße")),
        .entries("A5", "final sigma", .duplicate, .file("package/dir/ς"), .file("package/dir/σ")),
        .entries(
            "A5", "one name in two normal forms", .invalidPath, .file("package/dir/e\u{301}"), .file("package/dir/é")),
        .entries("A5", "file, then directory", .duplicate, .file("package/f"), .directory("package/f/")),
        .entries("A5", "file, then a file in it", .malformed, .file("package/f"), .file("package/f/x")),
        .entries("A5", "file without its directory", .malformed, .file("package/none/x")),
        .entries("A5", "not sorted", .malformed, .file("package/dir/b"), .file("package/dir/a")),
        .bytes("A5", "release.yaml not first", .malformed) {
            try gzip(tar([.directory("package"), .file("release.yaml")]))
        },
        .bytes("A5", "no release.yaml", .malformed) { try gzip(tar([.directory("package"), .file("package/a")])) },
        .bytes("A5", "nothing at all", .malformed) { try gzip(tar([])) },
    ]

    // A6
    static let sizes: [Attack] = [
        .entries("A6", "2^62 in base 256", .malformed, .file("package/dir/f").declaring(base256(1 << 62))),
        .entries("A6", "negative in base 256", .malformed, .file("package/dir/f").declaring(base256(-512))),
        .entries("A6", "negative in text", .malformed, .file("package/dir/f").declaring(Array("-0000000001\0".utf8))),
        .entries("A6", "8 GiB declared", .tooLarge, .file("package/dir/f").declaring(Array("77777777777\0".utf8))),
        .entries(
            "A6", "one byte over the limit", .tooLarge, .file("package/dir/f").declaring(Array("00050000001\0".utf8))),
        .entries("A6", "no digits", .malformed, .file("package/dir/f").declaring([UInt8](repeating: 0, count: 12))),
        .entries(
            "A6", "digits without an end", .malformed, .file("package/dir/f").declaring(Array("000000000000".utf8))),
        .entries("A6", "decimal digits", .malformed, .file("package/dir/f").declaring(Array("00000000009\0".utf8))),
        .entries(
            "A6", "space before the digits", .malformed, .file("package/dir/f").declaring(Array("          0\0".utf8))),
        .entries(
            "A6", "directory with a size", .malformed, .directory("package/e").declaring(Array("00000000010\0".utf8))),
        .entries("A6", "GNU sparse file", .unsupportedEntry, .other("S", "package/dir/f")),
        .entries(
            "A6", "pax sparse map", .unsupportedEntry, .pax(paxRecord("GNU.sparse.realsize", "4611686018427387904")),
            .file("package/dir/f")),
        .entries(
            "A6", "2^62 in pax", .unsupportedEntry, .pax(paxRecord("size", "4611686018427387904")),
            .file("package/dir/f")),
        .entries(
            "A6", "huge pax header", .malformed, .pax(paxRecord("path", "p")).declaring(Array("00777777777\0".utf8)),
            .file("package/dir/f")),
        .bytes("A6", "forty thousand empty files", .tooLarge) {
            let start = tar(soundStart, zeroBlocks: 0)
            let many = (10_000..<20_000).flatMap { number in
                TarHeader.encode(path: "package/dir/\(number)", kind: .file, size: 0, modified: 1)
            }
            let rest = (0..<3).map { _ in many }
            return try Deflater.compress { (gzip) throws(ArchiveError) in
                try gzip.write(start)
                try gzip.write(many)
                for part in rest { try gzip.write(part) }
                try gzip.write([UInt8](repeating: 0, count: 1024))
            }.bytes
        },
        .bytes("A6", "files of zeros", .tooLarge) {
            try bomb { name in RawEntry.file("package/dir/\(name)").declaring(Array("00050000000\0".utf8)).bytes }
        },
        .bytes("A6", "zeros after the end", .malformed) { try bomb(start: tar(soundStart)) { _ in [] } },
        .bytes("A6", "zeros before the end", .malformed) {
            try bomb(start: tar(soundStart, zeroBlocks: 1)) { _ in [] }
        },
        .bytes("A6", "more than 64 MiB in all", .tooLarge) {
            let noise = pattern(16 << 10)
            return try Deflater.compress { (gzip) throws(ArchiveError) in
                try gzip.write(tar(soundStart, zeroBlocks: 0))
                for index in 0..<7 {
                    try gzip.write(RawEntry.file("package/dir/\(index)").declaring(Array("00050000000\0".utf8)).bytes)
                    for _ in 0..<640 { try gzip.write(noise) }
                }
                try gzip.write([UInt8](repeating: 0, count: 1024))
            }.bytes
        },
        .bytes("A6", "compressed size over the limit", .tooLarge) {
            [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255] + [UInt8](repeating: 0, count: 32 << 20)
        },
    ]

    // A7
    static let pax: [Attack] = [
        .entries(
            "A7", "pax size over the ustar size", .unsupportedEntry, .pax(paxRecord("size", "0")),
            .file("package/dir/f", "x")),
        .entries("A7", "global header", .unsupportedEntry, .pax(paxRecord("path", "package/dir/g"), type: "g")),
        .entries("A7", "global comment", .unsupportedEntry, .pax(paxRecord("comment", "0cc4cd87"), type: "g")),
        .entries("A7", "Solaris header", .unsupportedEntry, .pax(paxRecord("path", "package/dir/g"), type: "X")),
        .entries(
            "A7", "GNU long name", .unsupportedEntry, .other("L", "././@LongLink", content: "package/dir/x\0"),
            .file("package/dir/f")),
        .entries(
            "A7", "GNU long link", .unsupportedEntry, .other("K", "././@LongLink", content: "package/dir/x\0"),
            .file("package/dir/f")),
        .entries(
            "A7", "GNU long name after pax", .unsupportedEntry, .pax(paxRecord("path", longPath)),
            .other("L", "././@LongLink", content: "package/dir/x\0"), .file("package/dir/f")),
        .entries(
            "A7", "GNU header", .malformed, .file("package/dir/f").patched(.magic, "ustar  \0")),
        .entries("A7", "header before POSIX", .malformed, .file("package/dir/f").patched(.magic, "\0\0\0\0\0\0\0\0")),
        .entries("A7", "other version", .malformed, .file("package/dir/f").patched(.version, "01")),
        .entries(
            "A7", "two pax headers", .malformed, .pax(paxRecord("path", longPath)), .pax(paxRecord("path", longPath)),
            .file("x")),
        .entries(
            "A7", "two records", .malformed, .pax(paxRecord("path", longPath) + paxRecord("path", longPath + "2")),
            .file("x")),
        .entries(
            "A7", "path and time", .malformed, .pax(paxRecord("path", longPath) + paxRecord("mtime", "1")), .file("x")),
        .entries("A7", "time", .unsupportedEntry, .pax(paxRecord("mtime", "1.5")), .file("package/dir/f")),
        .entries(
            "A7", "link path", .unsupportedEntry, .pax(paxRecord("linkpath", "/etc/passwd")), .file("package/dir/f")),
        .entries(
            "A7", "other charset", .unsupportedEntry, .pax(paxRecord("hdrcharset", "BINARY")), .file("package/dir/f")),
        .entries("A7", "a path that fits ustar", .malformed, .pax(paxRecord("path", "package/dir/short")), .file("x")),
        .entries("A7", "empty header", .malformed, .pax(""), .file("package/dir/f")),
        .entries("A7", "no length", .malformed, .pax(" path=\(longPath)\n"), .file("x")),
        .entries("A7", "length too small", .malformed, .pax("9 path=\(longPath)\n"), .file("x")),
        .entries("A7", "length too large", .malformed, .pax("999 path=\(longPath)\n"), .file("x")),
        .entries("A7", "length with a zero before it", .malformed, .pax("0" + paxRecord("path", longPath)), .file("x")),
        .entries("A7", "length with a sign", .malformed, .pax("+\(paxRecord("path", longPath))"), .file("x")),
        .entries(
            "A7", "length past every integer", .malformed, .pax("99999999999999999999 path=\(longPath)\n"), .file("x")),
        .entries("A7", "no equals sign", .malformed, .pax(record("path \(longPath)\n")), .file("x")),
        .entries("A7", "no line end", .malformed, .pax(record("path=\(longPath)x")), .file("x")),
        .entries("A7", "no key", .unsupportedEntry, .pax(record("=\(longPath)\n")), .file("x")),
        .entries("A7", "zero byte in the path", .invalidPath, .pax(paxRecord("path", longPath + "\0x")), .file("x")),
        .entries("A7", "line end in the path", .invalidPath, .pax(paxRecord("path", longPath + "\nx")), .file("x")),
        .entries(
            "A7", "file with a slash at the end in pax", .invalidPath, .pax(paxRecord("path", longPath + "/")),
            .file("x")),
        .entries("A7", "pax header at the end", .malformed, .pax(paxRecord("path", longPath))),
        .entries(
            "A7", "pax before a link", .unsupportedEntry, .pax(paxRecord("path", longPath)), .other("2", "x", link: "/")
        ),
    ]

    // A8
    static let frames: [Attack] = [
        .entries("A8", "no zero blocks", .malformed, zeroBlocks: 0),
        .entries("A8", "one zero block", .malformed, zeroBlocks: 1),
        .entries("A8", "three zero blocks", .malformed, zeroBlocks: 3),
        .entries("A8", "record padding of GNU tar", .malformed, zeroBlocks: 15),
        .bytes("A8", "an entry after the end", .malformed) {
            try gzip(tar(soundStart), tar([.file("package/dir/late")]))
        },
        .bytes("A8", "one byte after the tar", .malformed) { try gzip(tar(soundStart), [0]) },
        .bytes("A8", "half a block", .malformed) { try gzip(Array(tar(soundStart).dropLast(512 + 256))) },
        .bytes("A8", "one byte after the gzip", .malformed) { try gzip(tar(soundStart)) + [0] },
        .bytes("A8", "two gzip members", .malformed) {
            try gzip(tar(soundStart)) + gzip(tar([.file("package/dir/late")]))
        },
        .bytes("A8", "a tar cut into two members", .malformed) {
            try gzip(tar(soundStart, zeroBlocks: 0)) + gzip([UInt8](repeating: 0, count: 1024))
        },
        .bytes("A8", "an empty second member", .malformed) { try gzip(tar(soundStart)) + gzip([]) },
        .bytes("A8", "wrong CRC", .malformed) { try flipped(8) },
        .bytes("A8", "wrong length", .malformed) { try flipped(4) },
        .bytes("A8", "no trailer", .malformed) { try Array(gzip(tar(soundStart)).dropLast(8)) },
        .bytes("A8", "not gzip", .malformed) { tar(soundStart) },
        .bytes("A8", "empty", .malformed) { [] },
        .bytes("A8", "zstd", .malformed) { [0x28, 0xB5, 0x2F, 0xFD] + [UInt8](repeating: 0, count: 64) },
        .bytes("A8", "gzip with a name", .malformed) { try header(3, 8) },
        .bytes("A8", "gzip with a time", .malformed) { try header(4, 1) },
        .bytes("A8", "gzip of another level", .malformed) { try header(8, 2) },
        .bytes("A8", "gzip of another system", .malformed) { try header(9, 3) },
        .entries("A8", "padding that is not zero", .malformed, padded(.file("package/dir/f", "x"))),
        .entries(
            "A8", "wrong checksum", .malformed, RawEntry(name: Array("package/dir/f".utf8), broken: [(0, [0x71])])),
        .entries("A8", "no checksum", .malformed, RawEntry(name: Array("package/dir/f".utf8), broken: [(148, [0])])),
        .entries("A8", "another time", .malformed, .file("package/dir/f").patched(.modified, "00000000002\0")),
        .entries("A8", "bytes behind the header", .malformed, .file("package/dir/f").patched(.rest, "x")),
    ]

    static let longPath = "package/dir/" + String(repeating: "l", count: 120)

    private static func padded(_ entry: RawEntry) -> RawEntry {
        var entry = entry
        entry.padding = 1
        return entry
    }

    private static func record(_ text: String) -> String {
        var length = text.utf8.count + 2
        while String(length).utf8.count + 1 + text.utf8.count != length { length += 1 }
        return "\(length) \(text)"
    }

    private static func base256(_ value: Int64) -> [UInt8] {
        let bytes = withUnsafeBytes(of: value.bigEndian) { Array($0) }
        let sign: UInt8 = value < 0 ? 0xFF : 0
        return [value < 0 ? 0xFF : 0x80, sign, sign, sign] + bytes
    }

    private static func flipped(_ fromEnd: Int) throws -> [UInt8] {
        var layer = try gzip(tar(soundStart))
        layer[layer.count - fromEnd] ^= 1
        return layer
    }

    private static func header(_ offset: Int, _ value: UInt8) throws -> [UInt8] {
        var layer = try gzip(tar(soundStart))
        layer[offset] = value
        return layer
    }

    /// 80 MiB of zeros behind sound entries, with a header before each ten.
    private static func bomb(
        start: [UInt8] = tar(soundStart, zeroBlocks: 0), _ header: (Int) -> [UInt8]
    ) throws -> [UInt8] {
        let zeros = [UInt8](repeating: 0, count: 1 << 20)
        let headers = (10..<18).map(header)
        return try Deflater.compress { (gzip) throws(ArchiveError) in
            try gzip.write(start)
            for header in headers {
                try gzip.write(header)
                for _ in 0..<10 { try gzip.write(zeros) }
            }
        }.bytes
    }
}
