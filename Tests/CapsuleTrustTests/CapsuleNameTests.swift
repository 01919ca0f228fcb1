import CapsuleCore
import CapsuleReports
import CapsuleTestSupport
import CapsuleTrust
import OCI
import ReleaseTestSupport
import Testing

/// Signatures, statements and revocations name a capsule by its sha256 digest, so it has no other name.
@Suite("The name of a capsule", .timeLimit(.minutes(1)))
struct CapsuleNameTests {
    /// A capsule that is also stored under its sha512 digest, which its tag names.
    private func renamed() throws -> (made: Variant.Made, name: Digest) {
        let made = try Variant().make()
        let bytes = try #require(made.bytes[made.manifest.digest])
        let raw = try RawManifest(detecting: bytes, digest: Digest.of(bytes, .sha512))
        made.store.add(raw, tag: try Tag(Variant().tag))
        return (made, raw.descriptor.digest)
    }

    private func verify(_ reference: ArtifactReference, in made: Variant.Made) async throws -> Verdict {
        let request = VerificationRequest(
            capsule: reference, source: made.store, imageRepository: try Repository(Variant.imageRepository),
            packageKind: .kustomize,
            evidence: EvidenceRequirements(revokedReleases: [made.manifest.digest]))
        return try await Verifier(opener: MemoryOpener([try Variant.imageStore()])).verify(request)
    }

    @Test("is not a digest of another algorithm, for a request or for any reader")
    func digest() async throws {
        let (made, name) = try renamed()
        for tag in [nil, try Tag(Variant().tag)] {
            let reference = ArtifactReference(made.store.reference, tag: tag, digest: name)
            let error = await #expect(throws: OCIError.self) { try await verify(reference, in: made) }
            #expect(error?.code == .invalidName)
            #expect(error?.message.contains("the name of a capsule is its sha256 digest") == true)
            let read = await #expect(throws: OCIError.self) {
                try await CapsuleReader.read(reference, from: made.store)
            }
            #expect(read?.message == error?.message)
        }
    }

    @Test("is not what a tag resolves to in a registry that answers with another algorithm")
    func tag() async throws {
        let (made, _) = try renamed()
        let reference = ArtifactReference(made.store.reference, tag: try Tag(Variant().tag))
        let report = try await verify(reference, in: made).report
        #expect(!report.ok)
        let check = report.checks.first { $0.id == "capsule.manifest" }
        #expect(check?.reason?.contains("the name of a capsule is its sha256 digest") == true, "\(report.text())")
        await #expect(throws: CapsuleError.self) { try await CapsuleReader.read(reference, from: made.store) }
        let listing = try await CapsuleListing.read(made.store)
        #expect(listing.releases.isEmpty && listing.rejected.count == 1)
    }

    @Test("is revoked under every name of the same bytes", arguments: [true, false])
    func revoked(byTag: Bool) async throws {
        let made = try Variant().make()
        let reference =
            byTag
            ? ArtifactReference(made.store.reference, tag: try Tag(Variant().tag))
            : ArtifactReference(made.store.reference, digest: made.manifest.digest)
        let report = try await verify(reference, in: made).report
        #expect(report.failures.map(\.id) == ["release.revoked"], "\(report.text())")
    }

    @Test("is sha256 for its config, its layer, its image and its package, too", arguments: 0..<4)
    func parts(_ part: Int) async throws {
        let other = Digest.of(Array("x".utf8), .sha512)
        var variant = Variant()
        switch part {
        case 0: variant.manifest = { $0.config.digest = other }
        case 1: variant.manifest = { $0.layers[0].digest = other }
        case 2: variant.release = { $0.image.digest = other }
        default: variant.release = { $0.package.digest = other }
        }
        let report = try await variant.verify().report
        let reasons = report.failures.compactMap(\.reason)
        #expect(reasons.contains { $0.contains("is its sha256 digest") }, "\(report.text())")
    }

    @Test("is sha256 for the image that a request expects")
    func image() async throws {
        let other = Digest.of(Array("x".utf8), .sha512)
        let error = await #expect(throws: OCIError.self) {
            try await Variant().verify { request, _ in request.image = .asserted(other) }
        }
        #expect(error?.message.contains("the name of an image is its sha256 digest") == true)
    }
}
