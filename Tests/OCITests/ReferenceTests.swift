import OCI
import Testing

@Suite("References")
struct ReferenceTests {
    static let digest = "sha256:\(NameTests.hex)"

    struct Row: Sendable, CustomTestStringConvertible {
        var text: String
        var store: StoreReference
        var tag: String?
        var hasDigest = false
        var testDescription: String { text }
    }

    static let rows: [Row] = [
        Row(text: "oci:out", store: .layout(path: "out")),
        Row(text: "oci:out:v1", store: .layout(path: "out"), tag: "v1"),
        Row(text: "oci:/a/b.c/out:v1", store: .layout(path: "/a/b.c/out"), tag: "v1"),
        Row(text: "oci:a:b/out", store: .layout(path: "a:b/out")),
        Row(text: "oci:a:b/out:v1", store: .layout(path: "a:b/out"), tag: "v1"),
        Row(text: "oci:out@\(digest)", store: .layout(path: "out"), hasDigest: true),
        Row(text: "oci:out:v1@\(digest)", store: .layout(path: "out"), tag: "v1", hasDigest: true),
        Row(text: "oci:user@host/out:v1", store: .layout(path: "user@host/out"), tag: "v1"),
        Row(text: "oci:user@host:v1", store: .layout(path: "user@host"), tag: "v1"),
        Row(text: "oci:.", store: .layout(path: ".")),
        Row(text: "oci:with space", store: .layout(path: "with space")),
        Row(text: "oci-archive:x.tar", store: .archive(path: "x.tar")),
        Row(text: "oci-archive:/x.tar:v1", store: .archive(path: "/x.tar"), tag: "v1"),
    ]

    @Test(
        "a reference to a store reads back from its text, whatever its path holds",
        arguments: [
            StoreReference.layout(path: "a:b"), .layout(path: "/x/y:z@sha256:1"), .archive(path: "r:1.tar"),
            .layout(path: "oci-archive:x"),
        ])
    func stores(store: StoreReference) throws {
        #expect(try StoreReference(store.description) == store)
        #expect(try StoreReference("ghcr.io/example/shop") == .registry(Repository("ghcr.io/example/shop")))
        #expect(throws: OCIError.self) { try StoreReference("oci:") }
        #expect(throws: OCIError.self) { try StoreReference("https://ghcr.io/example/shop") }
    }

    @Test("reads layouts and archives", arguments: rows)
    func paths(row: Row) throws {
        let reference = try ArtifactReference(row.text)
        #expect(reference.store == row.store)
        #expect(reference.tag?.description == row.tag)
        #expect(reference.digest?.description == (row.hasDigest ? Self.digest : nil))
        #expect(reference.description == row.text)
        #expect(try ArtifactReference(reference.description) == reference)
    }

    @Test(
        "reads registries",
        arguments: ["ghcr.io/a/b", "localhost:5000/b", "[::1]:5000/a/b", "oci.example.com/x", "oci-archive.io/x"],
        [("", nil, false), (":v1", "v1", false), ("@\(digest)", nil, true), (":v1@\(digest)", "v1", true)]
            as [(String, String?, Bool)])
    func registries(name: String, suffix: (String, String?, Bool)) throws {
        let reference = try ArtifactReference(name + suffix.0)
        #expect(try reference.store == .registry(Repository(name)))
        #expect(reference.tag?.description == suffix.1)
        #expect((reference.digest != nil) == suffix.2)
        #expect(reference.description == name + suffix.0)
    }

    @Test(
        "refuses what is mistyped instead of reading it as something else",
        arguments: [
            "", "oci:", "oci::v1", "oci:@\(digest)", "oci-archive:", "oci:out:", "oci:out:-v1", "oci:out:a:b",
            "oci:out:v1@sha256:short", "oci:out@sha256:\(NameTests.hex.uppercased())", "oci:out@md5:\(NameTests.hex)",
            "oci:out@SHA256:\(NameTests.hex)", "oci:out\0", "oci://ghcr.io/a", "oci-archive://x", "docker://ghcr.io/a",
            "https://ghcr.io/a", "//ghcr.io/a", "ghcr.io/a:", "ghcr.io/a:-b", "ghcr.io/a@", "ghcr.io/a@v1",
            "ghcr.io/a@sha256:short", "ghcr.io/a:v1@sha256:short", "ghcr.io/a:v1:v2", "ghcr.io/a@\(digest):v1",
            "ghcr.io/a@\(digest)@\(digest)", "ghcr.io:443", "shop:v1", "shop", "ghcr.io/a:v1\n", "ghcr.io/a\u{301}:v1",
            "ghcr.io/a:\u{301}v1", "oci:out:\u{301}v1",
        ])
    func mistyped(text: String) {
        let error = #expect(throws: OCIError.self) { try ArtifactReference(text) }
        #expect(error?.code == .invalidName)
    }

    @Test("takes the digest of a reference and does not resolve its tag")
    func digestDecides() async throws {
        let store = MemoryStore()
        let (old, new) = (try SampleArtifact("old"), try SampleArtifact("new"))
        try old.add(to: store)
        try new.add(to: store, tag: "v1")
        let tag = try Tag("v1")
        #expect(
            try await store.resolve(ArtifactReference(store.reference, tag: tag, digest: old.descriptor.digest))
                == old.descriptor.target)
        #expect(try await store.resolve(ArtifactReference(store.reference, tag: tag)) == new.descriptor.target)
        #expect(try await store.resolve(ArtifactReference(store.reference, tag: tag, digest: sampleDigest(1))) == nil)
        await #expect(throws: OCIError.self) { try await store.resolve(ArtifactReference(store.reference)) }
    }
}
