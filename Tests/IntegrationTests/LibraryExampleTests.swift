import CapsuleCore
import CapsuleTestSupport
import CapsuleTrust
import LibraryExample
import OCI
import OCITransports
import Processes
import Promotion
import ReleaseWorkflows
import Signing
import Testing

/// The code of Examples/library and of the documentation's articles, on the shop's release.
@Suite("The library example")
struct LibraryExampleTests {
    static let repository = "registry.example.com/shop/release"

    /// Runs `body` with a built release, its image, and an opener.
    private func withRelease(
        _ body: @Sendable (Shop, ArtifactReference, ArtifactReference, DefaultContentOpener) async throws -> Void
    ) async throws {
        try await Shop.with { shop in
            try expectSuccess(try await shop.build())
            let release = try ArtifactReference("oci:\(shop.directory)/release:\(shop.tag)")
            let image = try ArtifactReference("oci:\(shop.directory)/image:\(shop.tag)")
            try await withPlaces(environment: [:], runner: SystemCommandRunner()) { opener in
                try await body(shop, release, image, opener)
            }
        }
    }

    @Test("a copy has the digest of the original")
    func copies() async throws {
        try await withRelease { shop, release, _, opener in
            let mirror = try ArtifactReference("oci:\(shop.directory)/mirror:\(shop.tag)")
            let digest = try await copyArtifact(from: release, to: mirror, opener: opener)
            #expect(try await opener.source(mirror.store).resolve(mirror)?.digest == digest)
            #expect(try await opener.source(release.store).resolve(release)?.digest == digest)
        }
    }

    @Test("a capsule is rejected before it is signed, and verified with the key afterwards and with no other key")
    func signsAndVerifies() async throws {
        try await withRelease { _, release, image, opener in
            let key = SigningKey()
            let repository = try Repository(Self.repository)
            func verdict(_ key: SigningKey) async throws -> [String] {
                try await verifyCapsule(
                    release, image: image, signedWith: key.verificationKey, for: repository, opener: opener
                ).report.failures.map(\.id)
            }
            #expect(try await verdict(key) == ["signature"])
            let report = try await signCapsule(
                release, key: key, for: repository, testedIn: "staging", at: 1_767_603_600, opener: opener)
            #expect(report.outcome == .added)
            #expect(report.key == key.verificationKey.fingerprint)
            #expect(try await verdict(key) == [])
            #expect(try await verdict(SigningKey()) == ["signature"])
        }
    }

    @Test("a pair is verified with its witness, rejected when it is edited, and planned", .needs("git", "kubectl"))
    func pairs() async throws {
        try await PairShop.with { pair in
            // The witness names the package as it was published: from elsewhere, it is read by digest.
            let place = try ArtifactReference("oci:\(pair.directory)/package:\(pair.tag)")
            let digest = try await ImageLayout(path: "\(pair.directory)/package").resolve(try OCI.Tag(pair.tag))?.digest
            let package = ArtifactReference(place.store, tag: place.tag, digest: digest)
            let image = try ArtifactReference("oci:\(pair.directory)/image:\(pair.tag)")
            let gitops = "\(pair.directory)/gitops.git"
            let environment = ["GIT_CONFIG_NOSYSTEM": "1", "HOME": pair.directory]
            let runner = SystemCommandRunner()
            @Sendable func verdict(_ opener: any ContentOpener) async throws -> Verdict {
                try await verifyPair(
                    package, image: image, gitops: gitops, opener: opener, runner: runner, environment: environment)
            }
            try await withPlaces(environment: [:], runner: runner) { opener in
                let verified = try await verdict(opener).report
                #expect(verified.failures.map(\.id) == [], "\(verified.failures)")
                #expect(verified.witness?.path.description == pair.witness)
                let plan = try await planPromotion(
                    of: package, image: image, to: "staging", gitops: gitops, at: 1_767_603_600, opener: opener,
                    runner: runner, environment: environment)
                #expect(plan.ok && plan.stages.first?.diff != nil)
            }
            try await pair.inClone("edit Edit; git push -q")
            try await withPlaces(environment: [:], runner: runner) { opener in
                let edited = try await verdict(opener).report
                #expect(edited.failures.map(\.id) == ["witness.once"])
            }
        }
    }

    @Test("a plan renders and evaluates gates, and pushes nothing", .needs(anyOf: "kustomize", "kubectl"))
    func plans() async throws {
        try await withRelease { shop, release, image, opener in
            let gitops = "\(shop.directory)/gitops.git"
            func plan(_ stage: String) async throws -> ReleasePromotion.StageReport {
                let report = try await planPromotion(
                    of: release, image: image, to: stage, gitops: gitops, at: 1_767_603_600, opener: opener,
                    runner: SystemCommandRunner(), environment: ["GIT_CONFIG_NOSYSTEM": "1", "HOME": shop.directory])
                return try #require(report.stages.first)
            }
            let before = try await shop.gitops("for-each-ref")
            let staging = try await plan("staging")
            #expect(staging.ok)
            #expect(staging.diff != nil)
            let canary = try await plan("canary")
            #expect(!canary.ok)
            #expect(canary.gates.contains { $0.gate == .after && !$0.ok })
            #expect(try await shop.gitops("for-each-ref") == before)
        }
    }
}
