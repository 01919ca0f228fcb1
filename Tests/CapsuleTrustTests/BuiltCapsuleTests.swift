import CapsuleCore
import CapsuleReports
import CapsuleTestSupport
import CapsuleTrust
import OCI
import ReleaseTestSupport
import Testing

@Suite("What the builder makes")
struct BuiltCapsuleTests {
    static func request(_ kind: PackageKind) throws -> BuildRequest {
        let files =
            kind == .helm
            ? [
                ("Chart.yaml", "apiVersion: v2\nname: shop\nversion: 1.0.0\n"),
                ("values.yaml", "image: {repository: shop}\n"),
            ] : Variant().files
        let identity = try ReleaseIdentity("git-\(Variant.commit)")
        return BuildRequest(
            commit: identity.commit, committed: Variant.committed,
            source: .init(repository: "https://user:secret@example.com/shop.git", path: "k8s"),
            image: .init(
                repoURL: try Repository(Variant.imageRepository), tag: identity.tag,
                digest: try Variant.image().descriptor.digest),
            package: PackageTree(
                kind: kind, entry: kind == .helm ? nil : try TreeDirectory("base"),
                files: try files.map { PackageFile(path: try RelativePath($0.0), content: Array($0.1.utf8)) }),
            imageName: kind == .helm ? nil : "shop")
    }

    @Test("is verified", arguments: PackageKind.allCases) func verified(kind: PackageKind) async throws {
        let built = try CapsuleBuilder.build(try Self.request(kind))
        let source = built.content
        let verdict = try await Verifier(opener: MemoryOpener([try Variant.imageStore()])).verify(
            VerificationRequest(
                capsule: ArtifactReference(source.reference, tag: built.tag), source: source,
                pinnedDigest: built.digest,
                imageRepository: try Repository(Variant.imageRepository), packageKind: kind))
        #expect(verdict.report.ok, "\(verdict.report.text())")
        #expect(verdict.report.checks.allSatisfy { $0.status == .pass })
    }
}
