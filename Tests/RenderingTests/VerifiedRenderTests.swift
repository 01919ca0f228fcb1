import CapsuleCore
import CapsuleReports
import CapsuleTestSupport
import CapsuleTrust
import GitOps
import OCI
import Processes
import Testing

@testable import Rendering

@Suite("Rendering a verified capsule", .needs(anyOf: "kustomize", "kubectl"), .timeLimit(.minutes(1)))
struct VerifiedRenderTests {

    static func verified() async throws -> VerifiedCapsule {
        let commit = try CommitID(RenderFixture.commit)
        let tag = ReleaseIdentity(commit: commit).tag
        let built = try CapsuleBuilder.build(
            BuildRequest(
                commit: commit, committed: 1_767_323_045,
                source: .init(repository: "https://git.example.com/shop.git", path: "k8s"),
                image: .init(
                    repoURL: try Repository(RenderFixture.repository), tag: tag,
                    digest: try Digest(RenderFixture.digest)),
                package: PackageTree(
                    kind: .kustomize, entry: try TreeDirectory("base"),
                    files: try RenderFixture.files(RenderFixture.base)),
                imageName: "shop"))
        let source = built.content
        let verdict = try await Verifier(opener: MemoryOpener([])).verify(
            VerificationRequest(
                capsule: ArtifactReference(source.reference, tag: built.tag), source: source,
                image: .asserted(try Digest(RenderFixture.digest))))
        var verified: VerifiedCapsule?
        if case .verified(let capsule, _) = verdict { verified = capsule }
        return try #require(verified, "\(verdict.report.text())")
    }

    @Test("uses the bytes that were verified, not the files that have changed on disk since")
    func altered() async throws {
        let capsule = try await Self.verified()
        let input = try RenderFixture.input()
        let expected = try await RenderFixture.renderer.render(input)
        try await withTemporaryDirectory { directory in
            let unpacked = try capsule.unpack(to: "\(directory)/capsule")
            let file = "\(unpacked.packageDirectory)/base/service.yaml"
            #expect(try !readFile(file).isEmpty)
            try writeFile(file, "apiVersion: v1\nkind: Service\nmetadata: {name: backdoor}\n")
            let rendered = try await RenderFixture.renderer.render(
                unpacked, for: input.deployment, policy: input.policy)
            #expect(rendered.files == expected.files)
            #expect(rendered.digest == expected.digest)
        }
    }
}
