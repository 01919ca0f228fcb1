import Archive
import CapsuleCore
import CapsuleReports
import CapsuleTestSupport
import CapsuleTrust
import DeliveryConfiguration
import FoundationEssentials
import GitOps
import OCI
import OCIRegistry
import Support
import Testing

/// Row S5 of docs/security.md, on the wire, and what evidence costs there.
@Suite("Evidence in a registry", .timeLimit(.minutes(3)), .needs("git"))
struct EvidenceRegistryTests {
    private static func without() -> FakeRegistryOptions {
        var options = FakeRegistryOptions()
        options.hasReferrers = false
        return options
    }

    @Test("publish signs and attests before it tags, with and without the referrers API, and again adds nothing")
    func publish() async throws {
        for options in [FakeRegistryOptions(), Self.without()] {
            try await EvidenceStand.with(options) { stand in
                let environment = [
                    "GITHUB_ACTIONS": "true", "GITHUB_SERVER_URL": "https://github.com",
                    "GITHUB_REPOSITORY": "example/shop", "GITHUB_REF": "refs/heads/main",
                    "GITHUB_SHA": stand.shop.commit,
                    "GITHUB_WORKFLOW_REF": "example/shop/.github/workflows/release.yml@refs/heads/main",
                    "GITHUB_EVENT_NAME": "push", "GITHUB_RUN_ID": "7",
                ]
                let published = try await stand.publish(environment: environment)
                try expectSuccess(published)
                let puts = stand.registry.requests("PUT", "/shop/release/manifests/").map(\.target)
                #expect(puts.last?.hasSuffix(stand.shop.tag) == true, "\(puts)")
                #expect(puts.count { $0.contains("manifests/sha256:") } >= 4)
                let wanted = ProvenanceRequirement(
                    builder: "https://github.com/example/shop/.github/workflows/release.yml@refs/heads/main",
                    source: "https://github.com/example/shop", workflow: ".github/workflows/release.yml",
                    ref: "refs/heads/main")
                let report = try await stand.verify(stand.requirements([.provenance(wanted), .sbom]))
                #expect(report.ok, "\(report.text())")
                let again = try await stand.publish(environment: environment)
                try expectSuccess(again)
                #expect(stand.registry.requests("PUT", "/shop/release/manifests/").count == puts.count)
                let inspected = try await stand.run("inspect", stand.reference)
                let lines = inspected.output.split(separator: "\n").suffix(4).map { $0.prefix { $0 != " " } }
                #expect(lines == ["signature", "signature", "provenance", "sbom"], "\(inspected.output)")
                #expect(inspected.output.contains("by key \(try stand.publicKey())"))
                let bare = try await stand.shop.release(day: 6)
                _ = try await bare.run("copy", "oci:image:\(bare.tag)", "\(stand.registry.host)/shop/web:\(bare.tag)")
                let unattested = try await bare.run(
                    "publish", "--no-check", "--source", "app", "--key", "release.pem", "--no-attest", "--output",
                    "json")
                #expect(unattested.status == 0 && !unattested.output.contains("attestations"), "\(unattested.errors)")
            }
        }
    }

    @Test("a verification with two signatures and three attestations takes 19 requests, with and without the API")
    func requests() async throws {
        for (options, expected) in [(FakeRegistryOptions(), 19), (Self.without(), 19)] {
            try await EvidenceStand.with(options) { stand in
                try writeKeyPair("security", in: stand.shop.directory)
                _ = try await stand.publish()
                let signed = try await stand.run("sign", stand.reference, "--key", "security.pem")
                try expectSuccess(signed)
                let verified = try await stand.run(
                    "attest", stand.reference, "--verified", "staging", "--key", "release.pem")
                try expectSuccess(verified)
                var requirements = try stand.requirements([], keys: ["release", "security"])
                requirements.attestations = try stand.requirements([
                    .provenance(.init()), .sbom, .verified(stage: "staging"),
                ]).attestations
                let before = stand.registry.requests.count
                let report = try await stand.verify(requirements)
                #expect(report.ok, "\(report.text())")
                let made = stand.registry.requests.dropFirst(before).map { "\($0.method) \($0.target)" }
                // Manifest, config, layer and image of the release: 4. The `.sig` manifest and the payload that both keys signed,
                // and that there is no `.att`: 3. The list of the API and that under the fallback tag: 2. Five bundles by manifest
                // and blob: 10.
                #expect(made.count == expected, "\(made.joined(separator: "\n"))")
                #expect(Set(made).count == made.count, "nothing is requested twice: \(made.sorted())")
            }
        }
    }

