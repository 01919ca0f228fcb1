import CapsuleTestSupport
import FoundationEssentials
import OCI
import Testing

@Suite("capsule doctor for a registry", .timeLimit(.minutes(2)))
struct DoctorRegistryTests {
    private struct Kind: Sendable {
        let name: String
        let evidence: String
        let tags: String
        let change: @Sendable (inout FakeRegistryOptions) -> Void
    }

    private static let both = "it holds signatures as cosign's .sig manifest and as Sigstore bundles"
    private static let refusal = ScriptedResponse(
        401, headers: [("WWW-Authenticate", "Basic realm=\"r\"")], text: "{\"errors\":[{\"code\":\"UNAUTHORIZED\"}]}")
    private static let kinds = [
        Kind(name: "referrers API", evidence: both, tags: "a tag could be changed") { _ in },
        Kind(name: "fallback tag", evidence: both, tags: "a tag could be changed") { $0.hasReferrers = false },
        Kind(name: "write-once", evidence: both, tags: "a tag could not be changed") { $0.immutableTags = refusal },
        Kind(
            name: "immutable tags, no referrers API", evidence: "it holds one signature of a release, and no second",
            tags: "a tag could not be changed"
        ) {
            $0.hasReferrers = false
            $0.immutableTags = ScriptedResponse(400, text: "{\"errors\":[{\"code\":\"TAG_INVALID\"}]}")
        },
        Kind(
            name: "a list of types",
            evidence: "it holds signatures as cosign's .sig manifest only, which is sufficient",
            tags: "a tag could be changed"
        ) { $0.acceptedTypes = [MediaType.imageConfig] },
    ]

    @Test("--write finds out what it holds and whether a tag can be changed, and names what it cannot remove")
    func kinds() async throws {
        for kind in Self.kinds {
            var options = FakeRegistryOptions()
            kind.change(&options)
            try await withFakeRegistry(options) { registry in
                let outcome = try await CapsuleProgram.run(["doctor", "\(registry.host)/team/shop", "--write"])
                #expect(outcome.status == 0, "\(kind.name): \(outcome.output)\(outcome.errors)")
                #expect(outcome.output.contains(kind.evidence), "\(kind.name): \(outcome.output)")
                #expect(outcome.output.contains(kind.tags), "\(kind.name): \(outcome.output)")
                // This registry removes nothing.
                #expect(
                    outcome.output.contains("does not let these tags be removed: capsule-doctor-"), "\(outcome.output)")
            }
        }
    }

    @Test("nothing is written without --write, and nothing is left with it", .needs("docker-registry"))
    func real() async throws {
        try await withSharedRegistry { registry in
            let name = registry.repository("shop/release")
            let seen = try await CapsuleProgram.run(["doctor", name])
            try expectSuccess(seen)
            #expect(seen.output.contains("not known: the repository does not exist yet"), "\(seen.output)")
            #expect(seen.output.contains("`capsule doctor \(name) --write` tries it"), "\(seen.output)")
            #expect(seen.output.contains("none was found; it is read anonymously"), "\(seen.output)")
            #expect(!FileManager.default.fileExists(atPath: registry.directory(of: "shop/release")))
            let tried = try await CapsuleProgram.run(["doctor", name, "--write"])
            try expectSuccess(tried)
            #expect(
                tried.output.contains(Self.both) && tried.output.contains("a tag could be changed"), "\(tried.output)")
            #expect(!tried.output.contains("registry.left"), "\(tried.output)")
            let manifests = "\(registry.directory(of: "shop/release"))/_manifests/tags"
            #expect((try? FileManager.default.contentsOfDirectory(atPath: manifests)) ?? [] == [])
            #expect(tried.output.contains("it has no referrers API"), "\(tried.output)")
        }
    }

    @Test("a registry that does not accept the image is a failure with its words")
    func refuses() async throws {
        var options = FakeRegistryOptions()
        options.acceptedTypes = []
        try await withFakeRegistry(options) { registry in
            let outcome = try await CapsuleProgram.run(["doctor", "\(registry.host)/team/shop", "--write"])
            #expect(outcome.status == 1)
            #expect(outcome.output.contains("✗ registry.write"), "\(outcome.output)")
        }
        let wrong = try await CapsuleProgram.run(["doctor", "--write"])
        #expect(wrong.status == 64 && wrong.errors.contains("--write requires REPO"), "\(wrong.errors)")
        let layout = try await CapsuleProgram.run(["doctor", "oci:release", "--write"])
        #expect(layout.status == 64)
    }
}
