import CapsuleCore
import CapsuleTestSupport
import CapsuleTrust
import OCI
import ReleaseTestSupport
import ReleaseWorkflows
import Synchronization
import Testing

/// A release that is read while its requirements are still unknown is judged as if its verification had read it.
@Suite("A reading that starts before the requirements are known")
struct StartedReadingTests {
    private func request(_ made: Variant.Made) throws -> ReleaseVerification.Request {
        ReleaseVerification.Request(
            capsule: ArtifactReference(made.store.reference, tag: try OCI.Tag("git-\(Variant.commit)")))
    }

    @Test("reads everything once, and gives the same report")
    func once() async throws {
        let made = try Variant().make()
        let opener = CountingOpener(MemoryOpener([made.store, try Variant.imageStore()]))
        let verification = ReleaseVerification(opener: opener)
        let alone = try await verification.verdict(request(made)).report
        let calls = opener.taken()
        #expect(calls.count == Set(calls).count)
        let report = try await StartedReading.with(request(made), opener: opener) { reading in
            var request = try request(made)
            (request.imageRepository, request.packageKind) = (try Repository(Variant.imageRepository), .kustomize)
            request.reading = reading
            return try await verification.verdict(request).report
        }
        #expect(report.ok, "\(report)")
        #expect(report.checks.map(\.id) == alone.checks.map(\.id))
        #expect(opener.taken().sorted() == calls.sorted())
    }

    @Test("begins before the requirements are found")
    func early() async throws {
        let made = try Variant().make()
        let opener = CountingOpener(MemoryOpener([made.store, try Variant.imageStore()]))
        try await StartedReading.with(request(made), opener: opener) { _ in
            let isRead = try await eventually { opener.calls.withLock { $0.count >= 4 } }
            #expect(isRead)
        }
    }

    @Test("does not answer for another capsule, another image or another digest")
    func others() async throws {
        let made = try Variant().make()
        let sound = MemoryOpener([made.store, try Variant.imageStore()])
        let verification = ReleaseVerification(opener: sound)
        let other = try Variant.image().descriptor.digest
        let changes: [(inout ReleaseVerification.Request) throws -> Void] = [
            { $0.imageDigest = Digest.sha256(of: "another".utf8) },
            { $0.capsule.digest = other },
            { $0.image = ArtifactReference(made.store.reference, tag: try OCI.Tag("git-\(Variant.commit)")) },
        ]
        for change in changes {
            var changed = try request(made)
            try change(&changed)
            let expected = try await verification.verdict(changed).report
            let report = try await StartedReading.with(request(made), opener: sound) { reading in
                changed.reading = reading
                return try await verification.verdict(changed).report
            }
            #expect(!report.ok)
            #expect(report.failures.map(\.id) == expected.failures.map(\.id))
        }
    }

    @Test("is judged by what is expected of the release afterwards")
    func expectations() async throws {
        let made = try Variant().make()
        let opener = MemoryOpener([made.store, try Variant.imageStore()])
        let verification = ReleaseVerification(opener: opener)
        let changes: [(String, (inout ReleaseVerification.Request) throws -> Void)] = [
            ("image.repository", { $0.imageRepository = try Repository("registry.example.com/shop/other") }),
            ("package.kind", { $0.packageKind = .helm }),
        ]
        for (check, change) in changes {
            var changed = try request(made)
            try change(&changed)
            let expected = try await verification.verdict(changed).report
            let report = try await StartedReading.with(request(made), opener: opener) { reading in
                changed.reading = reading
                return try await verification.verdict(changed).report
            }
            #expect(report.failures.map(\.id) == [check])
            #expect(report == expected)
        }
    }

    @Test("reads the evidence when it is required")
    func evidence() async throws {
        let made = try Variant().make()
        let opener = CountingOpener(MemoryOpener([made.store, try Variant.imageStore()]))
        _ = try await StartedReading.with(request(made), opener: opener) { reading in
            var request = try request(made)
            (request.reading, request.readsEvidence) = (reading, true)
            return try await ReleaseVerification(opener: opener).verified(request)
        }
        #expect(opener.taken().contains { $0.hasPrefix("referrers ") })
    }

    @Test("fails only the verification that uses it")
    func failure() async throws {
        let made = try Variant().make()
        let nothing = MemoryOpener([])
        let kept = try await StartedReading.with(request(made), opener: nothing) { _ in 1 }
        #expect(kept == 1)
        let error = await #expect(throws: OCIError.self) {
            try await StartedReading.with(request(made), opener: nothing) { reading in
                var request = try request(made)
                request.reading = reading
                return try await ReleaseVerification(opener: nothing).verdict(request)
            }
        }
        #expect(error?.code == .unavailable)
    }
}

/// Counts what is asked of the stores of another opener.
private final class CountingOpener: ContentOpener {
    let opener: MemoryOpener
    let calls = Mutex<[String]>([])

    init(_ opener: MemoryOpener) { self.opener = opener }

    func taken() -> [String] {
        calls.withLock { calls in
            defer { calls = [] }
            return calls
        }
    }

    func source(_ reference: StoreReference) async throws -> any ContentSource {
        CountingSource(source: try await opener.source(reference), opener: self)
    }

    func store(_ reference: StoreReference) async throws -> any ContentStore { try await opener.store(reference) }
}

private struct CountingSource: ContentSource {
    let source: any ContentSource
    let opener: CountingOpener

    var reference: StoreReference { source.reference }

    private func count(_ call: String) { opener.calls.withLock { $0.append(call) } }

    func resolve(_ tag: OCI.Tag) async throws -> Descriptor? {
        count("tag \(tag) of \(reference)")
        return try await source.resolve(tag)
    }

    func resolve(_ digest: Digest) async throws -> Descriptor? {
        count("digest \(digest) of \(reference)")
        return try await source.resolve(digest)
    }

    func withContent<Result: Sendable>(
        of descriptor: Descriptor, from offset: Int64, _ body: @Sendable (ContentStream) async throws -> Result
    ) async throws -> Result {
        count("content \(descriptor.digest) of \(reference)")
        return try await source.withContent(of: descriptor, from: offset, body)
    }

    func referrers(of digest: Digest) async throws -> [Descriptor] {
        count("referrers \(digest)")
        return try await source.referrers(of: digest)
    }

    func listReferrers(of digest: Digest) async throws -> [Referrer] {
        count("referrers \(digest)")
        return try await source.listReferrers(of: digest)
    }

    func tags() async throws -> [OCI.Tag] { try await source.tags() }
}
