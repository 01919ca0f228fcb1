import CapsuleTestSupport
import FoundationEssentials
import Support
import Testing

@testable import Archive

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite("Hostile layers (docs/security.md A1 to A8)")
struct AttackTests {
    @Test("what every attack starts from is itself accepted")
    func sound() throws {
        let layer = try gzip(tar(soundStart + [.pax(paxRecord("path", Attack.longPath)), .file("x")]))
        #expect(
            try entries(of: layer).map(\.path)
                == ["release.yaml", "package", "package/a.yaml", "package/dir", Attack.longPath])
    }

    @Test(
        "is refused for its own reason, quickly, and leaves no file, no directory and no change",
        .timeLimit(.minutes(2)), arguments: Attack.all)
    func refused(_ attack: Attack) async throws {
        let layer = try attack.layer()
        var unpacked = 0
        var error: ArchiveError?
        let time = processorTime {
            error = #expect(throws: ArchiveError.self) {
                try LayerReader(layer).forEachEntry { _, content in unpacked += content.count }
            }
        }
        #expect(time < .seconds(2))
        #expect(unpacked <= 64 << 20)
        if let code = attack.code { #expect(error?.code == code, "\(error?.message ?? "")") }
        #expect(error.map { !$0.message.isEmpty && !$0.message.unicodeScalars.contains("\u{1}") } == true)

        try await withTemporaryDirectory { directory in
            try writeFile("\(directory)/sentinel", "untouched")
            try writeFile("\(directory)/work/sentinel", "untouched")
            #expect(throws: ArchiveError.self) {
                try LayerExtractor.extract(layer, to: "\(directory)/work/out", durable: false)
            }
            #expect(listTree(directory) == ["sentinel", "work", "work/sentinel"])
            for path in ["\(directory)/sentinel", "\(directory)/work/sentinel"] {
                #expect(try readFile(path) == Array("untouched".utf8))
                var status = stat()
                #expect(lstat(path, &status) == 0 && status.st_nlink == 1)
            }
        }
    }

    @Test(
        "no bomb takes more than 128 MiB", .timeLimit(.minutes(2)),
        .enabled(if: peakMemory() != nil),
        arguments: [
            "files of zeros", "zeros after the end", "more than 64 MiB in all", "forty thousand empty files",
            "huge pax header", "8 GiB declared",
        ])
    func memory(_ name: String) async throws {
        // Built here, so that the other process's peak is the reader's alone.
        let layer = try #require(Attack.all.first { $0.row == "A6" && $0.name == name }).layer()
        try await withTemporaryDirectory { directory in
            try writeFile("\(directory)/layer", layer)
            let path = "\(directory)/layer"
            await #expect(processExitsWith: .success) { [path = path as String] in
                let layer = try readFile(path)
                #expect(throws: ArchiveError.self) {
                    try LayerExtractor.extract(layer, to: path + ".out", durable: false)
                }
                let peak = try #require(peakMemory())
                try #require(peak < 128 << 10, "\(peak) KiB")
            }
        }
    }

    @Test("every cut of a layer is refused")
    func cuts() throws {
        let layer = try gzip(tar(soundStart))
        for count in 0..<layer.count {
            #expect(throws: ArchiveError.self, "\(count) bytes") { try entries(of: Array(layer.prefix(count))) }
        }
    }

    @Test("every changed byte of a layer is refused, but for the bits that deflate leaves unused")
    func changedBytes() throws {
        let layer = try gzip(tar(soundStart))
        let sound = try contents(of: layer)
        var harmless: [Int] = []
        for index in layer.indices {
            var changed = layer
            changed[index] ^= 0x10
            do {
                #expect(try contents(of: changed) == sound)
                harmless.append(index)
            } catch {
                #expect(error is ArchiveError)
            }
        }
        // The last byte before CRC and length.
        #expect(harmless.isEmpty || harmless == [layer.count - 9])
    }

    @Test("every changed byte of a header is refused, and of the end")
    func changedHeaders() throws {
        let sound = tar([.file("release.yaml"), .directory("package")])
        for index in sound.indices {
            var changed = sound
            changed[index] ^= 0x01
            #expect(throws: ArchiveError.self, "byte \(index)") { try entries(of: gzip(changed)) }
        }
    }

    @Test("an error of the caller's closure passes through, and the destination stays absent")
    func callersError() async throws {
        struct Stop: Error {}
        let layer = try gzip(tar(soundStart))
        try await withTemporaryDirectory { directory in
            var calls = 0
            #expect(throws: Stop.self) {
                try StagedTree.with("\(directory)/out", durable: false) { tree in
                    try LayerReader(layer).forEachEntry { entry, content in
                        calls += 1
                        try tree.add(entry, content)
                        if entry.path == "package/a.yaml" { throw Stop() }
                    }
                    try tree.commit()
                }
            }
            #expect(calls == 3)
            #expect(listTree(directory) == [])
        }
    }
}

/// The largest resident size of this process so far, in KiB, where the system tells it apart from its parent's.
private func peakMemory() -> Int? {
    let status = String(decoding: (try? readFile("/proc/self/status")) ?? [], as: UTF8.self)
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return line?.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap { Int($0) }
}

private func contents(of layer: [UInt8]) throws -> [String: [UInt8]] {
    var contents: [String: [UInt8]] = [:]
    try LayerReader(layer).forEachEntry { contents["\($0)"] = $1 }
    return contents
}
