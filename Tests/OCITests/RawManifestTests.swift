import OCI
import Testing

@Suite("Manifests")
struct RawManifestTests {
    static let blob = #"{"mediaType":"a/b","digest":"sha256:\#(NameTests.hex)","size":3}"#
    static let image = #""schemaVersion":2,"config":\#(blob),"layers":[\#(blob)]"#
    static let index = #""schemaVersion":2,"manifests":[\#(blob)]"#

    static func raw(_ text: String, as mediaType: String) -> RawManifest {
        let bytes = Array(text.utf8)
        return RawManifest(bytes: bytes, descriptor: Descriptor(mediaType: mediaType, content: bytes))
    }

    @Test("reads a manifest and an index, with their media type or without")
    func good() throws {
        for extra in ["", #""mediaType":"\#(MediaType.imageManifest)","#] {
            let manifest = Self.raw("{\(extra)\(Self.image)}", as: MediaType.imageManifest)
            #expect(try manifest.imageManifest().layers.count == 1)
            #expect(try manifest.children().count == 2)
            #expect(try RawManifest(detecting: manifest.bytes).descriptor == manifest.descriptor)
        }
        for extra in ["", #""mediaType":"\#(MediaType.imageIndex)","#] {
            let index = Self.raw("{\(extra)\(Self.index)}", as: MediaType.imageIndex)
            #expect(try index.imageIndex().manifests.count == 1)
            #expect(try index.children().count == 1)
            #expect(try RawManifest(detecting: index.bytes).descriptor == index.descriptor)
        }
        let docker = #"{"mediaType":"\#(MediaType.dockerManifestList)",\#(Self.index)}"#
        #expect(try RawManifest(detecting: Array(docker.utf8)).descriptor.mediaType == MediaType.dockerManifestList)
    }

