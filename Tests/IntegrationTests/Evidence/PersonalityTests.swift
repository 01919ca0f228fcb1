import CapsuleTestSupport
import CapsuleTrust
import OCI
import Testing

/// A right end on every kind of registry.
@Suite("Registries of all kinds", .timeLimit(.minutes(3)), .needs("git"))
struct PersonalityTests {
    @Test("hold a release with what they can hold, and say what they cannot", arguments: Personality.all)
    func release(_ personality: Personality) async throws {
        try await EvidenceStand.with(personality.options) { stand in
            try writeKeyPair("security", in: stand.shop.directory)
            let first = try await stand.run("publish", "--no-check", "--source", "app", "--key", "release.pem")
            try expectSuccess(first)
            expectWarning(first, unless: personality.holdsBothForms, personality)
            // Once more there is nothing to do, and nothing is tagged again.
            let puts = stand.registry.requests("PUT", "/manifests/\(stand.shop.tag)").count
            let again = try await stand.run("publish", "--no-check", "--source", "app", "--key", "release.pem")
            try expectSuccess(again)
            #expect(stand.registry.requests("PUT", "/manifests/\(stand.shop.tag)").count == puts)

            // Built into another repository, the release has the same digest.
            let built = try await stand.run("build", "--source", "app", "--to", "\(stand.registry.host)/built/release")
            try expectSuccess(built)
            #expect(built.line.hasSuffix("@\(try #require(stand.digest))"), "\(built.line)")

            let second = try await stand.run("sign", stand.reference, "--key", "security.pem")
            #expect(second.status == (personality.holdsSecondSignature ? 0 : 65), "\(second.errors)")
            if personality.holdsSecondSignature {
                expectWarning(second, unless: personality.holdsSecondInBothForms, personality)
            } else {
                for text in personality.says { #expect(second.errors.contains(text), "\(second.errors)") }
            }
            let attested = try await stand.run(
                "attest", stand.reference, "--verified", "staging", "--key", "release.pem")
            try expectSuccess(attested)

            // Once more: what is there is kept, and what cannot be held is said again.
            let resigned = try await stand.run("sign", stand.reference, "--key", "security.pem")
            #expect(resigned.status == second.status, "\(resigned.errors)")
            let listed = stand.registry.evidenceManifests
            let reattested = try await stand.run("attest", stand.reference, "--provenance", "--key", "release.pem")
            try expectSuccess(reattested)
            #expect(stand.registry.evidenceManifests == listed)

            let keys = personality.holdsSecondSignature ? ["release", "security"] : ["release"]
            let report = try await stand.verify(stand.requirements([.provenance(.init()), .sbom], keys: ["release"]))
            #expect(report.ok, "\(report.failures)")
            let signed = try await stand.verify(stand.requirements([], keys: keys))
            #expect(signed.ok, "\(signed.failures)")
            let evidence = try await stand.verify(stand.requirements([.verified(stage: "staging")]))
            #expect(evidence.ok, "\(evidence.failures)")
            for command in [["list", stand.release], ["inspect", stand.reference]] {
                let outcome = try await stand.shop.run(command)
                try expectSuccess(outcome)
                #expect(outcome.output.contains(stand.shop.tag))
            }
            for _ in 0..<2 {
                let copied = try await stand.run("copy", stand.reference, "\(stand.registry.host)/mirror/release")
                try expectSuccess(copied)
                #expect(copied.line.hasSuffix("@\(try #require(stand.digest))"), "\(copied.line)")
            }
            let verified = try await stand.run(
                "verify", "\(stand.registry.host)/mirror/release:\(stand.shop.tag)", "--key", "release.pub",
                "--repository",
                stand.release)
            try expectSuccess(verified)
        }
    }

    @Test("where evidence does not fit, the release gets no tag, and a run without it completes")
    func unfinished() async throws {
        let personality = try #require(Personality.all.first { !$0.holdsSecondSignature })
        try await EvidenceStand.with(personality.options) { stand in
            let built = try await stand.run("build", "--source", "app", "--to", "oci:built")
            let hex = try #require(built.line.split(separator: ":").last)
            // What somebody attached first to a capsule that was pushed by its digest.
            let empty = Descriptor(mediaType: MediaType.imageConfig, content: Array("{}".utf8))
            let foreign = try RawManifest(encoding: ImageManifest(config: empty, layers: []))
            let list = try RawManifest(encoding: ImageIndex(manifests: []))
            stand.registry.add(
                manifest: list.bytes, type: MediaType.imageIndex, to: "shop/release", tag: "sha256-\(hex)")
            for suffix in ["sig", "att"] {
                stand.registry.add(
                    manifest: foreign.bytes, type: MediaType.imageManifest, to: "shop/release",
                    tag: "sha256-\(hex).\(suffix)")
            }
            let refused = try await stand.publish()
            #expect(refused.status == 65, "\(refused.errors)")
            for text in personality.says { #expect(refused.errors.contains(text), "\(refused.errors)") }
            #expect(stand.digest == nil)
            let published = try await stand.run("publish", "--no-check", "--source", "app")
            try expectSuccess(published)
            let verified = try await stand.run("verify", stand.reference)
            try expectSuccess(verified)
        }
    }

    private func expectWarning(
        _ outcome: CapsuleProgram.Outcome, unless isComplete: Bool, _ personality: Personality,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(
            outcome.errors.contains("it cannot be stored as") == !isComplete, "\(outcome.errors)",
            sourceLocation: sourceLocation)
        guard !isComplete else { return }
        for text in personality.says {
            #expect(outcome.errors.contains(text), "\(outcome.errors)", sourceLocation: sourceLocation)
        }
    }
}

extension FakeRegistry {
    /// The number of manifests that were stored in the release's repository.
    fileprivate var evidenceManifests: Int { requests("PUT", "/shop/release/manifests/").count }
}
