import CapsuleTestSupport
import CapsuleTrust
import OCI
import Testing

/// A kind of registry, as data, and what it can hold.
struct Personality: Sendable, CustomTestStringConvertible {
    let testDescription: String
    var options = FakeRegistryOptions()
    /// True when the first signature is stored in both forms.
    var holdsBothForms = true
    /// True when a second key can sign, too.
    var holdsSecondSignature = true
    /// True when the second signature is stored in both forms.
    var holdsSecondInBothForms = true
    /// True when an attestation can be added after the signatures.
    var holdsAttestation = true
    /// What a message must say where something cannot be held.
    var says: [String] = []

    init(_ description: String, _ change: (inout Personality) -> Void = { _ in }) {
        testDescription = description
        change(&self)
    }

    private static func refusal(_ status: Int, _ code: String, _ message: String) -> ScriptedResponse {
        ScriptedResponse(
            status, headers: [("Content-Type", "application/json")],
            text: #"{"errors":[{"code":"\#(code)","message":"\#(message)"}]}"#)
    }

    static let all: [Personality] = [
        Personality("with the referrers API, as zot, Harbor and Quay"),
        Personality("without the referrers API, as distribution, Docker Hub and GHCR") {
            $0.options.hasReferrers = false
        },
        Personality("without the OCI types in Accept it answers 404, as distribution 2.8") {
            $0.options.hasReferrers = false
            $0.options.requiresAccept = true
        },
        Personality("a list of allowed types, and no place for referrers, as GitLab") {
            $0.options.hasReferrers = false
            $0.options.acceptedTypes = [
                MediaType.imageConfig, MediaType.emptyJSON, "application/vnd.dev.sigstore.bundle.v0.3+json",
            ]
            $0.options.requiresSubjects = true
            $0.options.resolvesDigestTags = true
            ($0.holdsBothForms, $0.holdsSecondInBothForms) = (false, false)
            $0.says = ["cannot list what refers to"]
        },
        Personality("a list of allowed types without bundles, as an older GitLab") {
            $0.options.hasReferrers = false
            $0.options.acceptedTypes = [MediaType.imageConfig]
            $0.options.requiresSubjects = true
            $0.options.resolvesDigestTags = true
            ($0.holdsBothForms, $0.holdsSecondInBothForms) = (false, false)
            $0.says = ["unknown media type", "REGISTRY_FF_DYNAMIC_MEDIA_TYPES"]
        },
        Personality("a list of allowed types and the referrers API, as Quay by default") {
            $0.options.acceptedTypes = [MediaType.imageConfig]
            ($0.holdsBothForms, $0.holdsSecondInBothForms) = (false, false)
            $0.says = ["IGNORE_UNKNOWN_MEDIATYPES"]
        },
        Personality("immutable tags and the referrers API, as ECR") {
            $0.options.immutableTags = refusal(400, "TAG_INVALID", "ImageTagAlreadyExistsException")
            $0.options.refusesSameContent = true
            $0.holdsSecondInBothForms = false
            $0.says = ["does not let it be changed", "ImageTagAlreadyExistsException"]
        },
        Personality("write-once by access control, as zot") {
            $0.options.immutableTags = ScriptedResponse(401, headers: [("WWW-Authenticate", "Basic realm=r")])
            $0.options.refusesSameContent = true
            $0.holdsSecondInBothForms = false
            $0.says = ["does not let it be changed"]
        },
        Personality("immutable tags without the referrers API, as a GitLab rule for every tag") {
            $0.options.hasReferrers = false
            $0.options.immutableTags = refusal(403, "DENIED", "tag is immutable")
            $0.options.refusesSameContent = true
            ($0.holdsSecondSignature, $0.holdsSecondInBothForms) = (false, false)
            $0.says = ["limit the rule for immutable tags to git-*"]
        },
        Personality("an API that lists nothing") { $0.options.listsReferrers = false },
        Personality("405 for referrers, digests among the tags, as Artifactory") {
            $0.options.hasReferrers = false
            $0.options.withoutReferrers = ScriptedResponse(406)
            $0.options.oddTags = ["sha256:" + String(repeating: "a", count: 64), "sha256__abc", "a/b"]
        },
        Personality("a page that answers 200 to everything") {
            $0.options.hasReferrers = false
            $0.options.withoutReferrers = ScriptedResponse(
                200, headers: [("Content-Type", "text/html")], text: "<html></html>")
        },
    ]
}

/// A right end on every kind of registry.
@Suite("Registries of all kinds", .timeLimit(.minutes(3)), .needs("git", "openssl"))
struct PersonalityTests {
    @Test("hold a release with what they can hold, and say what they cannot", arguments: Personality.all)
    func release(_ personality: Personality) async throws {
        try await EvidenceStand.with(personality.options) { stand in
            try await stand.key("security")
            let first = try await stand.run("publish", "--source", "app", "--key", "release.pem", "--no-attest")
            try expectSuccess(first)
            expectWarning(first, unless: personality.holdsBothForms, personality)
            // Once more there is nothing to do, and nothing is tagged again.
            let puts = stand.registry.requests("PUT", "/manifests/\(stand.shop.tag)").count
            let again = try await stand.run("publish", "--source", "app", "--key", "release.pem", "--no-attest")
            try expectSuccess(again)
            #expect(stand.registry.requests("PUT", "/manifests/\(stand.shop.tag)").count == puts)

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

            let keys = personality.holdsSecondSignature ? ["release", "security"] : ["release"]
            let report = try await stand.verify(stand.requirements([], keys: keys))
            #expect(report.ok, "\(report.failures)")
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
            let refused = try await stand.publish()
            #expect(refused.status == 65, "\(refused.errors)")
            for text in personality.says { #expect(refused.errors.contains(text), "\(refused.errors)") }
            #expect(stand.digest == nil)
            let published = try await stand.run("publish", "--source", "app", "--key", "release.pem", "--no-attest")
            try expectSuccess(published)
            let verified = try await stand.run("verify", stand.reference, "--key", "release.pub")
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
