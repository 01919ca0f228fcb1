import CapsuleTestSupport
import OCI
import OCIRegistry
import Testing

@Suite("Against Debian's registry", .enabled(if: Tool.exists("docker-registry")), .timeLimit(.minutes(2)))
struct DockerRegistryTests {
    @Test("pushes and pulls an artifact", arguments: ["none", "basic", "token"])
    func roundTrip(kind: String) async throws {
        let authentication: RegistryAuthentication =
            switch kind {
            case "basic": .basic(user: "anna", password: "p:w d")
            case "token": .token(user: "anna", password: "p:w d", anonymousPull: false)
            default: .none
            }
        try await withDockerRegistry(authentication: authentication) { registry in
            var configuration = RegistryConfiguration(logger: quietLogger)
            configuration.credentials = FixedCredentials([
                registry.host: .basic(user: "anna", password: "p:w d")
            ])
            let sample = try await SampleArtifact()
            let repository = try Repository(registry.repository("team/shop"))
            try await withRegistryClient(configuration) { client in
                let remote = client.repository(repository)
                #expect(try await remote.resolve(Tag("v1")) == nil)
                _ = try await copy(sample.manifest.descriptor, from: sample.store, to: remote, tag: Tag("v1"))
                #expect(try await remote.tags() == [Tag("v1")])
                let found = try #require(try await remote.resolve(Tag("v1")))
                #expect(found.digest == sample.manifest.descriptor.digest)
                #expect(try await remote.manifest(found).bytes == sample.manifest.bytes)
                for blob in sample.blobs {
                    #expect(try await remote.contains(blob))
                    #expect(try await Digest.sha256(of: read(blob, from: remote)) == blob.digest)
                }
            }
        }
    }
}
