import CapsuleTestSupport
import OCI
import Support
import Testing

@Suite("Image layouts", .timeLimit(.minutes(1)))
struct ImageLayoutTests {
    static func withLayout<Result>(_ body: (ImageLayout) async throws -> Result) async throws -> Result {
        try await withTemporaryDirectory { directory in
            try await body(ImageLayout(path: "\(directory)/layout", create: true))
        }
    }

    /// Puts a tagged artifact into a layout.
    @discardableResult
    static func put(_ seed: String, tag: String? = "v1", into layout: ImageLayout) async throws -> SampleArtifact {
        let artifact = try SampleArtifact(seed)
        let memory = MemoryStore()
        try artifact.add(to: memory)
        try await copy(artifact.descriptor, from: memory, to: layout, tag: try tag.map { try Tag($0) })
        return artifact
    }

    static func blob(_ digest: Digest, in layout: ImageLayout) -> String {
        "\(layout.path)/blobs/\(digest.algorithm.rawValue)/\(digest.hex)"
    }

    @Test("holds the files that the specification names, and no others")
    func files() async throws {
        try await Self.withLayout { layout in
            #expect(listTree(layout.path) == ["blobs", "blobs/sha256", "index.json", "oci-layout"])
            let artifact = try await Self.put("a", into: layout)
            let blobs = ([artifact.manifest.bytes, artifact.config] + artifact.layers)
                .map { "blobs/sha256/\(Digest.sha256(of: $0).hex)" }.sorted()
            #expect(listTree(layout.path) == ["blobs", "blobs/sha256"] + blobs + ["index.json", "oci-layout"])
            #expect(
                try String(decoding: readFile("\(layout.path)/index.json"), as: UTF8.self)
                    == #"{"manifests":[{"annotations":{"org.opencontainers.image.ref.name":"v1"},"digest":"#
                    + #""\#(artifact.descriptor.digest)","mediaType":"application/vnd.oci.image.manifest.v1+json","size":"#
                    + #"\#(artifact.descriptor.size)}],"mediaType":"application/vnd.oci.image.index.v1+json","schemaVersion":2}"#
            )
        }
    }

    @Test("is made once, in a new or empty directory, and never in one that holds something else")
    func creation() async throws {
        try await withTemporaryDirectory { directory in
            let path = "\(directory)/a/b/layout"
            #expect(throws: OCIError.self) { try ImageLayout(path: path) }
            #expect(listTree(directory) == [])
            let artifact = try await Self.put("a", into: ImageLayout(path: path, create: true))
            let again = try ImageLayout(path: path, create: true)
            #expect(try await again.resolve(Tag("v1")) == artifact.descriptor.target)

            try writeFile("\(directory)/home/notes.txt", "mine")
            let error = #expect(throws: OCIError.self) { try ImageLayout(path: "\(directory)/home", create: true) }
            #expect(error?.code == .unsupported)
            #expect(listTree("\(directory)/home") == ["notes.txt"])
            #expect(throws: OCIError.self) { try ImageLayout(path: "\(directory)/home") }

            // What a creation leaves that was killed before its last step.
            try writeFile("\(directory)/half/index.json", #"{"manifests":[],"schemaVersion":2}"#)
            try writeFile("\(directory)/half/.partial-1", "{")
            #expect(throws: OCIError.self) { try ImageLayout(path: "\(directory)/half") }
            try await Self.put("b", into: ImageLayout(path: "\(directory)/half", create: true))
            #expect(!listTree("\(directory)/half").contains(".partial-1"))
        }
    }

    @Test("says what is in the way")
    func obstacles() async throws {
        try await withTemporaryDirectory { directory in
            try writeFile("\(directory)/file", "")
            for path in ["\(directory)/file", "\(directory)/file/layout"] {
                let error = #expect(throws: OCIError.self) { try ImageLayout(path: path, create: true) }
                #expect(error?.code == .io)
                #expect(error?.message.contains(path) == true)
            }
            try writeFile("\(directory)/old/oci-layout", #"{"imageLayoutVersion":"2.0.0"}"#)
            let error = #expect(throws: OCIError.self) { try ImageLayout(path: "\(directory)/old") }
            #expect(error?.code == .invalidManifest)
        }
    }

    @Test("resolves a manifest that no index lists, with the media type of its bytes")
    func unlisted() async throws {
        try await Self.withLayout { layout in
            let (a, b) = (try SampleArtifact("a"), try SampleArtifact("b"))
            let memory = MemoryStore()
            try a.add(to: memory)
            try b.add(to: memory)
            let index = try RawManifest(encoding: ImageIndex(manifests: [a.descriptor, b.descriptor]))
            memory.add(index)
            try await copy(index.descriptor, from: memory, to: layout, tag: nil)
            for manifest in [a.manifest, b.manifest, index] {
                #expect(try await layout.resolve(manifest.descriptor.digest) == manifest.descriptor.target)
            }
            #expect(try await layout.resolve(sampleDigest(1)) == nil)
            #expect(try await layout.tags() == [])
            let text = try String(decoding: readFile("\(layout.path)/index.json"), as: UTF8.self)
            #expect(text.contains(index.descriptor.digest.hex) && !text.contains(a.descriptor.digest.hex))
            await #expect(throws: OCIError.self) { try await layout.resolve(.sha256(of: a.config)) }
        }
    }

    @Test("moves a tag, and keeps what the tag named before when that is about another manifest")
    func retag() async throws {
        try await Self.withLayout { layout in
            let first = try await Self.put("first", into: layout)
            let second = try await Self.put("second", tag: nil, into: layout)
            let memory = MemoryStore()
            let note = try SampleArtifact("note", about: first.descriptor)
            try note.add(to: memory)
            let tag = try Tag("note")
            try await copy(note.descriptor, from: memory, to: layout, tag: tag)
            try await layout.tag(second.descriptor, as: tag)
            #expect(try await layout.resolve(tag) == second.descriptor.target)
            #expect(try await layout.referrers(of: first.descriptor.digest).map(\.digest) == [note.descriptor.digest])
            #expect(try await layout.tags() == [tag, try Tag("v1")])
            await #expect(throws: OCIError.self) {
                try await layout.tag(try SampleArtifact("absent").descriptor, as: tag)
            }
        }
    }

    @Test("does not let an annotation of a referrer become a tag")
    func smuggledTag() async throws {
        try await Self.withLayout { layout in
            let artifact = try await Self.put("a", into: layout)
            let note = try SampleArtifact(
                "note", about: artifact.descriptor, annotations: ["org.opencontainers.image.ref.name": "v1"])
            let memory = MemoryStore()
            try note.add(to: memory)
            try await copy(note.descriptor, from: memory, to: layout, tag: nil)
            #expect(try await layout.resolve(Tag("v1")) == artifact.descriptor.target)
            #expect(try await layout.referrers(of: artifact.descriptor.digest).count == 1)
        }
    }

    @Test("finds referrers that only the fallback tag of another program lists, by what they are")
    func fallbackTag() async throws {
        try await Self.withLayout { layout in
            let artifact = try await Self.put("a", into: layout)
            let other = try SampleArtifact("other")
            let note = try SampleArtifact("note", about: artifact.descriptor, artifactType: "application/vnd.note")
            let memory = MemoryStore()
            try note.add(to: memory)
            try other.add(to: memory)
            for child in try note.manifest.children() { try await layout.store(child, from: memory) }
            // Another program's list, with a wrong type and with a manifest that is about nothing.
            var listed = note.descriptor
            listed.artifactType = "wrong"
            let list = try RawManifest(encoding: ImageIndex(manifests: [listed, other.descriptor]))
            memory.add(list)
            try await copy(
                list.descriptor, from: memory, to: layout, tag: artifact.descriptor.digest.referrersTag)
            // Without our own entry for it.
            let path = "\(layout.path)/index.json"
            let text = try String(decoding: readFile(path), as: UTF8.self)
            let entry = #/\{"artifactType":"application/vnd.note"[^}]*\},/#
            #expect(text.contains(entry))
            try writeFile(path, text.replacing(entry, with: ""))
            #expect(
                try await layout.referrers(of: artifact.descriptor.digest) == [try note.manifest.referrerDescriptor()])
        }
    }

    @Test("keeps what other programs wrote into the index")
    func foreignEntries() async throws {
        try await Self.withLayout { layout in
            let path = "\(layout.path)/index.json"
            let digest = sampleDigest(1)
            try writeFile(
                path,
                """
                {"schemaVersion": 2, "annotations": {"who": "else"}, "manifests": [
                  {"mediaType": "\(MediaType.imageManifest)", "digest": "\(digest)", "size": 7,
                   "platform": {"architecture": "arm64", "os": "linux"},
                   "annotations": {"org.opencontainers.image.ref.name": "docker.io/library/busybox:latest", "k": "v"}}]}
                """)
            try await Self.put("a", into: layout)
            let text = try String(decoding: readFile(path), as: UTF8.self)
            #expect(text.contains(#""platform":{"architecture":"arm64","os":"linux"}"#))
            #expect(text.contains(#""org.opencontainers.image.ref.name":"docker.io/library/busybox:latest""#))
            #expect(text.contains(#""k":"v""#) && text.contains(#""who":"else""#))
            #expect(try await layout.tags() == [try Tag("v1")])
            // An empty list as Go writes it.
            try writeFile(path, #"{"schemaVersion":2,"manifests":null}"#)
            #expect(try await layout.tags() == [])
            try await Self.put("a", into: layout)
        }
    }

    static let entry = #"{"mediaType":"\#(MediaType.imageManifest)","digest":"sha256:\#(NameTests.hex)","size":3"#

    @Test(
        "refuses a hostile index.json, and does not write over it",
        arguments: [
            "", "null", "[]", "{}", "{\"schemaVersion\":1,\"manifests\":[]}", "{\"schemaVersion\":2,\"manifests\":{}}",
            "{\"schemaVersion\":2,\"manifests\":[1]}", "{\"schemaVersion\":2,\"manifests\":[],\"manifests\":[]}",
            "{\"schemaVersion\":2,\"manifests\":[],\"Manifests\":[]}",
            "{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"a/b\",\"digest\":\"sha256:../../../x\",\"size\":1}]}",
            "{\"schemaVersion\":2,\"manifests\":[\(entry),\"annotations\":{\"org.opencontainers.image.ref.name\":1}}]}",
            "{\"schemaVersion\":2,\"manifests\":[\(entry),\"annotations\":[]}]}",
            "{\"schemaVersion\":2,\"manifests\":" + String(filledWith: "[", count: 100_000),
        ])
    func hostileIndex(text: String) async throws {
        try await Self.withLayout { layout in
            let artifact = try await Self.put("a", into: layout)
            let path = "\(layout.path)/index.json"
            try writeFile(path, text)
            let tag = try Tag("v1")
            let error = await #expect(throws: OCIError.self) { try await layout.resolve(tag) }
            #expect(error?.code == .invalidManifest)
            #expect((error?.message.count ?? 0) < 400)
            await #expect(throws: OCIError.self) { try await layout.tags() }
            await #expect(throws: OCIError.self) { try await layout.tag(artifact.descriptor, as: tag) }
            #expect(try readFile(path) == Array(text.utf8))
        }
    }

    @Test("refuses a tag that index.json gives to two manifests")
    func ambiguousTag() async throws {
        try await Self.withLayout { layout in
            let a = try await Self.put("a", tag: "v1", into: layout)
            try await Self.put("b", tag: "v2", into: layout)
            let path = "\(layout.path)/index.json"
            let text = try String(decoding: readFile(path), as: UTF8.self)
            try writeFile(path, text.replacing("\"v2\"", with: "\"v1\""))
            let tag = try Tag("v1")
            let error = await #expect(throws: OCIError.self) { try await layout.resolve(tag) }
            #expect(error?.code == .invalidManifest)
            #expect(try await layout.tags() == [tag])
            try await layout.tag(a.descriptor, as: tag)
            #expect(try await layout.resolve(tag) == a.descriptor.target)
        }
    }

    @Test("stops at the limit of index.json")
    func hugeIndex() async throws {
        try await Self.withLayout { layout in
            try writeFile(
                "\(layout.path)/index.json",
                Array(#"{"schemaVersion":2,"manifests":[]"#.utf8) + Array(repeating: 0x20, count: 16 << 20)
                    + Array("}".utf8))
            let error = await #expect(throws: OCIError.self) { try await layout.tags() }
            #expect(error?.code == .tooLarge)
        }
    }

    @Test("refuses a tag whose entry gives the manifest another type or size")
    func lyingEntry() async throws {
        for (old, new) in [(MediaType.imageManifest, MediaType.imageIndex), (#""size":"#, #""size":1"#)] {
            try await Self.withLayout { layout in
                try await Self.put("a", into: layout)
                let path = "\(layout.path)/index.json"
                let text = try String(decoding: readFile(path), as: UTF8.self)
                try writeFile(path, text.replacing(old, with: new, maxReplacements: 1))
                let descriptor = try #require(try await layout.resolve(Tag("v1")))
                await #expect(throws: OCIError.self) { try await layout.manifest(descriptor).children() }
            }
        }
    }

    @Test("sees every change of the index, its own and others'")
    func freshIndex() async throws {
        try await Self.withLayout { layout in
            // Keeps what it read at once.
            let other = try ImageLayout(path: layout.path, settling: -1)
            let path = "\(layout.path)/index.json"
            let tag = try Tag("v1")
            let a = try await Self.put("a", into: layout)
            let b = try await Self.put("b", tag: nil, into: layout)
            for _ in 0..<2 { #expect(try await other.resolve(tag) == a.descriptor.target) }
            try await layout.tag(b.descriptor, as: tag)
            #expect(try await other.resolve(tag) == b.descriptor.target)
            try writeFile(path, #"{"schemaVersion":2,"manifests":[]}"#)
            #expect(try await other.resolve(tag) == nil)
        }
    }

    @Test("finds referrers among listed things that are not manifests, also the second time and new ones")
    func referrersAgain() async throws {
        try await Self.withLayout { layout in
            let artifact = try await Self.put("a", into: layout)
            let path = "\(layout.path)/index.json"
            let text = try String(decoding: readFile(path), as: UTF8.self)
            let layer = try artifact.manifest.imageManifest().layers[0]
            let foreign = #"{"mediaType":"application/xml","digest":"\#(layer.digest)","size":\#(layer.size)},"#
            try writeFile(path, text.replacing(#""manifests":["#, with: #""manifests":["# + foreign))
            let memory = MemoryStore()
            var expected: [Digest] = []
            for number in 0..<3 {
                let note = try SampleArtifact("\(number)", about: artifact.descriptor)
                try await copy(note.add(to: memory), from: memory, to: layout, tag: nil)
                expected.append(note.descriptor.digest)
                let found = try await layout.referrers(of: artifact.descriptor.digest)
                #expect(found.map(\.digest) == expected.sorted())
                #expect(try await layout.referrers(of: note.descriptor.digest) == [])
            }
        }
    }
}
