import CapsuleTestSupport
import FoundationEssentials
import Support
import Testing

@Suite("Files")
struct FileTests {
    @Test("are read up to the limit, and the message says which file is larger than which limit")
    func limit() async throws {
        try await withTemporaryDirectory { directory in
            let path = "\(directory)/a"
            try writeFile(path, "1234")
            #expect(try SmallFile.content(of: path, limit: 4) == Array("1234".utf8))
            let large = #expect(throws: FileError.self) { try SmallFile.content(of: path, as: "the policy", limit: 3) }
            #expect(large?.code == .limitExceeded)
            #expect(large?.message == "the policy is larger than the limit of 3 bytes")
            let missing = #expect(throws: FileError.self) { try SmallFile.content(of: "\(path)\n", limit: 3) }
            #expect(missing?.code == .notFound)
            #expect(missing?.message == "\"\(path)\\u{a}\" cannot be read: No such file or directory")
            let remedy = #expect(throws: FileError.self) {
                try SmallFile.content(of: "\(path)b", as: "b", limit: 3, remedy: "write it")
            }
            #expect(remedy?.message == "b cannot be read: No such file or directory; write it")
        }
    }

    @Test("that are new never replace a file, a directory or a dangling link")
    func exclusive() async throws {
        try await withTemporaryDirectory { directory in
            try FileManager.default.createSymbolicLink(
                atPath: "\(directory)/link", withDestinationPath: "\(directory)/victim")
            try writeFile("\(directory)/file", "theirs")
            for name in ["file", "link"] {
                let error = #expect(throws: FileError.self) { try NewFile.write([1], to: "\(directory)/\(name)") }
                #expect(error?.code == .io)
                #expect(error?.message.contains("exists and is left as it is") == true)
            }
            try NewFile.write([1], to: "\(directory)/new", mode: 0o600)
            #expect(try readFile("\(directory)/new") == [1])
            #expect(Set(listTree(directory)) == ["file", "link", "new"])
            #expect(try readFile("\(directory)/file") == Array("theirs".utf8))
        }
    }

    @Test("are replaced in one step; what a killed process left is removed, what another writes stays")
    func replace() async throws {
        try await withTemporaryDirectory { directory in
            try writeFile("\(directory)/.partial-dead", "half")
            for durable in [true, false] {
                try SmallFile.replace("a", with: [durable ? 1 : 2], in: directory, durable: durable)
            }
            #expect(try readFile("\(directory)/a") == [2])
            #expect(listTree(directory) == ["a"])
        }
    }
}

@Suite("A new directory")
struct NewDirectoryTests {
    @Test("appears with all files and directories", arguments: [true, false])
    func whole(durable: Bool) async throws {
        try await withTemporaryDirectory { directory in
            try NewDirectory.write(
                [("a/b/c", [1]), ("d", [2])], directories: ["e", "e/f"], to: "\(directory)/out/", durable: durable)
            #expect(Set(listTree("\(directory)/out")).isSuperset(of: ["a/b/c", "d"]))
            #expect(FileManager.default.fileExists(atPath: "\(directory)/out/e/f"))
            #expect(try readFile("\(directory)/out/a/b/c") == [1])
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == ["out"])
        }
    }

    @Test("does not appear when a file cannot be written, and nothing is left")
    func failed() async throws {
        try await withTemporaryDirectory { directory in
            for second in ["a", "a/b"] {
                #expect(throws: FileError.self) {
                    try NewDirectory.write([("a", [1]), (second, [2])], to: "\(directory)/out")
                }
                #expect(listTree(directory) == [])
            }
        }
    }

    @Test("replaces nothing, and is refused early where it cannot be made")
    func refused() async throws {
        try await withTemporaryDirectory { directory in
            try writeFile("\(directory)/file", "theirs")
            try FileManager.default.createDirectory(atPath: "\(directory)/empty", withIntermediateDirectories: false)
            for (path, says) in [
                ("file", "exists and is left as it is"), ("empty", "exists and is left as it is"),
                ("gone/out", "there is no directory"), ("file/out", "there is no directory"),
                ("..", "does not name a new directory"),
            ] {
                let path = "\(directory)/\(path)"
                let early = #expect(throws: FileError.self) { try NewDirectory.check(path) }
                #expect(early?.message.contains(says) == true, "\(early?.message ?? "")")
                let late = #expect(throws: FileError.self) { try NewDirectory.write([("a", [1])], to: path) }
                #expect(late?.message.contains(says) == true, "\(late?.message ?? "")")
            }
            try NewDirectory.check("\(directory)/out")
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory).sorted() == ["empty", "file"])
        }
    }

    @Test("removes what a killed process left for the same name, and leaves alone what another fills")
    func stale() async throws {
        try await withTemporaryDirectory { directory in
            try writeFile("\(directory)/.out.partial-1f/a/b", "half")
            try writeFile("\(directory)/.other.partial-1f/a", "theirs")
            let staged = try #require(StagedPath("\(directory)/out"))
            let living = try PartialDirectory.make(for: staged)
            defer { living.end() }
            try NewDirectory.write([("a", [1])], to: "\(directory)/out")
            #expect(FileManager.default.fileExists(atPath: living.path))
            #expect(try !living.commit(durable: false))
            #expect(!FileManager.default.fileExists(atPath: "\(directory)/.out.partial-1f"))
            #expect(FileManager.default.fileExists(atPath: "\(directory)/.other.partial-1f/a"))
        }
    }
}
