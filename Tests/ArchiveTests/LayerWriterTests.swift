import Archive
import CapsuleTestSupport
import OCI
import Support
import Testing

@Suite("Writing a layer")
struct LayerWriterTests {
    @Test("puts release.yaml first, sorts the rest by bytes, and adds the directories")
    func order() throws {
        let layer = try LayerWriter.write(
            [
                .file(path: "package/kustomize/base/a.yaml", content: [1]),
                .file(path: "package/kustomize/base-2/b.yaml", content: [2, 3]),
                .directory(path: "package/kustomize/empty"),
                .file(path: "metadata/sbom.json", content: []),
                .file(path: "release.yaml", content: Array("x: 1\n".utf8)),
            ], modified: 1)
        #expect(
            try entries(of: layer).map { "\($0.path) \($0.kind.rawValue) \($0.size) \($0.modified)" } == [
                "release.yaml file 5 1", "metadata directory 0 1", "metadata/sbom.json file 0 1",
                "package directory 0 1", "package/kustomize directory 0 1", "package/kustomize/base directory 0 1",
                "package/kustomize/base-2 directory 0 1", "package/kustomize/base-2/b.yaml file 2 1",
                "package/kustomize/base/a.yaml file 1 1", "package/kustomize/empty directory 0 1",
            ])
    }

    @Test("gives back every byte, whatever the order of the items")
    func roundTrip() throws {
        let items = sampleItems()
        let layer = try LayerWriter.write(items, modified: 1_700_000_000)
        #expect(try LayerWriter.write(items.reversed(), modified: 1_700_000_000) == layer)
        var read: [String: [UInt8]] = [:]
        try LayerReader(layer).forEachEntry { entry, content in
            if entry.kind == .file { read[entry.path] = content }
        }
        #expect(read == files(in: items))
    }

    // If this digest changes, every capsule that was ever built gets another digest when it is built again. That takes
    // a new `packing` version, or (if the cause is another zlib) a build that does not use it.
    @Test("always gives these very bytes")
    func golden() throws {
        let layer = try LayerWriter.write(sampleItems(), modified: 1_700_000_000)
        #expect(
            Digest.sha256(of: layer).description
                == "sha256:a631af47824222f1820ac0cf48e8fde5d2206a5633a7ab7c9187e0bca59635aa")
        #expect(layer.prefix(10) == [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255])
    }

    @Test(
        "refuses a time that does not fit a tar header",
        arguments: [-1, 0o100000000000, Int64.min, Int64.max] as [Int64])
    func time(_ modified: Int64) throws {
        let error = #expect(throws: ArchiveError.self) {
            try LayerWriter.write([.file(path: "release.yaml", content: [])], modified: modified)
        }
        #expect(error?.code == .malformed)
    }

    @Test("refuses a layer without release.yaml")
    func noRelease() throws {
        let error = #expect(throws: ArchiveError.self) {
            try LayerWriter.write([.file(path: "package/a", content: [])], modified: 0)
        }
        #expect(error?.message.contains("release.yaml") == true)
    }
}

/// Paths and sizes at every edge of the ustar and pax rules.
func sampleItems() -> [LayerItem] {
    let segment = String(repeating: "n", count: 99)
    var items: [LayerItem] = [
        .file(path: "release.yaml", content: Array("schemaVersion: test\n".utf8)),
        .file(path: "metadata/sbom.json", content: Array("{}".utf8)),
        .file(path: "package/kustomize/base/kustomization.yaml", content: Array("resources: []\n".utf8)),
        .file(path: "package/kustomize/base/größe-日本.yaml", content: Array("a: é\n".utf8)),
        .file(path: "package/kustomize/base/with space = sign.yaml", content: []),
        .file(path: "package/" + segment + "n", content: [1]),
        .file(path: "package/" + segment + "nn", content: [2]),
        .file(path: "package/" + segment + "/" + segment + "/x", content: [3]),
        .file(path: "package/deep/" + String(repeating: "d/", count: 490) + "leaf", content: [4]),
        .file(path: "package/" + String(repeating: "s", count: 255), content: [5]),
        .directory(path: "package/empty"),
    ]
    for size in [511, 512, 513, 4096, 200_000] {
        items.append(.file(path: "package/data/\(size)", content: pattern(size)))
    }
    return items
}

/// Bytes that look random to deflate and are the same everywhere.
func pattern(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var state = seed
    return (0..<count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: state >> 56)
    }
}

func files(in items: [LayerItem]) -> [String: [UInt8]] {
    var files: [String: [UInt8]] = [:]
    for case .file(let path, let content) in items { files[path] = content }
    return files
}

func entries(of layer: [UInt8], limits: ArchiveLimits = .capsule) throws -> [ArchiveEntry] {
    var entries: [ArchiveEntry] = []
    try LayerReader(layer, limits: limits).forEachEntry { entry, _ in entries.append(entry) }
    return entries
}
