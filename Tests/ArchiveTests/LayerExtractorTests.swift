import Archive
import CapsuleTestSupport
import FoundationEssentials
import Support
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite("Unpacking a layer")
struct LayerExtractorTests {
    @Test("writes every file and directory, 0644 and 0755, and leaves nothing next to them")
    func extract() async throws {
        try await withTemporaryDirectory { directory in
            let items = sampleItems()
            let layer = try LayerWriter.write(items, modified: 1)
            let result = try LayerExtractor.extract(layer, to: "\(directory)/out")
            #expect(result == (try entries(of: layer)))
            for (path, content) in files(in: items) { #expect(try readFile("\(directory)/out/\(path)") == content) }
            #expect(Set(listTree("\(directory)/out")) == Set(result.map(\.path)))
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == ["out"])
            #expect(mode("\(directory)/out") == 0o755)
            for entry in result {
                #expect(mode("\(directory)/out/\(entry.path)") == (entry.kind == .file ? 0o644 : 0o755))
            }
        }
    }

    @Test("does not need to wait for the disk")
    func notDurable() async throws {
        try await withTemporaryDirectory { directory in
            let layer = try LayerWriter.write([.file(path: "release.yaml", content: [7])], modified: 1)
            _ = try LayerExtractor.extract(layer, to: "\(directory)/out/", durable: false)
            #expect(try readFile("\(directory)/out/release.yaml") == [7])
        }
    }

    @Test(
        "refuses a destination that is there, and leaves it as it is",
        arguments: ["directory", "file", "link to a directory", "dangling link"])
    func exists(_ what: String) async throws {
        try await withTemporaryDirectory { directory in
            try writeFile("\(directory)/victim/keep", "kept")
            let out = "\(directory)/out"
            switch what {
            case "directory": try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: false)
            case "file": try writeFile(out, "kept")
            case "dangling link":
                try FileManager.default.createSymbolicLink(atPath: out, withDestinationPath: "nowhere")
            default: try FileManager.default.createSymbolicLink(atPath: out, withDestinationPath: "victim")
            }
            let before = listTree(directory)
            let layer = try LayerWriter.write([.file(path: "release.yaml", content: [7])], modified: 1)
            let error = #expect(throws: ArchiveError.self) { try LayerExtractor.extract(layer, to: out) }
            #expect(error?.code == .exists)
            #expect(listTree(directory) == before)
            #expect(listTree("\(directory)/victim") == ["keep"])
        }
    }

    @Test("refuses destinations that name nothing", arguments: ["", ".", "..", "a/..", "/", "a\0b"])
    func names(_ name: String) throws {
        let layer = try LayerWriter.write([.file(path: "release.yaml", content: [7])], modified: 1)
        let error = #expect(throws: ArchiveError.self) { try LayerExtractor.extract(layer, to: name) }
        #expect(error?.code == .invalidPath)
    }

    @Test("leaves nothing when it is cancelled")
    func cancelled() async throws {
        try await withTemporaryDirectory { directory in
            let layer = try LayerWriter.write(sampleItems(), modified: 1)
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try LayerExtractor.extract(layer, to: "\(directory)/out")
            }
            await #expect(throws: CancellationError.self) { try await task.value }
            #expect(listTree(directory) == [])
        }
    }

    @Test("says which directory is missing")
    func noParent() async throws {
        try await withTemporaryDirectory { directory in
            let layer = try LayerWriter.write([.file(path: "release.yaml", content: [7])], modified: 1)
            let error = #expect(throws: ArchiveError.self) {
                try LayerExtractor.extract(layer, to: "\(directory)/absent/out")
            }
            #expect(error?.code == .io)
            #expect(error?.message.contains("\(directory)/absent") == true)
        }
    }

    // In processes of their own: the umask and the limits below are the whole process's.
    @Test("gives the same modes under a strict umask")
    func strictUmask() async {
        await #expect(processExitsWith: .success) {
            _ = umask(0o077)
            try await withTemporaryDirectory { directory in
                let layer = try LayerWriter.write(sampleItems(), modified: 1)
                for entry in try LayerExtractor.extract(layer, to: "\(directory)/out") {
                    try #require(mode("\(directory)/out/\(entry.path)") == (entry.kind == .file ? 0o644 : 0o755))
                }
                try #require(mode("\(directory)/out") == 0o755)
            }
        }
    }

    @Test("leaves nothing when the disk is full in the middle of a file")
    func fullDisk() async {
        await #expect(processExitsWith: .success) {
            signal(SIGXFSZ, SIG_IGN)
            var limit = rlimit(rlim_cur: 1 << 20, rlim_max: 1 << 20)
            try #require(setrlimit(fileSizeResource, &limit) == 0)
            try await withTemporaryDirectory { directory in
                let layer = try LayerWriter.write(
                    [
                        .file(path: "release.yaml", content: [7]), .file(path: "package/a/b", content: [7]),
                        .file(path: "package/large", content: pattern(2 << 20)),
                    ], modified: 1)
                let error = #expect(throws: ArchiveError.self) {
                    try LayerExtractor.extract(layer, to: "\(directory)/out")
                }
                try #require(error?.code == .io)
                try #require(error?.message.contains("package/large") == true)
                try #require(listTree(directory) == [])
            }
        }
    }
}

#if canImport(Glibc)
    private let fileSizeResource = __rlimit_resource_t(RLIMIT_FSIZE.rawValue)
#else
    private let fileSizeResource = RLIMIT_FSIZE
#endif

private func mode(_ path: String) -> mode_t {
    var status = stat()
    return lstat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
}
