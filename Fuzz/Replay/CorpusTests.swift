import FoundationEssentials
import Testing

/// Replays the findings of `make fuzz`, and the seeds of its corpora.
@Suite("Corpora of the fuzzer")
struct CorpusTests {
    private static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Corpora")

    @Test("every file passes", arguments: FuzzTarget.all)
    func replay(target: FuzzTarget) throws {
        let directory = Self.directory.appendingPathComponent(target.name)
        let names = try FileManager.default.contentsOfDirectory(atPath: directory.path)
        #expect(names.count > 5)
        for name in names.sorted() {
            let bytes = try [UInt8](Data(contentsOf: directory.appendingPathComponent(name)))
            #expect(throws: Never.self, "\(name)") { try target.check(bytes) }
        }
    }

    @Test("every corpus has a target")
    func names() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.directory.path)
        #expect(names.sorted() == FuzzTarget.all.map(\.name).sorted())
    }
}