    @Test("S5: a registry that has no evidence is a no of its own reason, and one that cannot say is 69")
    func missingAndFailing() async throws {
        try await EvidenceStand.with { stand in
            _ = try await stand.run("publish", "--no-check", "--source", "app")
            let verify = ["verify", stand.reference, "--key", "release.pub"]
            let none = try await stand.shop.run(verify)
            #expect(none.status == 65, "\(none.output)\(none.errors)")
            #expect(none.output.contains("\(stand.release) holds no signature of this capsule"), "\(none.output)")
            let report = try await stand.verify(stand.requirements([.sbom, .promoted(stage: "staging")]))
            #expect(
                report.failures.map(\.reason) == [
                    "\(stand.release) holds no signature of this capsule", "\(stand.release) holds no SBOM",
                    "\(stand.release) holds no statement that it was promoted to staging",
                ])
        }
        for path in ["/referrers/", ".sig"] {
            try await EvidenceStand.with { stand in
                _ = try await stand.publish()
                stand.registry.fail([Fault(nil, path, times: 1_000, .answer(ScriptedResponse(500)))])
                let outcome = try await stand.run("verify", stand.reference, "--key", "release.pub")
                #expect(outcome.status == 69, "\(path): \(outcome.output)\(outcome.errors)")
                #expect(!outcome.output.contains("no signature"))
            }
        }
    }

    @Test("S5: the same for attestations that a policy requires: none is 65 and names it, an error is 69")
    func policy() async throws {
        try await EvidenceStand.with { stand in
            _ = try await stand.publish()
            try writeFile(
                "\(stand.shop.directory)/policy.yaml",
                """
                schemaVersion: release-capsule-policy/v1alpha1
                keys:
                  release: {file: release.pub}
                signatures: {keys: [release]}
                attestations:
                  - {type: provenance, keys: [release]}
                stages:
                  canary:
                    attestations:
                      - {verified: staging, keys: [release]}

                """)
            func verify(_ stage: String) async throws -> CapsuleProgram.Outcome {
                try await stand.run("verify", stand.reference, "--policy", "policy.yaml", "--stage", stage)
            }
            let staging = try await verify("staging")
            try expectSuccess(staging)
            let missing = try await verify("canary")
            #expect(missing.status == 65, "\(missing.output)\(missing.errors)")
            #expect(
                missing.output.contains("attestation.verified.staging")
                    && missing.output.contains("what is there attests"),
                "\(missing.output)")
            let attested = try await stand.run(
                "attest", stand.reference, "--verified", "staging", "--key", "release.pem")
            try expectSuccess(attested)
            try expectSuccess(try await verify("canary"))
            for path in ["/referrers/", ".att"] {
                stand.registry.fail([Fault(nil, path, times: 1_000, .answer(ScriptedResponse(500)))])
                let failing = try await verify("canary")
                #expect(failing.status == 69, "\(path): \(failing.output)\(failing.errors)")
            }
        }
    }

    @Test("S5: a time-out is not an answer of the registry", arguments: ["/referrers/", ".att", ".sig"])
    func timeOut(_ path: String) async throws {
        try await EvidenceStand.with { stand in
            _ = try await stand.publish()
            var silent = ScriptedResponse(
                200, headers: [("Content-Type", MediaType.imageIndex), ("Content-Length", "100")], text: "{")
            silent.hangs = true
            stand.registry.fail([Fault(nil, path, times: 1_000, .answer(silent))])
            let error = await #expect(throws: OCIError.self) {
                _ = try await stand.verify(stand.requirements([.sbom])) { configuration in
                    configuration.timeouts.idle = .milliseconds(200)
                    configuration.timeouts.exchange = .milliseconds(400)
                    configuration.retries.outage = .zero
                }
            }
            #expect(error?.code == .unavailable, "\(String(describing: error))")
        }
    }

    @Test("a list of 100,000 referrers is stopped at the limit, in either kind of registry, and says so")
    func manyReferrers() async throws {
        try await EvidenceStand.with { stand in
            _ = try await stand.publish()
            let entry = { (index: Int) in
                let digest = Digest.sha256(of: Array("\(index)".utf8))
                return #"{"mediaType":"\#(MediaType.imageManifest)","size":7,"digest":"\#(digest)"}"#
            }
            func list(_ range: Range<Int>) -> String {
                #"{"schemaVersion":2,"mediaType":"\#(MediaType.imageIndex)","manifests":[\#(range.map(entry).joined(separator: ","))]}"#
            }
            let page = ScriptedResponse(
                200, headers: [("Content-Type", MediaType.imageIndex), ("Link", "<?from=2>; rel=\"next\"")],
                text: list(0..<4_000))
            let rest = ScriptedResponse(
                200, headers: [("Content-Type", MediaType.imageIndex)], text: list(4_000..<20_000))
            stand.registry.fail([
                Fault("GET", "/referrers/", times: 1, .answer(page)), Fault("GET", "from=2", times: 99, .answer(rest)),
            ])
            let paged = try await stand.run("verify", stand.reference, "--key", "release.pub")
            #expect(paged.status == 65, "\(paged.output)\(paged.errors)")
            #expect(paged.errors.contains("more than 5000 manifests refer to"), "\(paged.errors)")
        }
        try await EvidenceStand.with(Self.without()) { stand in
            _ = try await stand.publish()
            let digest = try #require(stand.digest)
            let entries = (0..<100_000).map { index in
                #"{"mediaType":"\#(MediaType.imageManifest)","size":7,"digest":"\#(Digest.sha256(of: Array("\(index)".utf8)))"}"#
            }.joined(separator: ",")
            let index =
                #"{"schemaVersion":2,"mediaType":"\#(MediaType.imageIndex)","manifests":[\#(entries)]}"#
            stand.registry.add(
                manifest: Array(index.utf8), type: MediaType.imageIndex, to: "shop/release", tag: "sha256-\(digest.hex)"
            )
            let before = stand.registry.requests.count
            let outcome = try await stand.run("verify", stand.reference, "--key", "release.pub")
            #expect(outcome.status == 65, "\(outcome.output)\(outcome.errors)")
            #expect(stand.registry.requests.count - before < 20)
        }
    }

    @Test("a list that names wrong types hides nothing, and evidence about another digest does not count")
    func wrongTypes() async throws {
        try await EvidenceStand.with(Self.without()) { stand in
            _ = try await stand.publish()
            let digest = try #require(stand.digest)
            let tag = "sha256-\(digest.hex)"
            let list = try RawManifest(detecting: #require(stand.registry.manifest(tag, in: "shop/release")))
            var manifests = try list.imageIndex().manifests
            for index in manifests.indices {
                manifests[index].artifactType = index == 0 ? nil : "application/vnd.oci.image.config.v1+json"
                manifests[index].annotations = ["dev.sigstore.bundle.predicateType": "https://example.com/other"]
            }
            let wrong = try RawManifest(encoding: ImageIndex(manifests: manifests))
            stand.registry.add(
                manifest: wrong.bytes, type: MediaType.imageIndex, to: "shop/release", tag: tag)
            let requirements = try stand.requirements([.provenance(.init()), .sbom])
            let report = try await stand.verify(requirements)
            #expect(report.ok, "\(report.text())")
            // The same bundles listed under another release.
            let next = try await stand.shop.release(day: 6)
            _ = try await next.run("copy", "oci:image:\(next.tag)", "\(stand.registry.host)/shop/web:\(next.tag)")
            let other = EvidenceStand(shop: next, registry: stand.registry)
            try expectSuccess(try await other.run("publish", "--no-check", "--source", "app"))
            let otherDigest = try #require(other.digest)
            stand.registry.add(
                manifest: list.bytes, type: MediaType.imageIndex, to: "shop/release", tag: "sha256-\(otherDigest.hex)")
            let refused = try await other.verify(requirements)
            #expect(refused.failures.count == 3)
        }
        for description in [FakeRegistryOptions.ReferrerDescription.none, .byConfig] {
            var options = FakeRegistryOptions()
            options.describesReferrers = description
            try await EvidenceStand.with(options) { stand in
                _ = try await stand.publish()
                let report = try await stand.verify(stand.requirements([.provenance(.init()), .sbom]))
                #expect(report.ok, "\(description): \(report.text())")
            }
        }
    }
}

extension EvidenceStand {
    /// The capsule's digest, as its tag has it.
    var digest: Digest? { registry.manifest(shop.tag, in: "shop/release").map { .sha256(of: $0) } }
}
