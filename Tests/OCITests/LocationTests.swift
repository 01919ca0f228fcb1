import OCI
import Testing

@Suite("Locations")
struct LocationTests {
    static let digest = "sha256:\(NameTests.hex)"

    struct Row: Sendable, CustomTestStringConvertible {
        var text: String
        var place: Place
        var tag: String?
        var hasDigest = false
        var testDescription: String { text }
    }

    static let rows: [Row] = [
        Row(text: "oci:out", place: .layout(path: "out")),
        Row(text: "oci:out:v1", place: .layout(path: "out"), tag: "v1"),
        Row(text: "oci:/a/b.c/out:v1", place: .layout(path: "/a/b.c/out"), tag: "v1"),
        Row(text: "oci:a:b/out", place: .layout(path: "a:b/out")),
        Row(text: "oci:a:b/out:v1", place: .layout(path: "a:b/out"), tag: "v1"),
        Row(text: "oci:out@\(digest)", place: .layout(path: "out"), hasDigest: true),
        Row(text: "oci:out:v1@\(digest)", place: .layout(path: "out"), tag: "v1", hasDigest: true),
        Row(text: "oci:user@host/out:v1", place: .layout(path: "user@host/out"), tag: "v1"),
        Row(text: "oci:user@host:v1", place: .layout(path: "user@host"), tag: "v1"),
        Row(text: "oci:.", place: .layout(path: ".")),
        Row(text: "oci:with space", place: .layout(path: "with space")),
        Row(text: "oci-archive:x.tar", place: .archive(path: "x.tar")),
        Row(text: "oci-archive:/x.tar:v1", place: .archive(path: "/x.tar"), tag: "v1"),
    ]

    @Test(
        "a place reads back from its text, whatever its path holds",
        arguments: [
            Place.layout(path: "a:b"), .layout(path: "/x/y:z@sha256:1"), .archive(path: "r:1.tar"),
            .layout(path: "oci-archive:x"),
        ])
    func places(place: Place) throws {
        #expect(try Place(place.description) == place)
        #expect(try Place("ghcr.io/example/shop") == .registry(Repository("ghcr.io/example/shop")))
        #expect(throws: OCIError.self) { try Place("oci:") }
        #expect(throws: OCIError.self) { try Place("https://ghcr.io/example/shop") }
    }

    @Test("reads layouts and archives", arguments: rows)
    func paths(row: Row) throws {
        let location = try Location(row.text)
        #expect(location.place == row.place)
        #expect(location.tag?.description == row.tag)
        #expect(location.digest?.description == (row.hasDigest ? Self.digest : nil))
        #expect(location.description == row.text)
        #expect(try Location(location.description) == location)
    }

    @Test(
        "reads registries",
        arguments: ["ghcr.io/a/b", "localhost:5000/b", "[::1]:5000/a/b", "oci.example.com/x", "oci-archive.io/x"],
        [("", nil, false), (":v1", "v1", false), ("@\(digest)", nil, true), (":v1@\(digest)", "v1", true)]
            as [(String, String?, Bool)])
    func registries(name: String, suffix: (String, String?, Bool)) throws {
        let location = try Location(name + suffix.0)
        #expect(try location.place == .registry(Repository(name)))
        #expect(location.tag?.description == suffix.1)
        #expect((location.digest != nil) == suffix.2)
        #expect(location.description == name + suffix.0)
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
        let error = #expect(throws: OCIError.self) { try Location(text) }
        #expect(error?.code == .invalidName)
    }

    @Test("takes the digest of a location and does not ask for its tag")
    func digestDecides() async throws {
        let store = MemoryStore()
        let (old, new) = (try SampleArtifact("old"), try SampleArtifact("new"))
        try old.add(to: store)
        try new.add(to: store, tag: "v1")
        let tag = try Tag("v1")
        #expect(
            try await store.resolve(Location(store.place, tag: tag, digest: old.descriptor.digest))
                == old.descriptor.target)
        #expect(try await store.resolve(Location(store.place, tag: tag)) == new.descriptor.target)
        #expect(try await store.resolve(Location(store.place, tag: tag, digest: sampleDigest(1))) == nil)
        await #expect(throws: OCIError.self) { try await store.resolve(Location(store.place)) }
    }
}
