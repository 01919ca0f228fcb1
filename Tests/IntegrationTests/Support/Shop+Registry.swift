import CapsuleTestSupport
import OCI
import Testing

extension Shop {
    /// Writes a `capsule.yaml` here and in the GitOps repository that names the registry.
    func configure(_ registry: DockerRegistry) async throws {
        let text = String(decoding: try readFile("\(directory)/policy/capsule.yaml"), as: UTF8.self)
            .replacing("registry.example.com", with: registry.address)
            .replacing("https://git.example.com/platform/gitops.git", with: "\(directory)/gitops.git")
        try writeFile("\(directory)/capsule.yaml", text)
        try await changePolicy(["capsule.yaml": text])
    }

    /// Pushes the image of the release, and publishes its capsule.
    func publish(_ registry: DockerRegistry) async throws {
        for command in [
            ["copy", "oci:image:\(tag)", "\(registry.repository("shop/web")):\(tag)"],
            ["publish", "--no-check", "--source", "app", "--commit", commit],
        ] {
            try expectSuccess(try await run(command))
        }
    }
}
