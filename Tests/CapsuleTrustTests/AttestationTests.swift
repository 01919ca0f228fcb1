import CapsuleCore
import OCI
import Signing
import Testing

@testable import CapsuleTrust

/// Rows S1 to S6 of docs/security.md for attestations, on a capsule in memory.
@Suite("Attestations of a capsule", .timeLimit(.minutes(1)))
struct AttestationTests {
    static let key = SigningKey()
    static let other = SigningKey()
    static let promoted = AttestationRequirement.Kind.promoted(stage: "test")

    static func requirement(
        _ kind: AttestationRequirement.Kind = promoted, _ keys: [SigningKey] = [key], threshold: Int = 1,
        repository: String = Variant.capsulePlace
    ) throws -> AttestationRequirement {
        try AttestationRequirement(
            kind: kind, keys: keys.map(\.verificationKey), threshold: threshold, repository: Repository(repository))
    }

    static func attester(_ key: SigningKey = key, _ repository: String = Variant.capsulePlace) throws -> ReleaseAttester
    {
        ReleaseAttester(key: key, repository: try Repository(repository))
    }

    static func promotion(_ capsule: Digest, stage: String = "test") throws -> PromotionStatement {
        PromotionStatement(
            stage: stage, deployment: "test", promotedAt: 1_767_600_000,
            freight: Freight(
                image: .init(
                    repoURL: try Repository(Variant.imageRepository), tag: try Tag("git-\(Variant.commit)"),
                    digest: try Variant.image().descriptor.digest),
                capsule: .init(
                    repoURL: Variant.capsulePlace, tag: try Tag("git-\(Variant.commit)"), digest: capsule)),
            gitops: .init(
                repository: "https://git.example.com/gitops", commit: try CommitID(Variant.commit),
                branch: "stage/test", stageCommit: try CommitID(Variant.commit)),
            renderer: .init(name: "kustomize", version: "v5.4.2"), rendered: .sha256(of: [1]),
            checks: ["capsule.digest", "signature"], outcome: .promoted)
    }

    static let facts = #"""
        {"buildDefinition":{"buildType":"https://actions.github.io/buildtypes/workflow/v1","externalParameters":{"workflow":
        {"ref":"refs/heads/main","repository":"https://github.com/o/r","path":".github/workflows/release.yml"}},
        "resolvedDependencies":[{"uri":"git+https://github.com/o/r@refs/heads/main","digest":{"gitCommit":"COMMIT"}}]},
        "runDetails":{"builder":{"id":"https://github.com/o/r/.github/workflows/release.yml@refs/heads/main"}}}
        """#

    static func provenance(_ change: (String) -> String = { $0 }) throws -> AttestationPredicate {
        try AttestationPredicate(
            type: PredicateType.provenance,
            json: Array(change(facts.replacing("COMMIT", with: Variant.commit)).utf8), file: "provenance.json")
    }

    static func verify(_ made: Variant.Made, _ requirements: EvidenceRequirements, now: Int64 = Variant.committed)
        async throws -> VerificationReport
    {
        try await verdict(made, requirements, now: now).report
    }

    static func verdict(_ made: Variant.Made, _ requirements: EvidenceRequirements?, now: Int64 = Variant.committed)
        async throws -> Verdict
    {
        let request = VerificationRequest(
            capsule: Location(made.store.place, tag: try Tag("git-\(Variant.commit)")), source: made.store,
            imageRepository: try Repository(Variant.imageRepository), packageKind: .kustomize, evidence: requirements,
            readsEvidence: requirements == nil)
        return try await Verifier(opener: TestOpener([try Variant.imageStore()]), now: { now }).verify(request)
    }

    /// Makes a capsule, lets `attach` add to the store, verifies, and returns the attestation's check.
    private func check(
        _ requirement: AttestationRequirement? = nil, revokedKeys: Set<Digest> = [],
        _ attach: (Variant.Made) async throws -> Void
    ) async throws -> CheckResult {
        let made = try Variant().make()
        try await attach(made)
        let requirement = try requirement ?? Self.requirement()
        let requirements = EvidenceRequirements(attestations: [requirement], revokedKeys: revokedKeys)
        let report = try await Self.verify(made, requirements)
        let check = try #require(report.checks.last)
        #expect(check.id == requirement.id)
        #expect(report.ok == (check.status == .pass))
        return check
    }

    @Test("each kind of attestation passes when the right key attested it, and says what was attested")
    func kinds() async throws {
        let made = try Variant().make()
        let verification = VerificationStatement(
            stage: "test", verifiedAt: 1_767_600_000, evidence: .init(name: "smoke.xml", digest: .sha256(of: [1])),
            url: "https://ci.example.com/1")
        let sbom = try AttestationPredicate(
            type: PredicateType.spdx,
            json: SBOM.generate(made.release, package: try made.package(), committed: Variant.committed),
            file: "sbom.json")
        let reports = try await Self.attester().attest(
            made.manifest,
            [
                Self.provenance(), sbom, Self.promotion(made.manifest.digest).predicate, verification.predicate,
            ], in: made.store)
        #expect(reports.allSatisfy { $0.outcome == .added })
        let wanted = ProvenanceRequirement(
            builder: "https://github.com/o/r/.github/workflows/release.yml@refs/heads/main",
            source: "https://github.com/o/r", workflow: ".github/workflows/release.yml", ref: "refs/heads/main")
        let requirements = EvidenceRequirements(attestations: [
            try Self.requirement(.provenance(wanted)), try Self.requirement(.sbom), try Self.requirement(),
            try Self.requirement(.verified(stage: "test")),
        ])
        let report = try await Self.verify(made, requirements)
        #expect(report.ok, "\(report.text())")
        #expect(
            report.checks.suffix(4).map(\.id) == [
                "attestation.provenance", "attestation.sbom", "attestation.promoted.test", "attestation.verified.test",
            ])
        let key = Self.key.verificationKey.description
        #expect(report.checks.suffix(4).map { $0.evidence[key] ?? "" }[1...] == [
            "SPDX-2.3", "promoted at 2026-01-05T08:00:00Z", "verified at 2026-01-05T08:00:00Z",
        ])
    }

    @Test("a release without the attestation is refused, and what it has instead is named")
    func missing() async throws {
        let none = try await check { _ in }
        #expect(none.reason == "\(Variant.capsulePlace) holds no statement that it was promoted to test")
        let another = try await check { made in
            try await Self.attester().attest(made.manifest, Self.provenance(), in: made.store)
        }
        #expect(another.reason?.hasSuffix("what is there attests something else: \"https://slsa.dev/provenance/v1\"") == true)
    }
}

extension Variant.Made {
    func package() throws -> PackageTree {
        PackageTree(
            kind: .kustomize, entry: try RelativePath("base"),
            files: try Variant().files.map { PackageFile(path: try RelativePath($0), content: Array($1.utf8)) })
    }
}
