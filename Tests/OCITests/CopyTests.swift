import CapsuleTestSupport
import OCI
import Synchronization
import Testing

@Suite("Copying", .timeLimit(.minutes(1)))
struct CopyTests {
    enum Kind: String, CaseIterable { case memory, layout }

    static func withStore<Result>(
        _ kind: Kind, _ body: (any ContentStore) async throws -> Result
    ) async throws -> Result {
        switch kind {
        case .memory: try await body(MemoryStore())
        case .layout:
            try await withTemporaryDirectory { directory in
                try await body(ImageLayout(path: "\(directory)/layout", create: true))
            }
        }
    }

    @Test("moves everything between any two kinds of place", arguments: Kind.allCases, Kind.allCases)
    func pairs(from: Kind, to: Kind) async throws {
        let artifact = try SampleArtifact("pairs", layers: 6)
        let signature = try SampleArtifact("signature", about: artifact.descriptor)
        let memory = MemoryStore()
        try artifact.add(to: memory, tag: "git-1")
        try signature.add(to: memory)
        let tag = try Tag("git-1")
        try await Self.withStore(from) { source in
            try await copy(artifact.descriptor, from: memory, to: source, tag: tag)
            try await Self.withStore(to) { sink in
                let root = try #require(try await source.resolve(tag))
                let report = try await copy(root, from: source, to: sink, tag: tag)
                #expect(report.copied == 8 + 4)
                #expect(report.present == 0)
                #expect(report.attached == [signature.descriptor.digest])
                #expect(try await sink.resolve(tag) == artifact.descriptor.target)
                #expect(try await sink.resolve(artifact.descriptor.digest) == artifact.descriptor.target)
                #expect(try await sink.readAll(root) == 8)
                #expect(try await sink.readAll(signature.descriptor) == 4)
                #expect(
                    try await sink.referrers(of: root.digest) == [try signature.manifest.referrerDescriptor()])
                #expect(try await sink.tags() == [tag])

                let again = try await copy(root, from: source, to: sink, tag: tag)
                #expect(again.copied == 0 && again.present == 12 && again.bytes == 0)
            }
        }
    }
}
