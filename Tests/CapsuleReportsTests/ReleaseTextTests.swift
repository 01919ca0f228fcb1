import CapsuleCore
import CapsuleReports
import CapsuleTestSupport
import OCI
import ReleaseTestSupport
import Testing

@Suite("The text of releases")
struct ReleaseTextTests {
    @Test("lists releases, and what is not a capsule")
    func listing() async throws {
        let listing = try JSONGolden.read(CapsuleListing.self, "CapsuleCoreTests/Read/Golden/list.json")
        try expectGolden(listing.text(), "list.txt")
        #expect(try await CapsuleListing.read(MemoryStore()).text() == "")
    }

    @Test("shows what a capsule contains")
    func inspection() async throws {
        let built = try CapsuleBuilder.build(Sample.request())
        let store = MemoryStore(.registry(try Repository("ghcr.io/example/shop-capsule")))
        try await copy(built.manifest.descriptor, from: built.content, to: store, tag: built.tag)
        let capsule = try await CapsuleReader.read(ArtifactReference(store.reference, tag: built.tag), from: store)
        try expectGolden(try CapsuleInspection(capsule).text(), "inspect.txt")
    }
}
