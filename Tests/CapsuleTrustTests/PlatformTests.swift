import CapsuleCore
import CapsuleReports
import CapsuleTestSupport
import CapsuleTrust
import OCI
import ReleaseTestSupport
import Support
import Testing

/// An image for several platforms is an index. Tools that build one platform name its manifest, not the index.
@Suite("Documents that name the manifest of a platform", .timeLimit(.minutes(1)))
struct PlatformTests {
    /// A capsule of an index, whose SBOM and provenance name a manifest.
    private func variant(of index: RawManifest) -> Variant {
        var variant = Variant()
        variant.release = { $0.image.digest = index.descriptor.digest }
        return variant
    }

    private func registry(_ manifests: [RawManifest], tagged: RawManifest) throws -> MemoryStore {
        let store = MemoryStore(.registry(try Repository(Variant.imageRepository)))
        for manifest in manifests { store.add(manifest) }
        store.add(tagged, tag: try Tag(Variant().tag))
        return store
    }

    private func verify(_ variant: Variant, _ store: MemoryStore, image: ImageEvidence? = nil)
        async throws -> VerificationReport
    {
        let made = try variant.make()
        var request = VerificationRequest(
            capsule: ArtifactReference(made.store.reference, tag: try Tag(variant.tag)), source: made.store,
            imageRepository: try Repository(Variant.imageRepository), packageKind: .kustomize)
        request.image = image
        return try await Verifier(opener: MemoryOpener([store])).verify(request).report
    }

    @Test("name the image, if its index lists the manifest")
    func listed() async throws {
        let child = try Variant.image()
        let index = try RawManifest(encoding: ImageIndex(manifests: [child.descriptor]))
        let store = try registry([child], tagged: index)
        for image in [
            nil, .lookup(source: store, tag: nil, expected: index.descriptor.digest),
            .asserted(index.descriptor.digest),
        ] as [ImageEvidence?] {
            let report = try await verify(variant(of: index), store, image: image)
            #expect(report.ok, "\(report.text())")
        }
    }

    @Test("do not name the image, if its index lists others or cannot be read")
    func others() async throws {
        let child = try Variant.image()
        let other = try RawManifest(
            encoding: ImageManifest(
                config: Descriptor(mediaType: MediaType.emptyJSON, content: Array("{}".utf8)), layers: []))
        let index = try RawManifest(encoding: ImageIndex(manifests: [other.descriptor]))
        let report = try await verify(variant(of: index), registry([child, other], tagged: index))
        #expect(report.failures.map(\.id) == ["metadata.provenance"], "\(report.text())")
        let empty = MemoryStore(.registry(try Repository(Variant.imageRepository)))
        let asserted = try await verify(variant(of: index), empty, image: .asserted(index.descriptor.digest))
        #expect(asserted.failures.map(\.id) == ["metadata.provenance"], "\(asserted.text())")
    }

    @Test("are SBOMs and provenance alike, for a build and for an attestation")
    func documents() throws {
        let child = Digest.sha256(of: "child".utf8)
        let stranger = Digest.sha256(of: "stranger".utf8)
        let image = ReleaseManifest.Image(
            repoURL: try Repository(Variant.imageRepository), tag: try Tag(Variant().tag),
            digest: .sha256(of: "index".utf8))
        let package = PackageTree(
            kind: .kustomize, entry: try TreeDirectory("base"),
            files: [PackageFile(path: try RelativePath("base/kustomization.yaml"), content: [])])
        for (document, platforms, findings) in [
            (child, [child], []), (child, [], ["sbom.subject"]), (stranger, [child], ["sbom.subject"]),
        ] as [(Digest, Set<Digest>, [String])] {
            let spdx = """
                {"spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "packages": [{"versionInfo": "\(document)"}]}
                """
            let cycloneDX = """
                {"bomFormat": "CycloneDX", "specVersion": "1.6", "metadata": {"component": {"type": "container",
                 "name": "shop", "version": "\(document)"}}}
                """
            for sbom in [spdx, cycloneDX] {
                let found = SBOM.check(Array(sbom.utf8), image: image, platforms: platforms, package: package)
                #expect(found.map(\.rule) == findings, "\(found)")
            }
        }
    }
}
