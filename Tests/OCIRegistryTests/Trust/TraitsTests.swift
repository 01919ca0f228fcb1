import CapsuleTestSupport
import OCI
import OCIRegistry
import Testing

@Suite("What can be seen of a repository", .timeLimit(.minutes(1)))
struct TraitsTests {
    /// The traits of a repository with one release, which has evidence.
    private func traits(hasAPI: Bool, isEmpty: Bool = false, faults: [Fault] = []) async throws -> RegistryTraits {
        var options = FakeRegistryOptions()
        options.hasReferrers = hasAPI
        return try await withFakeRegistry(options, faults: faults) { registry in
            try await withRegistryClient(.test()) { client in
                let repository = try client.repository(registry.repository())
                if !isEmpty {
                    let sample = try await SampleArtifact()
                    _ = try await copy(
                        sample.manifest.descriptor, from: sample.store, to: repository, tag: Tag("git-1"))
                    let evidence = try await SampleArtifact(
                        "evidence", subject: sample.manifest.descriptor, type: "application/x.bundle")
                    _ = try await copy(evidence.manifest.descriptor, from: evidence.store, to: repository, tag: nil)
                    let hex = sample.manifest.descriptor.digest.hex
                    try await repository.tag(evidence.manifest.descriptor, as: Tag("sha256-\(hex).sig"))
                }
                let requests = registry.requests.count
                let traits = try await repository.traits()
                #expect(registry.requests.dropFirst(requests).allSatisfy { ["GET", "HEAD"].contains($0.method) })
                return traits
            }
        }
    }

    @Test("the referrers API and the evidence are seen, and nothing is written", arguments: [true, false])
    func seen(hasAPI: Bool) async throws {
        let traits = try await traits(hasAPI: hasAPI)
        #expect(traits.referrers == (hasAPI ? .api : .fallbackTag))
        #expect(traits.evidence == [".sig", "application/x.bundle"])
    }

    @Test("a repository that does not exist tells nothing")
    func missing() async throws {
        let missing = Fault("GET", "/tags/", .answer(ScriptedResponse(404)))
        let traits = try await traits(hasAPI: true, isEmpty: true, faults: [missing])
        #expect(traits == RegistryTraits(referrers: .unknown, evidence: []))
    }
}
