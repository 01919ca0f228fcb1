import CapsuleCore
import CapsuleTestSupport
import FoundationEssentials
import OCI
import ReleaseTestSupport
import Support
import Testing

@Suite("Listing releases")
struct CapsuleListingTests {
    @Test("shows the newest first, passes other tags over, and reports what is not a capsule") func listing()
        async throws
    {
        let store = MemoryStore(.registry(try Repository("ghcr.io/example/shop-capsule")))
        for (digit, committed) in [("a", 1_700_000_000), ("b", 1_800_000_000), ("c", 1_750_000_000)]
            as [(String, Int64)]
        {
            let built = try CapsuleBuilder.build(try Sample.request(commit: digit, committed: committed))
            try await copy(built.manifest.descriptor, from: built.content, to: store, tag: built.tag)
        }
        let capsule = try CapsuleBuilder.build(try Sample.request(commit: "d", committed: 1))
        store.add(capsule.manifest, tag: try Tag("latest"))
        store.add(capsule.manifest, tag: try Tag("git-abc"))
        store.add(capsule.manifest, tag: try Tag("git-" + String(repeating: "e", count: 40)))
        let image = try RawManifest(
            encoding: ImageManifest(
                config: Descriptor(mediaType: "application/vnd.oci.image.config.v1+json", content: []), layers: []))
        store.add(image, tag: try Tag("git-" + String(repeating: "f", count: 40)))
        let listing = try await CapsuleListing.read(store)
        #expect(
            listing.releases.map(\.release.commit.short) == ["b", "c", "a"].map { String(repeating: $0, count: 12) })
        #expect(
            listing.releases.map(\.created) == ["2027-01-15T08:00:00Z", "2025-06-15T15:06:40Z", "2023-11-14T22:13:20Z"])
        #expect(listing.rejected.map { String($0.tag.description.prefix(5)) } == ["git-e", "git-f"])
        #expect(listing.rejected.map { $0.findings.first?.rule } == ["identity.tag", "capsule.manifest"])
        let selections: [(limit: Int?, since: Int64?, shown: String, omitted: Int?)] = [
            (nil, nil, "bca", nil), (2, nil, "bc", 1), (9, nil, "bca", 0), (nil, 1_750_000_000, "bc", 1),
            (nil, 1_750_000_001, "b", 2), (1, 1_700_000_000, "b", 2), (nil, 1_900_000_000, "", 3),
        ]
        for selection in selections {
            let newest = try await CapsuleListing.read(
                store, .init(limit: selection.limit, since: selection.since))
            #expect(newest.releases.map { String($0.release.commit.short.prefix(1)) }.joined() == selection.shown)
            #expect(newest.omitted == selection.omitted && newest.rejected == listing.rejected)
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        try expectGolden(String(decoding: try encoder.encode(listing), as: UTF8.self) + "\n", "list.json")
    }

    @Test("of the newest looks up again what it shows, and nothing else that was read before") func remembered()
        async throws
    {
        let store = RememberingStore(MemoryStore(.registry(try Repository("ghcr.io/example/shop-capsule"))))
        var built: [String: BuiltCapsule] = [:]
        for (digit, committed) in [
            ("a", 1_700_000_000), ("b", 1_800_000_000), ("c", 1_750_000_000), ("d", 1_760_000_000),
        ]
            as [(String, Int64)]
        {
            let capsule = try CapsuleBuilder.build(try Sample.request(commit: digit, committed: committed))
            try await copy(capsule.manifest.descriptor, from: capsule.content, to: store.store, tag: capsule.tag)
            built[digit] = capsule
        }
        // `a` was never read, and `b` names other content now.
        for digit in ["b", "c", "d"] { store.remember(try #require(built[digit])) }
        let other = try #require(built["c"]).manifest
        store.store.add(other, tag: try #require(built["b"]).tag)
        let newest = try await CapsuleListing.read(store, .init(limit: 1))
        #expect(newest.releases.map(\.release) == [built["d"]?.release.identity])
        #expect(newest.rejected.map(\.tag) == [built["b"]?.tag] && newest.omitted == 2)
        #expect(store.asked == ["a", "b", "d"])
        let all = try await CapsuleListing.read(store)
        #expect(all.releases.count == 3 && all.omitted == nil && store.asked == ["a", "b", "d", "a", "b", "c", "d"])
    }

    @Test("of an empty place is empty") func empty() async throws {
        let listing = try await CapsuleListing.read(MemoryStore())
        #expect(listing.releases.isEmpty && listing.rejected.isEmpty)
    }
}
