import CapsuleTestSupport
import Processes
import Testing

/// A published release in the shared registry and a key pair, for tests that compare with cosign and oras.
struct CosignStand {
    let shop: Shop
    let repository: String
    let digest: String
    var pinned: String { "\(repository)@\(digest)" }
    var hex: String { String(digest.dropFirst("sha256:".count)) }
    static let password = ["COSIGN_PASSWORD": "correct horse", "CAPSULE_KEY_PASSWORD": "correct horse"]

    /// Publishes the release of a new shop, and makes the pair `release.key` and `release.pub`.
    static func with(_ body: @Sendable (CosignStand) async throws -> Void) async throws {
        try await withSharedRegistry { registry in
            try await Shop.with { shop in
                _ = try await shop.build()
                let repository = registry.repository("shop/release")
                let copied = try await shop.run("copy", "oci:release:\(shop.tag)", "\(repository):\(shop.tag)")
                let digest = try #require(copied.line.split(separator: "@").last.map(String.init))
                let stand = CosignStand(shop: shop, repository: repository, digest: digest)
                try expectSuccess(try await stand.capsule("keys", "generate", "--to", "release"))
                try await body(stand)
            }
        }
    }

    func capsule(_ arguments: String...) async throws -> CapsuleProgram.Outcome {
        try await shop.run(arguments, environment: Self.password)
    }

    func tool(_ arguments: String...) async throws -> CommandResult { try await tool(arguments) }

    func tool(_ arguments: [String]) async throws -> CommandResult {
        try await Tool.run(
            arguments, in: shop.directory,
            environment: Self.password.merging(["HOME": "\(shop.directory)/home"]) { $1 })
    }
}
