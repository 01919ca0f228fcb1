import CapsuleTestSupport
import OCI
import Testing

@testable import OCIRegistry

@Suite("Answers that a proxy compressed", .timeLimit(.minutes(1)))
struct CompressedAnswerTests {
    private static let questions: [(name: String, path: String)] = [
        ("tags", "/tags/"), ("manifest", "/manifests/v1"), ("referrers", "/referrers/"), ("blob", "/blobs/"),
    ]

    private func ask(_ name: String, _ repository: RegistryRepository, _ blob: Descriptor) async throws {
        switch name {
        case "tags": _ = try await repository.tags()
        case "manifest": _ = try await repository.fetchManifest("v1", expected: nil)
        case "referrers": _ = try await repository.referrersByAPI(of: blob.digest)
        default: _ = try await read(blob, from: repository)
        }
    }

    @Test("are refused with the reason, whatever was asked", arguments: ["gzip", "br", "identity, gzip", "GZIP"])
    func refused(encoding: String) async throws {
        for question in Self.questions {
            let fault = Fault("GET", question.path, .change { $0.headers.append(("Content-Encoding", encoding)) })
            try await withFakeRegistry(faults: [fault]) { registry in
                let blob = registry.add(noise(100, seed: "c"))
                registry.add(manifest: [UInt8]("{}".utf8), type: MediaType.imageManifest, tag: "v1")
                try await withRegistryClient(.test()) { client in
                    let repository = try client.repository(registry.repository())
                    let error = await failure { try await ask(question.name, repository, blob) }
                    #expect(error?.code == .protocolViolation, "\(question.name)")
                    let message = error?.message ?? ""
                    #expect(
                        message.contains("\(registry.host) compressed the response (Content-Encoding: "), "\(message)")
                }
            }
        }
    }

    @Test("identity is not a compression")
    func identity() async throws {
        for question in Self.questions {
            let fault = Fault("GET", question.path, .change { $0.headers.append(("Content-Encoding", "identity")) })
            try await withFakeRegistry(faults: [fault]) { registry in
                let blob = registry.add(noise(100, seed: "c"))
                registry.add(manifest: [UInt8]("{}".utf8), type: MediaType.imageManifest, tag: "v1")
                try await withRegistryClient(.test()) { client in
                    try await ask(question.name, client.repository(registry.repository()), blob)
                }
            }
        }
    }
}
