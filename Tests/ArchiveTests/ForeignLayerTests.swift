import CapsuleTestSupport
import Testing

@testable import Archive

@Suite("Layers that other programs make by the rules of the format")
struct ForeignLayerTests {
    static let items: [LayerItem] = [
        .file(path: "release.yaml", content: Array("x: 1\n".utf8)),
        .directory(path: "metadata"), .file(path: "metadata/sbom.json", content: Array("{}".utf8)),
        .directory(path: "package"), .directory(path: "package/kustomize"),
        .file(path: "package/kustomize/a.yaml", content: pattern(3000)),
        .directory(path: "package/kustomize/" + String(repeating: "n", count: 80)),
        .file(path: "package/kustomize/" + String(repeating: "n", count: 80) + "/long.yaml", content: [1]),
        .directory(path: "package/kustomize/z"),
    ]

    @Test("Python's tarfile and gzip make the very bytes that we make", .enabled(if: Tool.exists("python3")))
    func python() async throws {
        try await withTemporaryDirectory { directory in
            let ours = try LayerWriter.write(Self.items, modified: 1_700_000_000)
            let script = """
                import gzip, io, sys, tarfile
                source, target = (gzip.decompress(open(sys.argv[1], "rb").read()), sys.argv[2])
                stream = io.BytesIO()
                for entry in tarfile.open(fileobj=io.BytesIO(source)):
                    made = tarfile.TarInfo(entry.name)
                    made.type, made.size, made.mtime = entry.type, entry.size, 1700000000
                    made.mode = 0o755 if entry.isdir() else 0o644
                    header = bytearray(made.tobuf(tarfile.USTAR_FORMAT))
                    # Device numbers: Python leaves them empty, we write zeros, as Go and GNU tar do.
                    header[329:345] = b"0000000\\0" * 2
                    header[148:156] = b" " * 8
                    header[148:156] = b"%06o\\0 " % sum(header)
                    stream.write(header)
                    if entry.isfile():
                        data = tarfile.open(fileobj=io.BytesIO(source)).extractfile(entry.name).read()
                        stream.write(data + bytes(-len(data) % 512))
                stream.write(bytes(1024))
                with open(target, "wb") as out:
                    with gzip.GzipFile(filename="", fileobj=out, mode="wb", compresslevel=6, mtime=0) as zipped:
                        zipped.write(stream.getvalue())
                """
            try writeFile("\(directory)/ours.tgz", ours)
            try await Tool.output(["python3", "-c", script, "\(directory)/ours.tgz", "\(directory)/theirs.tgz"])
            let theirs = try readFile("\(directory)/theirs.tgz")
            #expect(try entries(of: theirs) == entries(of: ours))
            #expect(theirs == ours)
        }
    }

    @Test(
        "tar programs make tars that we read",
        arguments: [
            ["tar", "--format=ustar", "--owner=0", "--group=0", "--numeric-owner"],
            ["bsdtar", "--format=ustar", "--uid=0", "--gid=0", "--uname=", "--gname="],
        ].filter { Tool.exists($0[0]) })
    func programs(_ command: [String]) async throws {
        try await withTemporaryDirectory { directory in
            let ours = try LayerWriter.write(Self.items, modified: 1_700_000_000)
            _ = try LayerExtractor.extract(ours, to: "\(directory)/tree", durable: false)
            let paths = try entries(of: ours).map(\.path)
            try await Tool.output(["touch", "-d", "@1700000000"] + paths.reversed(), in: "\(directory)/tree")
            try writeFile("\(directory)/names", paths.joined(separator: "\n") + "\n")
            try await Tool.output(
                command + ["-b", "1", "--no-recursion", "-cf", "\(directory)/layer.tar", "-T", "\(directory)/names"],
                in: "\(directory)/tree")
            let layer = try gzip(readFile("\(directory)/layer.tar"))
            #expect(try entries(of: layer) == entries(of: ours))
        }
    }

    @Test("other names for directories, other splits of a name and UTF-8 in ustar are the same entries")
    func variants() throws {
        let path = "package/dir/" + String(repeating: "x", count: 30) + "/" + String(repeating: "y", count: 60)
        let parent = "package/dir/" + String(repeating: "x", count: 30)
        let last = String(repeating: "y", count: 60)
        for entries in [
            [RawEntry.directory(parent), RawEntry.file(last).patched(.prefix, parent)],
            [.directory(parent + "/"), RawEntry.file(String(path.dropFirst(8))).patched(.prefix, "package")],
            [
                .pax(paxRecord("path", path + "/")), RawEntry.directory("x"), .pax(paxRecord("path", path + "/z")),
                .file("y"),
            ],
        ] {
            let start = entries.count == 4 ? soundStart + [.directory(parent)] : soundStart
            let seen = try ArchiveTests.entries(of: gzip(tar(start + entries)))
            #expect(seen.contains { $0.path == path })
        }
        #expect(try ArchiveTests.entries(of: gzip(tar(soundStart + [.file("package/dir/日本")]))).count == 5)
        #expect(
            try ArchiveTests.entries(
                of: gzip(tar(soundStart + [.pax(paxRecord("path", "package/dir/日本")), .file("x")]))
            )
            .last?.path == "package/dir/日本")
    }
}
