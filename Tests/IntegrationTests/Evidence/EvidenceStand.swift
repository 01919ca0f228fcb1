import CapsuleTestSupport
import CapsuleTrust
import DeliveryConfiguration
import FoundationEssentials
import GitOps
import Logging
import OCI
import OCIRegistry
import OCITransports
import Signing
import Testing

/// A shop whose releases are in a registry in memory, which records its requests and fails where a test says.
struct EvidenceStand {
    let shop: Shop
    let registry: FakeRegistry
    var release: String { "\(registry.host)/shop/release" }
    var reference: String { "\(release):\(shop.tag)" }

    static let password = ["CAPSULE_KEY_PASSWORD": "correct horse"]

    static func with(
        _ options: FakeRegistryOptions = .init(), faults: [Fault] = [],
        _ body: @Sendable (EvidenceStand) async throws -> Void
    ) async throws {
        try await withFakeRegistry(options, faults: faults) { registry in
            try await Shop.with { shop in
                let stand = EvidenceStand(shop: shop, registry: registry)
                let text = String(decoding: try readFile("\(shop.directory)/policy/capsule.yaml"), as: UTF8.self)
                    .replacing("registry.example.com", with: registry.host)
                    .replacing("https://git.example.com/platform/gitops.git", with: "\(shop.directory)/gitops.git")
                try writeFile("\(shop.directory)/capsule.yaml", text)
                try await shop.changePolicy(["capsule.yaml": text])
                let copied = try await shop.run(
                    "copy", "oci:image:\(shop.tag)", "\(registry.host)/shop/web:\(shop.tag)")
                try expectSuccess(copied)
                try writeKeyPair("release", in: shop.directory)
                try await body(stand)
            }
        }
    }

    func publicKey(_ name: String = "release") throws -> VerificationKey {
        try VerificationKey(pem: readFile("\(shop.directory)/\(name).pub"), file: name)
    }

    func run(_ arguments: String..., environment: [String: String] = [:]) async throws -> CapsuleProgram.Outcome {
        try await shop.run(arguments, environment: environment)
    }

    /// Publishes, signed and attested.
    func publish(environment: [String: String] = [:]) async throws -> CapsuleProgram.Outcome {
        try await run("publish", "--no-check", "--source", "app", "--key", "release.pem", environment: environment)
    }

    /// Verifies the release in this process, with what is asked of its evidence.
    func verify(
        _ requirements: EvidenceRequirements?, _ change: (inout RegistryConfiguration) -> Void = { _ in }
    ) async throws -> VerificationReport {
        var configuration = RegistryConfiguration(logger: Logger.silent)
        change(&configuration)
        return try await withContentOpener(configuration) { opener in
            let source = try await opener.source(.registry(Repository(release)))
            let request = VerificationRequest(
                capsule: ArtifactReference(source.reference, tag: try OCI.Tag(shop.tag)), source: source,
                evidence: requirements)
            return try await Verifier(opener: opener).verify(request).report
        }
    }

    func requirements(_ kinds: [AttestationRequirement.Kind], keys: [String] = ["release"]) throws
        -> EvidenceRequirements
    {
        let repository = try Repository(release)
        let keys = try keys.map { try publicKey($0) }
        return EvidenceRequirements(
            signatures: [try SignatureRequirement(keys: keys, threshold: keys.count, repository: repository)],
            attestations: try kinds.map { try AttestationRequirement(kind: $0, keys: keys, repository: repository) })
    }
}
