import CapsuleTestSupport
import OCI
import Support
import Testing

@testable import Archive

@Suite("Other tools' archives, as packed charts are (docs/security.md A11)")
struct TarballTests {
    static let sound: [RawEntry] = [.file("redis/Chart.yaml", "name: redis\n"), .file("redis/values.yaml", "a: 1\n")]
    static let longPath = "redis/templates/" + String(repeating: "l", count: 120)

    static func paths(_ entries: [RawEntry], zeroBlocks: Int = 2) throws -> [String] {
        try read(gzip(tar(entries, zeroBlocks: zeroBlocks))).map(\.path)
    }

    static func read(_ bytes: [UInt8], limits: ArchiveLimits = .capsule) throws -> [TarballReader.File] {
        try TarballReader.read(bytes, limits: limits).files
    }

    static let accepted: [(name: String, entries: [RawEntry], path: String)] = [
        (
            "another mode and owner", [.file("redis/x").patched(.mode, "0000755\0").patched(.user, "0001750\0")],
            "redis/x"
        ),
        ("an owner's name", [.file("redis/x").patched(.userName, "me").patched(.groupName, "us")], "redis/x"),
        ("GNU's magic", [.file("redis/x").patched(.magic, "ustar  \0")], "redis/x"),
        ("the old type of a file", [.other("\0", "redis/x")], "redis/x"),
        ("another time", [.file("redis/x").patched(.modified, "00000000007\0")], "redis/x"),
        ("a prefix", [.file("x").patched(.prefix, "redis")], "redis/x"),
        ("a path in pax", [.pax(paxRecord("path", longPath)), .file("x")], longPath),
        ("times in pax", [.pax(paxRecord("mtime", "1.5") + paxRecord("atime", "1.5")), .file("redis/x")], "redis/x"),
        ("a global comment", [.pax(paxRecord("comment", "0cc4cd87"), type: "g"), .file("redis/x")], "redis/x"),
        ("directories", [.directory("redis/"), .directory("redis/crds/"), .file("redis/crds/x")], "redis/crds/x"),
    ]

    @Test("are read where they differ from layers in nothing but custom", arguments: accepted.indices)
    func custom(_ index: Int) throws {
        let example = Self.accepted[index]
        #expect(try Self.paths(Self.sound + example.entries).last == example.path, "\(example.name)")
    }

    @Test("may be padded to a whole record") func padding() throws {
        #expect(try Self.paths(Self.sound, zeroBlocks: 20).count == 2)
    }

    static let refused: [(name: String, code: ArchiveError.Code, entries: [RawEntry])] = [
        ("..", .invalidPath, [.file("redis/../../x")]), ("absolute", .invalidPath, [.file("/redis/x")]),
        ("dot", .invalidPath, [.file("./redis/x")]), ("backslash", .invalidPath, [.file("redis\\x")]),
        ("control", .invalidPath, [.file("redis/a\u{1}")]), ("empty name", .invalidPath, [.file("")]),
        ("climbing pax path", .invalidPath, [.pax(paxRecord("path", "redis/../x")), .file("redis/x")]),
        ("climbing directory", .invalidPath, [.directory("redis/../../x/")]),
        ("symbolic link", .unsupportedEntry, [.other("2", "redis/x", link: "/etc/passwd")]),
        ("hard link", .unsupportedEntry, [.other("1", "redis/x", link: "redis/Chart.yaml")]),
        ("link target of a file", .unsupportedEntry, [.file("redis/x").patched(.linkName, "y")]),
        ("device", .unsupportedEntry, [.other("3", "redis/x")]), ("fifo", .unsupportedEntry, [.other("6", "redis/x")]),
        ("GNU long name", .unsupportedEntry, [.other("L", "././@LongLink", content: "redis/y\0"), .file("redis/x")]),
        ("GNU sparse", .unsupportedEntry, [.other("S", "redis/x")]),
        ("GNU's further fields", .malformed, [.file("redis/x").patched(.magic, "ustar  \0").patched(.prefix, "1")]),
        ("pax size", .unsupportedEntry, [.pax(paxRecord("size", "0")), .file("redis/x", "y")]),
        ("pax link", .unsupportedEntry, [.pax(paxRecord("linkpath", "/etc")), .file("redis/x")]),
        ("pax sparse", .unsupportedEntry, [.pax(paxRecord("GNU.sparse.realsize", "9")), .file("redis/x")]),
        ("pax charset", .unsupportedEntry, [.pax(paxRecord("hdrcharset", "BINARY")), .file("redis/x")]),
        ("global path", .unsupportedEntry, [.pax(paxRecord("path", "redis/y"), type: "g"), .file("redis/x")]),
        (
            "two paths", .unsupportedEntry,
            [.pax(paxRecord("path", "a/y") + paxRecord("path", "a/z")), .file("redis/x")]
        ),
        (
            "two pax headers", .malformed,
            [.pax(paxRecord("path", "a")), .pax(paxRecord("path", "b")), .file("redis/x")]
        ),
        ("pax at the end", .malformed, [.pax(paxRecord("path", "redis/x"))]),
        ("a record that lies", .malformed, [.pax("99 path=redis/x\n"), .file("redis/x")]),
        ("huge pax", .tooLarge, [.pax("").declaring(Array("00000200001\0".utf8)), .file("redis/x")]),
        ("twice", .duplicate, [.file("redis/values.yaml", "b: 2\n")]),
        ("twice but for case", .duplicate, [.file("redis/Values.yaml", "b: 2\n")]),
        ("file and directory", .duplicate, [.file("redis/values.yaml/x")]),
        (
            "2^62 bytes", .malformed,
            [.file("redis/x").declaring([0x80, 0, 0, 0, 0x40] + [UInt8](repeating: 0, count: 7))]
        ),
        ("8 GiB", .tooLarge, [.file("redis/x").declaring(Array("77777777777\0".utf8))]),
        ("directory with a size", .malformed, [.directory("redis/x").declaring(Array("00000000010\0".utf8))]),
        ("before POSIX", .malformed, [.file("redis/x").patched(.magic, "\0\0\0\0\0\0\0\0")]),
        ("wrong checksum", .malformed, [RawEntry(name: Array("redis/x".utf8), broken: [(0, [0x71])])]),
    ]

