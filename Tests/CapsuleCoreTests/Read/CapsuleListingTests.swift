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

    /// A store with a release for each digit, and the releases.
    private func stand() async throws -> (store: RememberingStore, built: [String: BuiltCapsule]) {
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
        return (store, built)
    }

    private func digits(_ listing: CapsuleListing) -> String {
        listing.releases.map { String($0.release.commit.short.prefix(1)) }.joined()
    }

    @Test("of the newest looks up again what it shows, and nothing else that was read before") func remembered()
        async throws
    {
        let (store, built) = try await stand()
        // `a` was never read, and `b` names other content now.
        let known = try ["b", "c", "d"].map { try #require(built[$0]) }
        await store.remember(
            known, created: ["2027-01-15T08:00:00Z", "2025-06-15T15:06:40Z", "2025-10-09T08:53:20Z"])
        store.store.add(try #require(built["c"]).manifest, tag: try #require(built["b"]).tag)
        let newest = try await CapsuleListing.read(store, .init(limit: 1))
        #expect(digits(newest) == "d")
        #expect(newest.rejected.map(\.tag) == [built["b"]?.tag] && newest.omitted == 2)
        #expect(store.taken() == (["a", "b", "d"], ["a", "b"], 1))
        let all = try await CapsuleListing.read(store)
        #expect(digits(all) == "dca" && all.omitted == nil)
        #expect(store.taken() == (["a", "b", "c", "d"], ["b"], 0))
    }

    @Test("again reads no manifest and stores nothing, and forgets the tags that were removed") func again()
        async throws
    {
        let (store, built) = try await stand()
        #expect(digits(try await CapsuleListing.read(store)) == "bdca")
        #expect(store.taken() == (["a", "b", "c", "d"], ["a", "b", "c", "d"], 1))
        #expect(digits(try await CapsuleListing.read(store)) == "bdca")
        #expect(store.taken() == (["a", "b", "c", "d"], [], 0))
        let two = try await CapsuleListing.read(store, .init(limit: 2))
        #expect(digits(two) == "bd" && two.omitted == 2)
        #expect(store.taken() == (["b", "d"], [], 0))
        let since = try await CapsuleListing.read(store, .init(since: 1_755_000_000))
        #expect(digits(since) == "bd" && since.omitted == 2)
        #expect(store.taken() == (["b", "d"], [], 0))
        store.remove(try #require(built["b"]).tag)
        let rest = try await CapsuleListing.read(store, .init(limit: 2))
        #expect(digits(rest) == "dc" && rest.omitted == 1)
        #expect(store.taken() == (["c", "d"], [], 1))
    }

    @Test("believes nothing of what was kept and damaged", arguments: 0..<40) func damaged(_ part: Int) async throws {
        let (store, _) = try await stand()
        let whole = try await CapsuleListing.read(store)
        _ = store.taken()
        store.damage { bytes in
            let place = bytes.count * part / 40
            if part % 2 == 0 { bytes[place] ^= 1 } else { bytes.removeLast(bytes.count - place) }
        }
        let listing = try await CapsuleListing.read(store, .init(limit: 3))
        #expect(listing.releases == Array(whole.releases.prefix(3)) && listing.omitted == 1)
        #expect(store.taken() == (["a", "b", "c", "d"], ["a", "b", "c", "d"], 1))
    }

    @Test("reads the manifest where another one is kept under its digest") func planted() async throws {
        let (store, built) = try await stand()
        let whole = try await CapsuleListing.read(store)
        let (one, other) = (try #require(built["a"]).manifest, try #require(built["b"]))
        // What is kept for `b` has its digest and the bytes of `a`, and the text as a whole is not damaged.
        let planted = RawManifest(bytes: one.bytes, descriptor: other.manifest.descriptor)
        await store.remember([RememberedManifest(planted, tag: other.tag, created: "2030-01-01T00:00:00Z")])
        let listing = try await CapsuleListing.read(store, .init(limit: 1))
        #expect(listing.releases == Array(whole.releases.prefix(1)))
    }

    @Test("of an empty place is empty") func empty() async throws {
        let listing = try await CapsuleListing.read(MemoryStore())
        #expect(listing.releases.isEmpty && listing.rejected.isEmpty)
    }
}
