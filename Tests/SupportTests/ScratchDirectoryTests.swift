import CapsuleTestSupport
import Foundation
import Support
import Testing

@Suite("Directories of temporary files")
struct ScratchDirectoryTests {
    @Test("those that no process has locked are removed, and nothing else")
    func stale() async throws {
        try await withTemporaryDirectory { parent in
            let live = try ScratchDirectory.make(in: parent)
            try writeFile("\(live.path)/used", "")
            try writeFile("\(parent)/capsule-scratch-killed/new.git/HEAD", "")
            try writeFile("\(parent)/capsule-scratch-file", "")
            try writeFile("\(parent)/capsule-tests-other/file", "")
            try writeFile("\(parent)/elsewhere/file", "")
            try FileManager.default.createSymbolicLink(
                atPath: "\(parent)/capsule-scratch-link", withDestinationPath: "\(parent)/elsewhere")
            ScratchDirectory.removeStale(in: parent)
            let name = live.path.split(separator: "/").last.map(String.init) ?? ""
            let kept = ["capsule-scratch-file", "capsule-scratch-link", "capsule-tests-other", "elsewhere", name]
            #expect(try FileManager.default.contentsOfDirectory(atPath: parent).sorted() == kept.sorted())
            #expect(FileManager.default.fileExists(atPath: "\(live.path)/used"))
            live.end()
            #expect(!FileManager.default.fileExists(atPath: live.path))
        }
    }

    @Test("the first of a process removes what others left")
    func first() async throws {
        try await withTemporaryDirectory { parent in
            try writeFile("\(parent)/capsule-scratch-killed/file", "")
            let first = try ScratchDirectory.make(in: parent)
            let isRemoved = try await eventually {
                !FileManager.default.fileExists(atPath: "\(parent)/capsule-scratch-killed")
            }
            #expect(isRemoved)
            #expect(try FileManager.default.attributesOfItem(atPath: first.path)[.posixPermissions] as? Int == 0o700)
            let second = try ScratchDirectory.make(in: parent)
            #expect(first.path != second.path)
            first.end()
            second.end()
        }
    }
}
