import Archive
import CapsuleTestSupport
import Testing

@Suite("Other people's tar programs")
struct OtherToolsTests {
    /// Prints what Python sees: kind, mode, owner, time, size and name of each entry, strictly read.
    static let python = """
        import sys, tarfile
        with tarfile.open(sys.argv[1], "r:gz") as tar:
            for entry in tar:
                kind = "d" if entry.isdir() else "f" if entry.isreg() else "?"
                size = len(tar.extractfile(entry).read()) if kind == "f" else 0
                owner = f"{entry.uid}/{entry.gid}/{entry.uname}/{entry.gname}"
                print(kind, oct(entry.mode), owner, entry.mtime, size, entry.name)
        """

    @Test("Python's tarfile sees the same entries", .enabled(if: Tool.exists("python3")))
    func tarfile() async throws {
        try await withTemporaryDirectory { directory in
            let layer = try LayerWriter.write(sampleItems(), modified: 1_700_000_000)
            try writeFile("\(directory)/layer.tgz", layer)
            let seen = try await Tool.output(["python3", "-c", Self.python, "\(directory)/layer.tgz"])
            #expect(
                try seen.split(separator: "\n").map(String.init)
                    == entries(of: layer).map { entry in
                        (entry.kind == .file ? "f 0o644" : "d 0o755")
                            + " 0/0// 1700000000 \(entry.size) \(entry.path)"
                    })
        }
    }

    @Test("GNU tar and bsdtar list and unpack the same entries", arguments: ["tar", "bsdtar"].filter(Tool.exists))
    func unpack(_ program: String) async throws {
        try await withTemporaryDirectory { directory in
            let items = sampleItems()
            let layer = try LayerWriter.write(items, modified: 1_700_000_000)
            try writeFile("\(directory)/layer.tgz", layer)
            let listed = try await Tool.output(
                [program, "-tzf", "\(directory)/layer.tgz"] + (program == "tar" ? ["--quoting-style=literal"] : []))
            let expected = try entries(of: layer).map { $0.kind == .file ? $0.path : $0.path + "/" }
            #expect(listed.split(separator: "\n").map(String.init) == expected)

            try writeFile("\(directory)/out/.keep", "")
            try await Tool.output([program, "-xzf", "\(directory)/layer.tgz", "-C", "\(directory)/out"])
            for (path, content) in files(in: items) { #expect(try readFile("\(directory)/out/\(path)") == content) }
            #expect(
                Set(listTree("\(directory)/out")).subtracting([".keep"]) == Set(try entries(of: layer).map(\.path)))
        }
    }
}
