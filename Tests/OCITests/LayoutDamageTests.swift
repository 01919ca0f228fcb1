import CapsuleTestSupport
import OCI
import Support
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite("Damage and interruption", .timeLimit(.minutes(1)))
struct LayoutDamageTests {
    enum Damage: String, CaseIterable {
        case flip, truncate, extend, empty, remove

        func apply(_ bytes: [UInt8]) -> [UInt8]? {
            switch self {
            case .flip: bytes.dropLast() + [bytes[bytes.count - 1] ^ 1]
            case .truncate: bytes.dropLast()
            case .extend: bytes + [0]
            case .empty: []
            case .remove: nil
            }
        }

        func apply(file: String) throws {
            if let bytes = apply(try readFile(file)) { try writeFile(file, bytes) } else { unlink(file) }
        }
    }

    @Test("is found when a damaged blob or manifest is read, and never copied on", arguments: Damage.allCases)
    func reading(damage: Damage) async throws {
        try await ImageLayoutTests.withLayout { layout in
            let artifact = try await ImageLayoutTests.put("a", into: layout)
            let all = try [artifact.descriptor] + artifact.manifest.children()
            for victim in all {
                let file = ImageLayoutTests.blob(victim.digest, in: layout)
                let intact = try readFile(file)
                try damage.apply(file: file)
                let error = await #expect(throws: OCIError.self) {
                    try await layout.bytes(of: victim, limit: victim.size)
                }
                #expect(error?.code == (damage == .remove ? .notFound : .contentMismatch))
                #expect(try await !layout.contains(victim))
                try await ImageLayoutTests.withLayout { other in
                    await #expect(throws: OCIError.self) {
                        try await copy(artifact.descriptor, from: layout, to: other, tag: try Tag("v1"))
                    }
                    let files = listTree(other.path)
                    #expect(!files.contains { $0.hasSuffix(victim.digest.hex) || $0.contains(".partial-") })
                    #expect(!files.contains { $0.hasSuffix(artifact.descriptor.digest.hex) })
                    let tags = try await other.tags()
                    #expect(tags == [])
                }
                try writeFile(file, intact)
            }
        }
    }

    @Test("is mended by copying again", arguments: Damage.allCases)
    func mending(damage: Damage) async throws {
        try await ImageLayoutTests.withLayout { layout in
            let artifact = try await ImageLayoutTests.put("a", into: layout)
            for victim in try [artifact.descriptor] + artifact.manifest.children() {
                try damage.apply(file: ImageLayoutTests.blob(victim.digest, in: layout))
                #expect(try await !layout.contains(victim))
                try await ImageLayoutTests.put("a", into: layout)
                #expect(try await layout.readAll(artifact.descriptor) == 4)
            }
        }
    }

    @Test("in a source that does not verify is found by the layout itself", arguments: Damage.allCases)
    func lyingSource(damage: Damage) async throws {
        guard damage != .remove else { return }
        try await ImageLayoutTests.withLayout { layout in
            let layer = Array("layer".utf8)
            let descriptor = Descriptor(mediaType: MediaType.layerTarGzip, content: layer)
            let source = FakeSource(content: [descriptor.digest: damage.apply(layer) ?? []])
            let error = await #expect(throws: OCIError.self) { try await layout.store(descriptor, from: source) }
            #expect(error?.code == .contentMismatch)
            #expect(listTree(layout.path) == ["blobs", "blobs/sha256", "index.json", "oci-layout"])
        }
    }

    @Test("leaves no file when a copy is cancelled in the middle of a blob")
    func cancellation() async throws {
        try await ImageLayoutTests.withLayout { layout in
            let descriptor = Descriptor(mediaType: MediaType.layerTarGzip, content: Array("layer".utf8))
            let (started, signal) = AsyncStream<Void>.makeStream()
            let source = FakeSource(content: [descriptor.digest: Array("lay".utf8)]) {
                signal.finish()
                try await Task.sleep(for: .seconds(3600))
            }
            let task = Task { try await layout.store(descriptor, from: source) }
            for await _ in started {}
            #expect(listTree(layout.path).contains { $0.hasPrefix(".partial-") })
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            #expect(listTree(layout.path) == ["blobs", "blobs/sha256", "index.json", "oci-layout"])
        }
    }

    @Test("reads on from an offset, and refuses one that does not exist")
    func offsets() async throws {
        try await ImageLayoutTests.withLayout { layout in
            let bytes = (0..<600_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            let memory = MemoryStore()
            let descriptor = memory.add(bytes, mediaType: MediaType.layerTarGzip)
            try await layout.store(descriptor, from: memory)
            for source in [memory, layout] as [any ContentSource] {
                for offset in [0, 1, 262_144, 599_999, 600_000] {
                    let read = try await source.withContent(of: descriptor, from: Int64(offset)) { stream in
                        var all: [UInt8] = []
                        for try await chunk in stream { all += chunk }
                        return all
                    }
                    #expect(read == Array(bytes[offset...]))
                }
                for offset in [-1, 600_001] as [Int64] {
                    await #expect(throws: OCIError.self) {
                        try await source.withContent(of: descriptor, from: offset) { _ in }
                    }
                }
            }
            memory.damage(descriptor.digest, bytes + [0])
            try writeFile(ImageLayoutTests.blob(descriptor.digest, in: layout), bytes + [0])
            for source in [memory, layout] as [any ContentSource] {
                await #expect(throws: OCIError.self) {
                    try await source.withContent(of: descriptor, from: 5) { stream in for try await _ in stream {} }
                }
            }
        }
    }

    @Test("does not let a stream outlive the closure that it was made for")
    func escapedStream() async throws {
        try await ImageLayoutTests.withLayout { layout in
            let artifact = try await ImageLayoutTests.put("a", into: layout)
            let stream = try await layout.withContent(of: artifact.descriptor) { $0 }
            let error = await #expect(throws: OCIError.self) { for try await _ in stream {} }
            #expect(error?.code == .io)
        }
    }

    @Test(
        "does not follow symbolic links inside the layout", arguments: ["blobs", "blobs/sha256", "blob", "index.json"])
    func symbolicLinks(victim: String) async throws {
        try await ImageLayoutTests.withLayout { layout in
            let artifact = try await ImageLayoutTests.put("a", into: layout)
            let file = ImageLayoutTests.blob(artifact.descriptor.digest, in: layout)
            let path = victim == "blob" ? file : "\(layout.path)/\(victim)"
            let outside = "\(layout.path)-outside"
            #expect(rename(path, outside) == 0)
            #expect(symlink(outside, path) == 0)
            let before = listTree(outside)
            let read = await #expect(throws: OCIError.self) {
                _ = try await layout.resolve(Tag("v1"))
                return try await layout.manifest(artifact.descriptor)
            }
            #expect(read?.code == .io)
            if victim != "blob" {
                let written = await #expect(throws: OCIError.self) {
                    _ = try await ImageLayoutTests.put("b", tag: "v2", into: layout)
                }
                #expect(written?.code == .io)
            }
            #expect(listTree(outside) == before)
        }
    }

    @Test("does not wait for a named pipe in place of a blob")
    func namedPipe() async throws {
        try await ImageLayoutTests.withLayout { layout in
            let artifact = try await ImageLayoutTests.put("a", into: layout)
            let file = ImageLayoutTests.blob(artifact.descriptor.digest, in: layout)
            unlink(file)
            #expect(mkfifo(file, 0o600) == 0)
            let error = await #expect(throws: OCIError.self) { try await layout.manifest(artifact.descriptor) }
            #expect(error?.code == .io)
        }
    }

    @Test("says that a directory cannot be written, and still reads it")
    func readOnly() async throws {
        await #expect(processExitsWith: .success) {
            // Root may write everywhere, so this process becomes somebody else, with a directory for temporary files that all share.
            if geteuid() == 0 {
                try #require(setgid(65_534) == 0 && setuid(65_534) == 0 && setenv("TMPDIR", "/tmp", 1) == 0)
            }
            try await ImageLayoutTests.withLayout { layout in
                let artifact = try await ImageLayoutTests.put("a", into: layout)
                for directory in ["", "/blobs", "/blobs/sha256"] { chmod(layout.path + directory, 0o555) }
                chmod("\(layout.path)/oci-layout", 0o444)
                defer { for directory in ["", "/blobs", "/blobs/sha256"] { chmod(layout.path + directory, 0o755) } }
                #expect(try await layout.readAll(artifact.descriptor) == 4)
                #expect(try await layout.tags().count == 1)
                let error = await #expect(throws: OCIError.self) {
                    try await ImageLayoutTests.put("b", tag: "v2", into: layout)
                }
                #expect(error?.code == .io)
                #expect(error?.message.contains("Permission denied") == true)
            }
        }
    }
}
