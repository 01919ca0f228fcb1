import CapsuleTestSupport
import FoundationEssentials
import Testing

@testable import Archive

@Suite("A staged tree")
struct StagedTreeTests {
    private static let entry = ArchiveEntry.file("release.yaml")

    @Test("has its name only when it is committed")
    func commit() async throws {
        try await withTemporaryDirectory { directory in
            try StagedTree.with("\(directory)/out") { tree in
                try tree.add(Self.entry, [7])
                #expect(!FileManager.default.fileExists(atPath: "\(directory)/out"))
                try tree.commit()
                #expect(try readFile("\(directory)/out/release.yaml") == [7])
            }
            #expect(Set(listTree(directory)) == ["out", "out/release.yaml"])
        }
    }

    @Test("leaves nothing when it is not committed, and when what fills it fails")
    func abandoned() async throws {
        try await withTemporaryDirectory { directory in
            try StagedTree.with("\(directory)/out") { try $0.add(Self.entry, [7]) }
            #expect(listTree(directory) == [])
            await #expect(throws: CancellationError.self) {
                try await StagedTree.with("\(directory)/out") { tree in
                    try tree.add(Self.entry, [7])
                    try await Task.sleep(for: .zero)
                    throw CancellationError()
                }
            }
            #expect(listTree(directory) == [])
        }
    }

    @Test("does not take a name that was taken while it was filled")
    func race() async throws {
        try await withTemporaryDirectory { directory in
            let error = #expect(throws: ArchiveError.self) {
                try StagedTree.with("\(directory)/out") { tree in
                    try tree.add(Self.entry, [7])
                    try writeFile("\(directory)/out", "theirs")
                    try tree.commit()
                }
            }
            #expect(error?.code == .exists)
            #expect(listTree(directory) == ["out"])
        }
    }

    @Test("clears away what a killed process left for the same name")
    func stale() async throws {
        try await withTemporaryDirectory { directory in
            try writeFile("\(directory)/.out.partial-1f/package/deep/file", "half")
            try writeFile("\(directory)/victim/keep", "kept")
            try FileManager.default.createSymbolicLink(
                atPath: "\(directory)/.out.partial-1f/package/link", withDestinationPath: "../../victim")
            try StagedTree.with("\(directory)/out") { try $0.commit() }
            #expect(Set(listTree(directory)) == ["out", "victim", "victim/keep"])
        }
    }

    @Test("leaves alone what a living process fills, and what only looks like a partial directory")
    func living() async throws {
        try await withTemporaryDirectory { directory in
            let others = [".out.partial-", ".out.partial-x", ".out.partial-12345678901234567", ".other.partial-1f"]
            for name in others { try writeFile("\(directory)/\(name)/file", "theirs") }
            try writeFile("\(directory)/.out.partial-2f", "a file")
            try FileManager.default.createSymbolicLink(
                atPath: "\(directory)/.out.partial-3f", withDestinationPath: ".out.partial-x")
            let before = Set(listTree(directory))
            try StagedTree.with("\(directory)/out") { first in
                try first.add(Self.entry, [7])
                try StagedTree.with("\(directory)/out") { second in
                    try second.add(Self.entry, [8])
                }
                try first.commit()
            }
            #expect(Set(listTree(directory)) == before.union(["out", "out/release.yaml"]))
            #expect(try readFile("\(directory)/out/release.yaml") == [7])
        }
    }
}

extension ArchiveEntry {
    /// A file as a reader would give it.
    fileprivate static func file(_ path: String) -> ArchiveEntry {
        ArchiveEntry(path: path, kind: .file, size: 1, modified: 0)
    }
}
