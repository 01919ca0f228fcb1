import CapsuleTestSupport
import OCI
import Support
import Testing

@testable import Archive

@Suite("Limits of a layer: at each one, and one past it")
struct LimitTests {
    /// Limits that nothing here reaches.
    static let wide = ArchiveLimits(
        entries: 1000, fileSize: 1 << 20, totalSize: 1 << 20, compressedSize: 1 << 20, ratio: 2000, ratioFloor: 0)

    static func items(_ count: Int, size: Int) -> [LayerItem] {
        [.file(path: "release.yaml", content: [])]
            + (0..<count).map { .file(path: "package/\($0)", content: pattern(size, seed: UInt64($0))) }
    }

    static let cases: [(name: String, items: [LayerItem], limit: @Sendable (Int64) -> ArchiveLimits, value: Int64)] = [
        // release.yaml, the directory and three files.
        ("entries", items(3, size: 10), { limit { $0.entries = Int($1) }($0) }, 5),
        ("bytes in a file", items(2, size: 700), { limit { $0.fileSize = $1 }($0) }, 700),
        ("bytes in all files", items(4, size: 700), { limit { $0.totalSize = $1 }($0) }, 2800),
    ]

    @Test("entries, bytes in a file and in all files", arguments: 0..<cases.count)
    func counted(_ index: Int) throws {
        let test = Self.cases[index]
        let layer = try LayerWriter.write(test.items, modified: 0, limits: test.limit(test.value))
        #expect(try entries(of: layer, limits: test.limit(test.value)).isEmpty == false)
        for error in [
            #expect(throws: ArchiveError.self) {
                try LayerWriter.write(test.items, modified: 0, limits: test.limit(test.value - 1))
            },
            #expect(throws: ArchiveError.self) { try entries(of: layer, limits: test.limit(test.value - 1)) },
        ] {
            #expect(error?.code == .tooLarge)
            #expect(error?.message.contains("\(test.value - 1)") == true)
        }
    }

    @Test("compressed bytes")
    func compressed() throws {
        let items = Self.items(2, size: 5000)
        let layer = try LayerWriter.write(items, modified: 0, limits: Self.wide)
        let exact = Self.limit { $0.compressedSize = $1 }
        #expect(try LayerWriter.write(items, modified: 0, limits: exact(Int64(layer.count))) == layer)
        #expect(try entries(of: layer, limits: exact(Int64(layer.count))).count == 4)
        #expect(throws: ArchiveError.self) {
            try LayerWriter.write(items, modified: 0, limits: exact(Int64(layer.count) - 1))
        }
        #expect(throws: ArchiveError.self) { try entries(of: layer, limits: exact(Int64(layer.count) - 1)) }
    }

    @Test("ratio, which counts only past its floor")
    func ratio() throws {
        let items: [LayerItem] = [
            .file(path: "release.yaml", content: []),
            .file(path: "package/zeros", content: [UInt8](repeating: 0, count: 400_000)),
        ]
        let layer = try LayerWriter.write(items, modified: 0, limits: Self.wide)
        // Three headers, 782 blocks of zeros and the two at the end.
        let stream: Int64 = (3 + 782 + 2) * 512
        let floor = Self.limit {
            $0.ratio = 1
            $0.ratioFloor = $1
        }
        #expect(try entries(of: layer, limits: floor(stream)).count == 3)
        #expect(throws: ArchiveError.self) { try entries(of: layer, limits: floor(stream - 1)) }
        #expect(try LayerWriter.write(items, modified: 0, limits: floor(stream)) == layer)
        let error = #expect(throws: ArchiveError.self) {
            try LayerWriter.write(items, modified: 0, limits: floor(stream - 1))
        }
        #expect(error?.code == .tooLarge)

        let needed = (stream + Int64(layer.count) - 1) / Int64(layer.count)
        let ratio = Self.limit { $0.ratio = $1 }
        #expect(try entries(of: layer, limits: ratio(needed)).count == 3)
        #expect(throws: ArchiveError.self) { try entries(of: layer, limits: ratio(needed - 1)) }
        #expect(throws: ArchiveError.self) { try LayerWriter.write(items, modified: 0, limits: ratio(needed - 1)) }
    }

    @Test(
        "bytes in a path and in a segment",
        arguments: [
            ("package/" + String(repeating: "d/", count: 507) + "ee", true),
            ("package/" + String(repeating: "d/", count: 507) + "eee", false),
            ("package/" + String(repeating: "s", count: 255), true),
            ("package/" + String(repeating: "s", count: 256), false),
            ("package/" + String(repeating: "é", count: 127), true),
            ("package/" + String(repeating: "é", count: 128), false),
        ])
    func paths(_ path: String, _ fits: Bool) throws {
        let items: [LayerItem] = [.file(path: "release.yaml", content: []), .file(path: path, content: [])]
        if fits {
            let layer = try LayerWriter.write(items, modified: 0)
            #expect(try entries(of: layer).last?.path == path)
        } else {
            let error = #expect(throws: ArchiveError.self) { try LayerWriter.write(items, modified: 0) }
            #expect(error?.code == .invalidPath)
        }
    }

    @Test("the capsule format's own numbers hold at once", .timeLimit(.minutes(1)))
    func capsule() throws {
        let noise = pattern(16 << 10)
        // Six files of 10 MiB and one of 4 make 64 MiB; with 9,990 empty ones, release.yaml and two directories, 10,000.
        var items: [LayerItem] = [.file(path: "release.yaml", content: [])]
        for index in 0..<7 {
            let size = index < 6 ? 10 << 20 : 4 << 20
            var content: [UInt8] = []
            while content.count < size { content += noise }
            items.append(.file(path: "package/\(index)", content: content))
        }
        for index in 0..<9990 { items.append(.file(path: "package/empty/\(index)", content: [])) }
        let layer = try LayerWriter.write(items, modified: 0)
        var total = 0
        var count = 0
        try LayerReader(layer).forEachEntry { _, content in
            total += content.count
            count += 1
        }
        #expect(total == 64 << 20)
        #expect(count == 10_000)
        for (extra, limit) in [
            (LayerItem.file(path: "package/empty/more", content: []), "10000"),
            (LayerItem.file(path: "metadata/x", content: [1]), "67108864"),
        ] {
            let error = #expect(throws: ArchiveError.self) { try LayerWriter.write(items + [extra], modified: 0) }
            #expect(error?.code == .tooLarge)
            #expect(error?.message.contains(limit) == true)
        }
        let error = #expect(throws: ArchiveError.self) {
            try LayerWriter.write(
                [.file(path: "package/x", content: [UInt8](repeating: 0, count: (10 << 20) + 1))], modified: 0)
        }
        #expect(error?.message.contains("10485760") == true)
    }

    private static func limit(
        _ set: @escaping @Sendable (inout ArchiveLimits, Int64) -> Void
    ) -> @Sendable (Int64) -> ArchiveLimits {
        { value in
            var limits = wide
            set(&limits, value)
            return limits
        }
    }
}
