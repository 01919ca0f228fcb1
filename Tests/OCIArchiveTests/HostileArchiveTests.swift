import Archive
import CapsuleTestSupport
import OCI
import OCIArchive
import Support
import Testing

@Suite("Hostile archives")
struct HostileArchiveTests {
    /// A file that is not the tar of an OCI layout.
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let code: OCIError.Code
        let bytes: @Sendable () -> [UInt8]

        init(_ name: String, _ code: OCIError.Code, _ bytes: @autoclosure @escaping @Sendable () -> [UInt8]) {
            testDescription = name
            self.code = code
            self.bytes = bytes
        }
    }

    static let blob = Array("blob".utf8)
    static let blobName = "blobs/sha256/\(Digest.sha256(of: blob).hex)"

    static let cases: [Case] = [
        Case("empty file", .invalidManifest, []),
        Case("zeros", .invalidManifest, end),
        Case("text", .contentMismatch, Array("this is not a tar".utf8)),
        Case("noise", .invalidManifest, [UInt8](repeating: 0x41, count: 2048)),
        Case("gzip", .unsupported, [0x1F, 0x8B, 8, 0] + end),
        Case("zstd", .unsupported, [0x28, 0xB5, 0x2F, 0xFD] + end),
        Case("no marker", .invalidManifest, emptyIndex + end),
        Case("no index", .invalidManifest, marker + end),
        Case(
            "unknown version", .invalidManifest,
            entry("oci-layout", Array(#"{"imageLayoutVersion":"9"}"#.utf8)) + emptyIndex),
        Case("marker is not JSON", .invalidManifest, entry("oci-layout", [1]) + emptyIndex),
        Case("index is not JSON", .invalidManifest, marker + entry("index.json", [1]) + end),
        Case("huge marker", .tooLarge, entry("oci-layout", [UInt8](repeating: 0x20, count: 5000)) + emptyIndex),
        Case("marker twice", .invalidManifest, marker + marker + emptyIndex + end),
        Case("index twice", .invalidManifest, marker + emptyIndex + emptyIndex + end),
        Case("index twice, once behind ./", .invalidManifest, marker + emptyIndex + entry("./index.json", [1]) + end),
        Case("blob twice", .invalidManifest, marker + emptyIndex + entry(blobName, blob) + entry(blobName, blob)),
        Case("index is a symbolic link", .unsupported, marker + entry("index.json", type: "2", link: "/etc/passwd")),
        Case("index is a hard link", .unsupported, marker + entry("index.json", type: "1", link: "oci-layout")),
        Case("index is a directory", .unsupported, marker + entry("index.json", type: "5")),
        Case(
            "blob is a symbolic link", .unsupported,
            marker + emptyIndex + entry(blobName, type: "2", link: "/etc/passwd")),
        Case("blob is a fifo", .unsupported, marker + emptyIndex + entry(blobName, type: "6")),
        Case("blob is a device", .unsupported, marker + emptyIndex + entry(blobName, type: "3")),
        Case("blob is a sparse file", .unsupported, marker + emptyIndex + entry(blobName, blob, type: "S")),
        Case(
            "blob is sparse by pax", .unsupported,
            marker + emptyIndex + pax(("GNU.sparse.realsize", "99")) + entry(blobName, blob)),
        Case("2^62 in base 256", .contentMismatch, marker + emptyIndex + entry(blobName, blob, size: base256(1 << 62))),
        Case(
            "2^63 - 1 in base 256", .contentMismatch, marker + emptyIndex + entry(blobName, blob, size: base256(.max))),
        Case(
            "negative in base 256", .invalidManifest, marker + emptyIndex + entry(blobName, blob, size: base256(-512))),
        Case(
            "past 64 bits", .invalidManifest,
            marker + emptyIndex + entry(blobName, size: [0x80] + [UInt8](repeating: 0xFF, count: 11))),
        Case(
            "8 GiB in octal", .contentMismatch, marker + emptyIndex + entry("other", size: Array("77777777777\0".utf8))),
        Case(
            "2^62 in pax", .contentMismatch,
            marker + emptyIndex + pax(("size", "4611686018427387904")) + entry(blobName, blob)),
        Case("negative in pax", .invalidManifest, marker + emptyIndex + pax(("size", "-1")) + entry(blobName, blob)),
        Case(
            "past 64 bits in pax", .invalidManifest,
            marker + emptyIndex + pax(("size", "99999999999999999999")) + entry(blobName, blob)),
        Case(
            "one byte past the end", .contentMismatch,
            marker + emptyIndex + Array(entry(blobName, [UInt8](repeating: 1, count: 512)).dropLast())),
        Case("cut in a header", .contentMismatch, marker + emptyIndex + entry(blobName, blob).prefix(100)),
        Case("wrong checksum", .invalidManifest, marker + emptyIndex.map { $0 == 0x69 ? 0x68 : $0 } + end),
        Case(
            "letters for a size", .invalidManifest,
            marker + emptyIndex + entry(blobName, blob, size: Array("0000000000z\0".utf8))),
        Case("global size", .invalidManifest, pax(("size", "0"), type: "g") + marker + emptyIndex + end),
        Case("global path", .invalidManifest, pax(("path", "x"), type: "g") + marker + emptyIndex + end),
        Case(
            "two pax headers", .invalidManifest,
            marker + emptyIndex + pax(("path", "x")) + pax(("path", blobName)) + entry("y", blob)),
        Case(
            "two paths in one", .invalidManifest,
            marker + emptyIndex + pax(("path", "x"), ("path", blobName)) + entry("y", blob)),
        Case(
            "pax and GNU names", .invalidManifest,
            marker + emptyIndex + pax(("path", "x")) + entry("././@LongLink", Array("y\0".utf8), type: "L") + entry("z")
        ),
        Case(
            "malformed pax", .invalidManifest,
            marker + emptyIndex + entry("PaxHeader", Array("9 x\n".utf8), type: "x") + entry("y", blob)),
        Case(
            "huge pax header", .invalidManifest,
            marker + emptyIndex + entry("PaxHeader", [UInt8](repeating: 0x20, count: 70_000), type: "x")),
        Case("pax header at the end", .invalidManifest, marker + emptyIndex + pax(("path", blobName)) + end),
        Case(
            "too many entries", .tooLarge,
            marker + emptyIndex + [[UInt8]](repeating: entry("x"), count: 100_001).flatMap { $0 }),
    ]

    @Test("are refused, each for its reason, quickly", .timeLimit(.minutes(1)), arguments: cases)
    func refused(_ hostile: Case) async throws {
        let bytes = hostile.bytes()
        try await withTemporaryDirectory { directory in
            try writeFile("\(directory)/a.tar", bytes)
            let clock = ContinuousClock()
            let start = clock.now
            let error = #expect(throws: OCIError.self) { try ImageArchive(path: "\(directory)/a.tar") }
            #expect(error?.code == hostile.code, "\(error?.message ?? "")")
            #expect(clock.now - start < .seconds(10))
        }
    }

    @Test("every cut of an archive is refused, or has all its content")
    func cuts() async throws {
        let whole = marker + emptyIndex + entry(Self.blobName, Self.blob) + end
        let descriptor = Descriptor(mediaType: "text/plain", content: Self.blob)
        try await withTemporaryDirectory { directory in
            for count in stride(from: 0, to: whole.count, by: 7) {
                try writeFile("\(directory)/a.tar", Array(whole.prefix(count)))
                guard let archive = try? ImageArchive(path: "\(directory)/a.tar") else { continue }
                do {
                    #expect(try await archive.bytes(of: descriptor, limit: 10) == Self.blob)
                } catch let error as OCIError {
                    #expect(error.code == .notFound)
                }
            }
        }
    }

    @Test("entries that are not part of the layout do no harm")
    func others() async throws {
        try await withTemporaryDirectory { directory in
            let bytes =
                pax(("comment", "0cc4cd87"), type: "g") + entry("../../etc/passwd", [1]) + entry("/etc/passwd", [1])
                + entry("repositories", type: "2", link: "/etc/passwd") + entry("blobs/sha256/../../x", [1])
                + entry("manifest.json", [1]) + entry("manifest.json", [2])
                + entry("blobs/sha256/\(String(repeating: "A", count: 64))", [1]) + entry("blobs/md5/abc", [1])
                + pax(("mtime", "1.5"), ("path", "./oci-layout")) + marker + emptyIndex
                + entry(Self.blobName, Self.blob, magic: "ustar  \0")
            try writeFile("\(directory)/a.tar", bytes)
            let archive = try ImageArchive(path: "\(directory)/a.tar")
            let descriptor = Descriptor(mediaType: "text/plain", content: Self.blob)
            #expect(try await archive.bytes(of: descriptor, limit: 10) == Self.blob)
        }
    }

    @Test("a blob whose name is not its digest is not given out")
    func lying() async throws {
        try await withTemporaryDirectory { directory in
            try writeFile("\(directory)/a.tar", marker + emptyIndex + entry(Self.blobName, Array("evil".utf8)) + end)
            let archive = try ImageArchive(path: "\(directory)/a.tar")
            let error = await #expect(throws: OCIError.self) {
                try await archive.bytes(of: Descriptor(mediaType: "text/plain", content: Self.blob), limit: 10)
            }
            #expect(error?.code == .contentMismatch)
        }
    }

    @Test("a missing file, a directory and a named pipe are told apart, without waiting", .timeLimit(.minutes(1)))
    func notFiles() async throws {
        try await withTemporaryDirectory { directory in
            #expect(throws: OCIError.self) { try ImageArchive(path: directory) }
            let missing = #expect(throws: OCIError.self) { try ImageArchive(path: "\(directory)/absent") }
            #expect(missing?.code == .notFound)
            try await Tool.output(["mkfifo", "\(directory)/pipe"])
            let pipe = #expect(throws: OCIError.self) { try ImageArchive(path: "\(directory)/pipe") }
            #expect(pipe?.code == .unsupported)
        }
    }

    private static func base256(_ value: Int64) -> [UInt8] {
        let sign: UInt8 = value < 0 ? 0xFF : 0
        return [value < 0 ? 0xFF : 0x80, sign, sign, sign] + withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }
}
