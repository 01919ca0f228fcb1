import Archive
import CapsuleCore
import CapsuleReports
import CapsuleTestSupport
import OCI
import ReleaseTestSupport
import Testing

@testable import CapsuleTrust

@Suite("Verifying and unpacking in one pass", .timeLimit(.minutes(1)))
struct UnpackTests {
    /// A package with a file that the checks have no use for.
    private static func variant() -> Variant {
        var variant = Variant()
        variant.files.append(("base/data/large.bin", "not for the checks\n"))
        return variant
    }

    private static func unpack(_ variant: Variant, to directory: String) async throws -> UnpackVerdict {
        let made = try variant.make()
        let request = VerificationRequest(
            capsule: ArtifactReference(made.store.reference, tag: try Tag(variant.tag)), source: made.store,
            imageRepository: try Repository(Variant.imageRepository), packageKind: .kustomize)
        return try await Verifier(opener: MemoryOpener([try Variant.imageStore()])).unpack(request, to: directory)
    }

    @Test("gives the files their place when every check has passed") func sound() async throws {
        try await withTemporaryDirectory { directory in
            guard
                case .unpacked(let unpacked, let report) = try await Self.unpack(Self.variant(), to: "\(directory)/out")
            else {
                Issue.record("rejected")
                return
            }
            #expect(report.ok)
            for (path, content) in Self.variant().files {
                #expect(try readFile("\(unpacked.packageDirectory)/\(path)") == Array(content.utf8))
            }
            let package = try unpacked.capsule.package()
            #expect(package.digest == unpacked.capsule.packageDigest)
            #expect(
                package.files.map { "\($0.path)=\(String(decoding: $0.content, as: UTF8.self))" }
                    == Self.variant().files.map { "\($0)=\($1)" }.sorted())
        }
    }

    @Test("leaves nothing when a check fails, at the end as in the middle", arguments: ["digest", "sbom", "layer"])
    func rejected(_ what: String) async throws {
        var variant = Self.variant()
        switch what {
        case "digest": variant.release = { $0.package.digest = .sha256(of: [1]) }
        case "sbom": variant.items = { items in items.removeAll { $0.isSBOM } }
        default: variant.layer = { $0 + [0] }
        }
        try await withTemporaryDirectory { directory in
            guard case .rejected(let report) = try await Self.unpack(variant, to: "\(directory)/out") else {
                Issue.record("unpacked")
                return
            }
            #expect(!report.ok)
            #expect(listTree(directory) == [])
        }
    }

    @Test("does not start where something is already") func exists() async throws {
        try await withTemporaryDirectory { directory in
            try writeFile("\(directory)/out/keep", "kept")
            let error = await #expect(throws: ArchiveError.self) {
                _ = try await Self.unpack(Self.variant(), to: "\(directory)/out")
            }
            #expect(error?.code == .exists)
            #expect(Set(listTree(directory)) == ["out", "out/keep"])
        }
    }

    @Test("reads a resource whatever its name is", arguments: ["a: [", "a: 1\na: 2\n"])
    func oddResource(_ content: String) async throws {
        var variant = Variant()
        variant.files[0].1 = "resources:\n  - deployment.yaml\n  - odd.bin\n"
        variant.files.append(("base/odd.bin", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n"))
        let sound = try await variant.verify()
        #expect(sound.report.ok, "\(sound.report.text())")
        variant.files[2].1 = content
        let failures = try await variant.verify().report.failures
        #expect(failures.map(\.id) == ["package.closed"])
        #expect(failures.first?.reason?.contains("odd.bin") == true)
    }

    @Test("holds an SBOM to what it says about every file", arguments: ["SHA1", "SHA256", "SHA512"])
    func sbomOfData(_ algorithm: String) async throws {
        var variant = Self.variant()
        variant.items = { items in
            try items.changeSBOM { text in
                let start = try #require(text.range(of: "large.bin"))
                let checksum = try #require(text.range(of: "\"algorithm\": \"SHA1\"", from: start.upperBound))
                text.replaceSubrange(checksum, with: "\"algorithm\": \"\(algorithm)\"")
                let value = try #require(text.range(of: "\"checksumValue\": \"", from: checksum.lowerBound))
                text.replaceSubrange(value, with: "\"checksumValue\": \"00")
            }
        }
        let failures = try await variant.verify().report.failures
        #expect(failures.map(\.id) == ["metadata.sbom"])
        #expect(failures.first?.reason?.contains("data/large.bin\" the \(algorithm)") == true)
    }

    @Test("throws when a layer cannot be read again, instead of giving an empty file") func failure() throws {
        let files = DeferredFileContents([1, 2, 3], kind: .capsule) { _ in true }
        for _ in 0..<2 { #expect(throws: ArchiveError.self) { try files.content(of: "package/x") } }
        let layer = try LayerWriter.write(
            [.file(path: "release.yaml", content: [0]), .file(path: "package/x", content: [1])], modified: 0)
        let other = DeferredFileContents(layer, kind: .capsule) { _ in true }
        #expect(try other.content(of: "package/x") == [1])
        let error = #expect(throws: ArchiveError.self) { try other.content(of: "package/y") }
        #expect(error?.code == .io)
    }
}

extension LayerItem {
    fileprivate var isSBOM: Bool {
        if case .file("metadata/sbom.json", _) = self { true } else { false }
    }
}

extension [LayerItem] {
    fileprivate mutating func changeSBOM(_ change: (inout String) throws -> Void) throws {
        for index in indices {
            guard case .file(let path, let content) = self[index], self[index].isSBOM else { continue }
            var text = String(decoding: content, as: UTF8.self)
            try change(&text)
            self[index] = .file(path: path, content: [UInt8](text.utf8))
        }
    }
}

extension String {
    fileprivate func range(of text: String, from start: Index? = nil) -> Range<Index>? {
        self[(start ?? startIndex)...].firstRange(of: text)
    }
}
