import Archive
import CapsuleCore
import CapsuleReports
import CapsuleTestSupport
import Documents
import OCI
import ReleaseTestSupport
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

    @Test("are read as soon as their manifests are")
    func pipelined() async throws {
        let made = try Variant().make()
        for stage in ["one", "two"] {
            let predicate = try Self.promotion(made.manifest.digest, stage: stage).predicate
            _ = try await Self.attester().attest(made.manifest, predicate, in: made.store)
        }
        let whole = try await ReleaseEvidence.gather(made.manifest.digest, in: made.store)
        #expect(whole.signedEvidence.count == 2)
        for late in whole.attached {
            let store = LateManifest(made.store, late: late.digest)
            let evidence = try await ReleaseEvidence.gather(made.manifest.digest, in: store)
            #expect(evidence.signedEvidence.map(\.manifest) == whole.signedEvidence.map(\.manifest))
        }
    }

    @Test(
        "accept an SBOM whose predicate type has a version, and no other type",
        arguments: [
            ("https://spdx.dev/Document", true), ("https://spdx.dev/Document/v2.3", true),
            ("https://spdx.dev/Document/v2.2", true), ("https://spdx.dev/Document/2.3", true),
            ("https://spdx.dev/Document/v2", true), ("https://spdx.dev/Document/", false),
            ("https://spdx.dev/Document/v", false), ("https://spdx.dev/Document/v2.", false),
            ("https://spdx.dev/Document/vv2.3", false), ("https://spdx.dev/Document/v2.3/x", false),
            ("https://spdx.dev/DocumentX", false), ("https://spdx.dev/Document2.3", false),
            ("https://cyclonedx.org/bom", false), ("https://slsa.dev/provenance/v1", false),
        ])
    func versionedSBOM(type: String, isAccepted: Bool) async throws {
        let made = try Variant().make()
        let json = #"{"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","packages":[]}"#
        #expect(try Self.requirement(.sbom).accepts(predicateType: type) == (isAccepted || type.contains("cyclonedx")))
        // A predicate that does not fit its type is not written.
        guard let predicate = try? AttestationPredicate(type: type, json: Array(json.utf8), file: "sbom.json") else {
            #expect(!isAccepted)
            return
        }
        _ = try await Self.attester().attest(made.manifest, predicate, in: made.store)
        let evidence = try await ReleaseEvidence.gather(made.manifest.digest, in: made.store)
        let requirements = EvidenceRequirements(attestations: [try Self.requirement(.sbom)])
        #expect(evidence.checks(requirements, now: 0).allSatisfy { $0.status == .pass } == isAccepted)
    }

    @Test(
        "read CycloneDX by its type with and without a version",
        arguments: ["https://cyclonedx.org/bom", "https://cyclonedx.org/bom/v1.5", "https://cyclonedx.org/bom/1.6"])
    func cycloneDX(type: String) throws {
        let json = #"{"bomFormat":"CycloneDX","specVersion":"1.5"}"#
        let predicate = try AttestationPredicate(type: type, json: Array(json.utf8), file: "sbom.json")
        #expect(predicate.type == type)
        let value = try JSONParser.parse(predicate.bytes, file: "sbom.json")
        #expect(try AttestationContent(type, value) == .sbom("CycloneDX-1.5"))
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
            capsule: ArtifactReference(made.store.reference, tag: try Tag("git-\(Variant.commit)")), source: made.store,
            imageRepository: try Repository(Variant.imageRepository), packageKind: .kustomize, evidence: requirements,
            readsEvidence: requirements == nil)
        return try await Verifier(opener: MemoryOpener([try Variant.imageStore()]), now: { now }).verify(request)
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
        #expect(
            report.checks.suffix(4).map { $0.evidence[key] ?? "" }[1...] == [
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
        #expect(
            another.reason?.hasSuffix("what is there attests something else: \"https://slsa.dev/provenance/v1\"")
                == true)
    }

    @Test("a second run adds nothing, and another key or another word adds to what is there")
    func again() async throws {
        let made = try Variant().make()
        let predicate = try Self.promotion(made.manifest.digest).predicate
        let first = try await Self.attester().attest(made.manifest, predicate, in: made.store)
        let second = try await Self.attester().attest(made.manifest, predicate, in: made.store)
        #expect(first.outcome == .added && second.outcome == .present && first.attestation == second.attestation)
        let other = try await Self.attester(Self.other).attest(made.manifest, predicate, in: made.store)
        let canary = try Self.promotion(made.manifest.digest, stage: "canary").predicate
        let word = try await Self.attester().attest(made.manifest, canary, in: made.store)
        #expect(other.outcome == .added && word.outcome == .added)
        #expect(try await made.store.referrers(of: made.manifest.digest).count == 3)
    }

    @Test("a threshold counts keys, not attestations")
    func threshold() async throws {
        let both = try Self.requirement(Self.promoted, [Self.key, Self.other], threshold: 2)
        let one = try await check(both) { made in
            try Self.add(Self.statement(made), to: made)
            try Self.add(Self.statement(made), to: made)
        }
        #expect(one.reason?.contains("1 of 2 attestations are valid") == true)
        let two = try await check(both) { made in
            for key in [Self.key, Self.other] { try Self.add(Self.statement(made), by: key, to: made) }
        }
        #expect(two.status == .pass)
    }

    @Test("S1: another key, another digest, another repository and a flipped byte are refused, each with its reason")
    func wrong() async throws {
        let hex = String(repeating: "a", count: 64)
        let cases: [(String, (Variant.Made) throws -> Void)] = [
            ("none of the accepted keys made it", { try Self.add(Self.statement($0), by: Self.other, to: $0) }),
            (
                "it is about \"sha256:aaaa",
                { try Self.add(Self.statement($0).replacing($0.manifest.digest.hex, with: hex), to: $0) }
            ),
            (
                "was made for \"ghcr.io/example/other\"",
                {
                    try Self.add(
                        Self.statement($0).replacing(
                            "\"name\":\"\(Variant.capsulePlace)\"", with: "\"name\":\"ghcr.io/example/other\""), to: $0)
                }
            ),
            (
                "it does not name a repository",
                {
                    try Self.add(
                        Self.statement($0).replacing("\"name\":\"\(Variant.capsulePlace)\",", with: ""), to: $0)
                }
            ),
            (
                "says that sha256:aaaa",
                { try Self.add(Self.statement($0, Self.promotion(Digest("sha256:\(hex)")).predicate), to: $0) }
            ),
        ]
        for (reason, attach) in cases {
            let check = try await check { try attach($0) }
            #expect(check.reason?.contains(reason) == true, "\(reason): \(check.reason ?? "passed")")
        }
        for position in [10, 200, 400] {
            let check = try await check { made in
                var payload = Array(try Self.statement(made).utf8)
                let signature = try SignatureTests.sign(payload, by: Self.key)
                payload[position] ^= 1
                made.store.add(try SignatureTests.bundle(made.manifest, payload: payload, signatures: [signature]))
            }
            #expect(check.status == .fail)
        }
    }

    @Test("an SBOM that names the digest only counts unless the policy binds the name")
    func digestOnly() async throws {
        let made = try Variant().make()
        let statement =
            #"{"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":{"sha256":"\#(made.manifest.digest.hex)"}}],"#
            + #""predicateType":"https://spdx.dev/Document","predicate":{"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","packages":[]}}"#
        made.store.add(try SignatureTests.bundle(made.manifest, statement, by: Self.key))
        let evidence = try await ReleaseEvidence.gather(made.manifest.digest, in: made.store)
        for binding in EvidenceBinding.allCases {
            let requirements = EvidenceRequirements(
                attestations: [try Self.requirement(.sbom)], binding: binding)
            let check = try #require(evidence.checks(requirements, now: 0).first)
            #expect((check.status == .pass) == (binding == .digest), "\(check)")
        }
    }

    @Test("S1: a promotion statement about one capsule does not count for another that it is attached to")
    func otherCapsule() async throws {
        let check = try await check { made in
            var older = Variant()
            older.release = { $0.source = .init(repository: "https://github.com/example/older", path: nil) }
            let old = try older.make()
            _ = try await Self.attester().attest(
                old.manifest, Self.promotion(old.manifest.digest).predicate, in: old.store)
            let referrer = try #require(try await old.store.referrers(of: old.manifest.digest).first)
            let layer = try await old.store.manifest(referrer.target).imageManifest().layers[0]
            let bundle = try await old.store.bytes(of: layer, limit: 1 << 20)
            let text = String(decoding: bundle, as: UTF8.self)
            made.store.add(try SignatureTests.bundle(made.manifest, "", by: Self.key) { _ in text })
        }
        #expect(check.reason?.contains("not about this capsule") == true, "\(check.reason ?? "")")
    }

    @Test(
        "S2: what is asked of provenance must be there, whole and exact",
        arguments: ["builder", "source", "workflow", "ref"])
    func provenanceRequirement(_ field: String) async throws {
        let right = [
            "builder": "https://github.com/o/r/.github/workflows/release.yml@refs/heads/main",
            "source": "https://github.com/o/r", "workflow": ".github/workflows/release.yml", "ref": "refs/heads/main",
        ]
        let value = try #require(right[field])
        for (text, passes) in [
            (value, true), (value + "x", false), (String(value.dropLast()), false), (value.uppercased(), false),
        ] {
            func given(_ name: String) -> String? { name == field ? text : nil }
            let wanted = ProvenanceRequirement(
                builder: given("builder"), source: given("source"), workflow: given("workflow"), ref: given("ref"))
            let check = try await check(Self.requirement(.provenance(wanted))) { made in
                try await Self.attester().attest(made.manifest, Self.provenance(), in: made.store)
            }
            #expect((check.status == .pass) == passes)
            if !passes { #expect(check.reason?.contains("its \(field) is ") == true, "\(check.reason ?? "")") }
        }
        // A build type that is not known says nothing about these.
        var wanted = ProvenanceRequirement()
        if field == "ref" {
            wanted.ref = right["ref"]
            let unknown = try await check(Self.requirement(.provenance(wanted))) { made in
                let predicate = try Self.provenance { $0.replacing("actions.github.io", with: "example.com") }
                try await Self.attester().attest(made.manifest, predicate, in: made.store)
            }
            #expect(unknown.reason?.contains("its ref is missing") == true)
        }
    }

    @Test("S2: provenance of another commit is refused")
    func otherCommit() async throws {
        let check = try await check(Self.requirement(.provenance(.init()))) { made in
            let predicate = try Self.provenance {
                $0.replacing(Variant.commit, with: String(repeating: "1", count: 40))
            }
            try await Self.attester().attest(made.manifest, predicate, in: made.store)
        }
        #expect(check.reason?.contains("not from commit \(Variant.commit)") == true, "\(check.reason ?? "")")
    }

    @Test(
        "S2, S3: a statement that is signed and malformed is refused",
        arguments: [
            (#""_type":"https://in-toto.io/Statement/v1""#, #""_type":"https://in-toto.io/Statement/v9""#),
            (#""predicateType":"#, #""predicateType":"https://example.com","predicateType":"#),
            (#""predicateType":"#, #""PredicateType":"https://example.com","predicateType":"#),
            (#""stage": "test""#, #""stage": "test", "Stage": "test""#), (#""stage": "test""#, #""stage": "../test""#),
            (#""stage": "test""#, #""stage": "test", "more": 1"#), (#""stage": "test","#, ""),
            (#""outcome": "promoted""#, #""outcome": "maybe""#),
            (#""outcome": "promoted""#, #""outcome": ["promoted"]"#),
            ("2026-01-05T08:00:00Z", "2026-01-05"), ("\"sha256:4bf5", "\"sha256:XXXX"),
            ("{\"_type\"", "\u{FEFF}{\"_type\""), ("}}", "}} {}"), ("\"checks\": [", "\"checks\": [1, "),
            (
                "\"checks\": [",
                "\"checks\": [\(String(repeating: "[", count: 80))\(String(repeating: "]", count: 80)), "
            ),
        ])
    func malformed(_ from: String, _ to: String) async throws {
        let check = try await check { made in
            let text = try Self.statement(made)
            // The last braces are those of the statement.
            let changed = from == "}}" ? text + " {}" : text.replacing(from, with: to)
            #expect(changed != text)
            try Self.add(changed, to: made)
        }
        #expect(check.reason?.contains("malformed") == true, "\(check.reason ?? "passed")")
    }

    @Test("a statement about no subject, or about two, is refused")
    func subjects() async throws {
        for count in [0, 2] {
            let check = try await check { made in
                let subject =
                    #"{"name":"\#(Variant.capsulePlace)","digest":{"sha256":"\#(made.manifest.digest.hex)"}}"#
                let list = [String](repeating: subject, count: count).joined(separator: ",")
                try Self.add(Self.statement(made).replacing("[\(subject)]", with: "[\(list)]"), to: made)
            }
            #expect(check.reason?.contains("not about exactly one subject") == true, "\(check.reason ?? "passed")")
        }
    }

    @Test("S4: lax DER, and r or s zero, are refused by that name")
    func laxDER() async throws {
        for change in [
            { $0 + [0] }, { _ in [0x30, 6, 2, 1, 0, 2, 1, 0] }, { Array($0.dropLast()) },
            { [0x30, 0x81] + $0.dropFirst() }, { _ in [0x30, 6, 2, 1, 1, 2, 1, 0] },
        ] as [([UInt8]) -> [UInt8]] {
            let check = try await check { made in
                let payload = Array(try Self.statement(made).utf8)
                let signature = change(try SignatureTests.sign(payload, by: Self.key))
                made.store.add(try SignatureTests.bundle(made.manifest, payload: payload, signatures: [signature]))
            }
            #expect(check.reason?.contains("strict DER") == true, "\(check.reason ?? "")")
        }
    }

    @Test("a promotion that waits for review does not count, and neither does another stage's")
    func review() async throws {
        let review = try await check { made in
            try Self.add(Self.statement(made).replacing("\"promoted\"", with: "\"review\""), to: made)
        }
        #expect(review.reason?.contains("open review") == true, "\(review.reason ?? "")")
        let canary = try await check { made in
            try Self.add(
                Self.statement(made, Self.promotion(made.manifest.digest, stage: "canary").predicate), to: made)
        }
        #expect(canary.reason?.contains("it is about the stage canary, not test") == true)
    }

    @Test("cosign's envelopes count as bundles do, with exactly one signature each")
    func envelopes() async throws {
        for (count, passes) in [(0, false), (1, true), (2, false)] {
            let check = try await check { made in
                // cosign writes the older statement.
                let text = try Self.statement(made).replacing("Statement/v1", with: "Statement/v0.1")
                try Self.addEnvelopes([Self.envelope(text, signatures: count)], to: made)
            }
            #expect((check.status == .pass) == passes, "\(check.reason ?? "")")
        }
    }

    @Test("a revoked key never counts, for attestations and signatures alike, and is named")
    func revokedKeys() async throws {
        let made = try Variant().make()
        _ = try await Self.attester().attest(
            made.manifest, Self.promotion(made.manifest.digest).predicate, in: made.store)
        let repository = try Repository(Variant.capsulePlace)
        _ = try await ReleaseSigner(key: Self.key, repository: repository) { _ in }.sign(made.manifest, in: made.store)
        var requirements = EvidenceRequirements(
            signatures: [try SignatureRequirement(keys: [Self.key.verificationKey], repository: repository)],
            attestations: [try Self.requirement()])
        #expect(try await Self.verify(made, requirements).ok)
        requirements.revokedKeys = [Self.key.verificationKey.fingerprint]
        let report = try await Self.verify(made, requirements)
        #expect(report.failures.map(\.id) == ["signature", "attestation.promoted.test"])
        #expect(report.failures.allSatisfy { $0.reason?.contains("which is revoked") == true })
    }

    @Test("a revoked release is refused, and another is not")
    func revokedRelease() async throws {
        let made = try Variant().make()
        var requirements = EvidenceRequirements(revokedReleases: [made.manifest.digest], policy: "policy.yaml")
        let report = try await Self.verify(made, requirements)
        #expect(report.failures.map(\.id) == ["release.revoked"])
        #expect(report.failures.first?.reason == "this release is revoked by policy.yaml")
        requirements.revokedReleases = [.sha256(of: [1])]
        #expect(try await Self.verify(made, requirements).ok)
    }

    @Test(
        "a release may have the greatest age and no second more, and its time may be five minutes ahead and no second more"
    )
    func age() async throws {
        let made = try Variant().make()
        let requirements = EvidenceRequirements(maximumAge: .seconds(30 * 86_400))
        for (now, reason) in [
            (Variant.committed + 30 * 86_400, nil),
            (Variant.committed + 30 * 86_400 + 1, "30 days ago; 30 days are allowed"),
            (Variant.committed - 300, nil), (Variant.committed - 301, "one of the two clocks is wrong"),
        ] as [(Int64, String?)] {
            let report = try await Self.verify(made, requirements, now: now)
            #expect(report.ok == (reason == nil))
            if let reason { #expect(report.failures.first?.reason?.contains(reason) == true) }
        }
        // An age of hours is said in hours.
        let hours = EvidenceRequirements(maximumAge: .seconds(12 * 3_600))
        let late = try await Self.verify(made, hours, now: Variant.committed + 13 * 3_600)
        #expect(late.failures.first?.reason?.contains("13 hours ago; 12 hours are allowed") == true)
    }

    @Test("what was read once can be asked about again, for one stage after the other")
    func asksAgain() async throws {
        let made = try Variant().make()
        _ = try await Self.attester().attest(
            made.manifest, Self.promotion(made.manifest.digest).predicate, in: made.store)
        guard case .verified(let capsule, let report) = try await Self.verdict(made, nil) else {
            Issue.record("not verified")
            return
        }
        #expect(!report.checks.contains { $0.id.hasPrefix("attestation") })
        let evidence = try #require(capsule.evidence)
        for (stage, status) in [("test", CheckStatus.pass), ("canary", .fail)] {
            let requirements = EvidenceRequirements(attestations: [
                try Self.requirement(.promoted(stage: stage)), try Self.requirement(.promoted(stage: stage)),
            ])
            let checks = evidence.checks(requirements, now: Variant.committed)
            #expect(checks.map(\.status) == [status, status] && checks.map(\.id) == requirements.checkIDs)
        }
        let found = evidence.attestations(try Self.requirement(), now: Variant.committed)
        #expect(found.map(\.content) == [.promoted(try Self.promotion(made.manifest.digest))])
        let others = try Self.requirement(Self.promoted, [Self.other])
        #expect(evidence.attestations(others, now: Variant.committed).isEmpty)
    }

    @Test("a report that lacks a requested check is not verified, even when another of that name passed")
    func notOmitted() async throws {
        let made = try Variant().make()
        _ = try await Self.attester().attest(
            made.manifest, Self.promotion(made.manifest.digest).predicate, in: made.store)
        let requirements = EvidenceRequirements(attestations: [try Self.requirement()])
        let report = try await Self.verify(made, requirements)
        func ok(_ checks: [CheckResult], _ ids: [String]) -> Bool {
            VerificationReport(
                capsule: report.capsule, image: report.image, release: report.release, checks: checks, evidence: ids
            ).ok
        }
        let id = "attestation.promoted.test"
        #expect(ok(report.checks, [id]))
        #expect(!ok(report.checks.dropLast(), [id]))
        #expect(!ok(report.checks, [id, id]))
        #expect(!ok(report.checks, [id, "release.age"]))
    }

    @Test("S6: no key, a threshold out of reach, a stage that is none and empty texts are errors and never anyone")
    func configurationErrors() throws {
        for (keys, threshold) in [([], 1), ([Self.key], 0), ([Self.key], 2), ([Self.key, Self.key], 2)] {
            #expect(throws: DocumentError.self) { try Self.requirement(.sbom, keys, threshold: threshold) }
        }
        for stage in ["", "Test", "a/b", "-a", "a-", String(repeating: "a", count: 64)] {
            #expect(throws: DocumentError.self) { try Self.requirement(.promoted(stage: stage)) }
            #expect(throws: DocumentError.self) { try Self.requirement(.verified(stage: stage)) }
        }
        #expect(throws: Never.self) { try Self.requirement(.promoted(stage: String(repeating: "a", count: 63))) }
        #expect(throws: DocumentError.self) { try Self.requirement(.provenance(.init(builder: ""))) }
    }

    @Test("S5: an error while looking for attestations is not an answer", arguments: [".att", ".sig", "list"])
    func errors(_ what: String) async throws {
        let made = try Variant().make()
        let source = FailingEvidence(base: made.store, kind: what)
        let request = VerificationRequest(
            capsule: ArtifactReference(made.store.reference, tag: try Tag("git-\(Variant.commit)")), source: source,
            evidence: EvidenceRequirements(attestations: [try Self.requirement()]))
        let error = await #expect(throws: OCIError.self) {
            try await Verifier(opener: MemoryOpener([try Variant.imageStore()])).verify(request)
        }
        #expect(error?.code == .unavailable)
    }

    @Test("no more bundles than the limit are looked at, and that is said")
    func bundleLimit() async throws {
        for (count, passes) in [(EvidenceLimits.bundles, true), (EvidenceLimits.bundles + 1, false)] {
            let check = try await check { made in
                try Self.add(Self.statement(made), to: made)
                for index in 1..<count {
                    made.store.add(
                        try SignatureTests.bundle(made.manifest, payload: Array("\(index)".utf8), signatures: [[1]]))
                }
            }
            #expect((check.status == .pass) == passes, "\(check.reason ?? "")")
            if !passes { #expect(check.reason?.contains("501 bundles refer to") == true) }
        }
    }

    @Test("envelopes and bundles of more bytes than the limits are not read, and small ones before large ones")
    func sizeLimits() async throws {
        let check = try await check { made in
            try Self.add(Self.statement(made), to: made)
            for index in 0..<6 {
                let text = "no JSON \(index)" + String(filledWith: " ", count: 14 << 20)
                made.store.add(try SignatureTests.bundle(made.manifest, "", by: Self.key) { _ in text })
            }
        }
        #expect(check.status == .pass)
        let tooLarge = try await self.check { made in
            let text = try Self.statement(made)
            try Self.add(text + String(filledWith: " ", count: 11 << 20), to: made)
        }
        #expect(tooLarge.status == .fail)
    }

}

extension Variant.Made {
    func package() throws -> PackageTree {
        PackageTree(
            kind: .kustomize, entry: try TreeDirectory("base"),
            files: try Variant().files.map { PackageFile(path: try RelativePath($0), content: Array($1.utf8)) })
    }
}