    @Test(
        "are refused for their own reason where two readers may differ, or for what they are",
        arguments: refused.indices)
    func hostile(_ index: Int) {
        let attack = Self.refused[index]
        let error = #expect(throws: ArchiveError.self, "\(attack.name)") { try Self.paths(Self.sound + attack.entries) }
        #expect(error?.code == attack.code, "\(attack.name): \(error?.message ?? "")")
    }

    @Test("are refused when the frame is not whole")
    func frames() throws {
        let whole = try gzip(tar(Self.sound))
        for count in 0..<whole.count {
            #expect(throws: ArchiveError.self, "\(count) bytes") { try Self.read(Array(whole.prefix(count))) }
        }
        for bytes in [
            whole + [0], try whole + gzip(tar(Self.sound)), try gzip(tar(Self.sound, zeroBlocks: 0)),
            try gzip(tar(Self.sound, zeroBlocks: 1)), try gzip(tar(Self.sound), [1]),
            try gzip(tar(Self.sound), tar([.file("redis/late")])), tar(Self.sound), [],
        ] {
            let error = #expect(throws: ArchiveError.self) { try Self.read(bytes) }
            #expect(error?.code == .malformed, "\(error?.message ?? "")")
        }
    }

    @Test("have the limits of a layer: at each, and one past it")
    func limits() throws {
        // Two headers, and the directory that they imply.
        let bytes = try gzip(tar([.file("redis/a", "12345"), .file("redis/b", "123")]))
        func read(_ change: (inout ArchiveLimits) -> Void) throws -> TarballReader.Contents {
            var limits = ArchiveLimits.capsule
            change(&limits)
            return try TarballReader.read(bytes, limits: limits)
        }
        #expect(try read { $0.entries = 3 }.entries == 3)
        #expect(try read { $0.fileSize = 5 }.files.count == 2)
        #expect(try read { $0.totalSize = 8 }.files.count == 2)
        #expect(try read { $0.compressedSize = Int64(bytes.count) }.files.count == 2)
        for change: (inout ArchiveLimits) -> Void in [
            { $0.entries = 2 }, { $0.fileSize = 4 }, { $0.totalSize = 7 },
            { $0.compressedSize = Int64(bytes.count) - 1 },
            {
                $0.ratio = 1; $0.ratioFloor = 2559
            },
        ] {
            let error = #expect(throws: ArchiveError.self) { try read(change) }
            #expect(error?.code == .tooLarge, "\(error?.message ?? "")")
        }
        // Four blocks and the two at the end.
        #expect(
            try read {
                $0.ratio = 1; $0.ratioFloor = 3072
            }.files.count == 2)
    }

    @Test("count the directories that deep paths imply")
    func implied() throws {
        let deep = (0..<40).map { "redis/\($0)/" + String(repeating: "d/", count: 300) + "x" }
        let entries = deep.flatMap { [RawEntry.pax(paxRecord("path", $0)), .file("x")] }
        let error = #expect(throws: ArchiveError.self) { try Self.paths(entries) }
        #expect(error?.code == .tooLarge)
    }

    @Test("that are bombs stop at the limit")
    func bomb() throws {
        let zeros = [UInt8](repeating: 0, count: 1 << 20)
        let bytes = try Deflater.compress { (gzip) throws(ArchiveError) in
            for index in 0..<8 {
                try gzip.write(RawEntry.file("redis/\(index)").declaring(Array("00050000000\0".utf8)).bytes)
                for _ in 0..<10 { try gzip.write(zeros) }
            }
        }.bytes
        #expect(throws: ArchiveError.self) { try Self.read(bytes) }
        let rest = try gzip(tar(Self.sound), [UInt8](repeating: 0, count: 64 << 20))
        let error = #expect(throws: ArchiveError.self) { try Self.read(rest) }
        #expect(error?.code == .tooLarge)
    }

    @Test(
        "come out with the files that Python's tarfile sees", .enabled(if: Tool.exists("python3")),
        arguments: ["GNU", "PAX", "USTAR"])
    func python(_ format: String) async throws {
        try await withTemporaryDirectory { directory in
            let script = """
                import io, sys, tarfile
                with tarfile.open("a.tgz", "w:gz", format=tarfile.\(format)_FORMAT) as tar:
                    for name in ["redis/Chart.yaml", "redis/templates/" + "n" * 70, "redis/b"]:
                        info = tarfile.TarInfo(name)
                        info.size, info.mtime, info.uname = len(name), 1700000000.5, "me"
                        tar.addfile(info, io.BytesIO(name.encode()))
                with tarfile.open("a.tgz") as tar:
                    for entry in tar: print(entry.name, entry.size)
                """
            let seen = try await Tool.output(["python3", "-c", script], in: directory)
            let files = try Self.read(try readFile("\(directory)/a.tgz"))
            #expect(files.map { "\($0.path) \($0.content.count)" } == seen.split(separator: "\n").map(String.init))
            #expect(files.allSatisfy { $0.content == Array($0.path.utf8) })
        }
    }
}