    @Test(
        "refuses a document that could be read in two ways",
        arguments: [
            "{\(image),\"manifests\":[]}", "{\(index),\"layers\":[]}", "{\(index),\"config\":\(blob)}",
            "{\(image),\"manifests\":null,\"manifests\":[]}", "{\(image),\"layers\":[]}", "{\(image),\"Layers\":[]}",
            "{\(image),\"LAYERS\":[\(blob)]}", "{\(image),\"layer\u{17F}\":[]}", "{\(image),\"la\\u0079ers\":[]}",
            "{\(image),\"mediaType\":\"\(MediaType.imageIndex)\"}", "{\(image),\"mediaType\":\"text/plain\"}",
            "{\(image),\"mediaType\":\"\(MediaType.dockerManifest)\"}", "{\(image)}{}", "{\(image)}]",
            "\u{FEFF}{\(image)}",
            "{\(image),\"subject\":{\"mediaType\":\"a/b\",\"digest\":\"x\",\"Digest\":\"y\",\"size\":1}}",
        ])
    func ambiguous(text: String) {
        let manifest = Self.raw(text, as: MediaType.imageManifest)
        #expect(throws: OCIError.self) { try manifest.imageManifest() }
        #expect(throws: OCIError.self) { try manifest.imageIndex() }
        #expect(throws: OCIError.self) { try manifest.children() }
        #expect(throws: OCIError.self) { try manifest.subject() }
        #expect(throws: OCIError.self) {
            try Self.raw(text, as: MediaType.imageIndex).children()
        }
    }

    @Test("finds nothing wrong with keys that only annotations hold twice in other letter case")
    func annotations() throws {
        let text = #"{\#(Self.image),"annotations":{"Size":"a","size":"b","SIZE":"c"}}"#
        #expect(try RawManifest(detecting: Array(text.utf8)).imageManifest().annotations?.count == 3)
    }

    @Test("refuses a manifest where an index belongs, and the other way round")
    func swapped() {
        #expect(throws: OCIError.self) { try Self.raw("{\(Self.image)}", as: MediaType.imageIndex).imageIndex() }
        #expect(throws: OCIError.self) { try Self.raw("{\(Self.image)}", as: MediaType.imageIndex).children() }
        #expect(throws: OCIError.self) { try Self.raw("{\(Self.index)}", as: MediaType.imageManifest).children() }
        #expect(throws: OCIError.self) { try Self.raw("{\(Self.index)}", as: MediaType.imageManifest).imageManifest() }
    }

    @Test(
        "refuses bytes that are not a manifest",
        arguments: [
            "", " ", "null", "[]", "{}", "2", "\"x\"", "{\"schemaVersion\":2}",
            "{\"schemaVersion\":1,\"manifests\":[]}",
            "{\"schemaVersion\":\"2\",\"manifests\":[]}", "{\"schemaVersion\":2,\"manifests\":{}}",
            "{\"schemaVersion\":2,\"manifests\":[1]}", "{\"schemaVersion\":2,\"layers\":[]}",
            "{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"a/b\",\"digest\":\"sha256:../../x\",\"size\":1}]}",
            "{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"a/b\",\"digest\":\"sha256:\(NameTests.hex)\",\"size\":-1}]}",
            "{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"a/b\",\"digest\":\"sha256:\(NameTests.hex)\",\"size\":1e400}]}",
            "{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"a/b\",\"digest\":\"sha256:\(NameTests.hex)\"}]}",
            "{\(index),\"x\":" + String(repeating: "[", count: 100_000),
            "{\(index),\"x\":" + String(repeating: "[", count: 70) + String(repeating: "]", count: 70) + "}",
            "{\(index),\"x\":\"\u{1}\"}", "{\(index),\"x\":\"\\ud800\"}", "{\(index),\"x\":\"\\x\"}", "{\(index),}",
        ])
    func noManifest(text: String) {
        #expect(throws: OCIError.self) {
            let manifest = try RawManifest(detecting: Array(text.utf8))
            _ = try manifest.children()
        }
    }

    @Test("refuses a manifest over 4 MiB, and takes one that has just that")
    func size() throws {
        func padded(_ count: Int) -> [UInt8] {
            let bytes = Array("{\(Self.image)".utf8)
            return bytes + Array(repeating: 0x20, count: count - bytes.count - 1) + Array("}".utf8)
        }
        let limit = Int(RawManifest.maximumSize)
        #expect(try RawManifest(detecting: padded(limit)).bytes.count == 4 << 20)
        let error = #expect(throws: OCIError.self) { try RawManifest(detecting: padded(limit + 1)) }
        #expect(error?.code == .tooLarge)
    }

    @Test("says when bytes are not what their digest says")
    func mismatch() {
        let error = #expect(throws: OCIError.self) {
            try RawManifest(detecting: Array("{\(Self.image)}".utf8), digest: sampleDigest(1))
        }
        #expect(error?.code == .contentMismatch)
    }

    @Test("writes sorted keys and keeps every field that the specification knows")
    func encoding() throws {
        var child = Descriptor(mediaType: MediaType.imageManifest, content: [1])
        child.platform = Platform(architecture: "arm64", os: "linux", variant: "v8")
        child.platform?.osVersion = "1"
        child.urls = ["https://example.com/x"]
        child.data = "AQ=="
        let raw = try RawManifest(encoding: ImageIndex(manifests: [child], annotations: ["b": "2", "a": "1/1"]))
        #expect(try raw.imageIndex().manifests == [child])
        let text = String(decoding: raw.bytes, as: UTF8.self)
        #expect(text.hasPrefix(#"{"annotations":{"a":"1/1","b":"2"},"manifests":[{"data":"AQ==","digest":"sha256:"#))
        #expect(text.contains(#""platform":{"architecture":"arm64","os":"linux","os.version":"1","variant":"v8"}"#))
        #expect(raw.descriptor.digest == .sha256(of: raw.bytes))
    }

    @Test("describes a referrer by its own type and annotations")
    func referrer() throws {
        let subject = Descriptor(mediaType: MediaType.imageManifest, content: [1])
        let typed = try SampleArtifact("a", about: subject, artifactType: "a/type", annotations: ["k": "v"]).manifest
        #expect(try typed.subject() == subject)
        #expect(try typed.referrerDescriptor().artifactType == "a/type")
        #expect(try typed.referrerDescriptor().annotations == ["k": "v"])
        let untyped = try SampleArtifact("b", about: subject, artifactType: nil).manifest
        #expect(try untyped.referrerDescriptor().artifactType == "application/vnd.example.config+json")
    }
}
