import CapsuleCore
import CapsuleTestSupport
import OCI
import Signing

@testable import DeliveryConfiguration
@testable import EvidencePolicies

/// A policy for tests, whose keys are made once.
enum PolicyFixture {
    static let ci = SigningKey().verificationKey
    static let security = SigningKey().verificationKey
    static let promoter = SigningKey().verificationKey
    static let repository = "registry.example.com/shop/release"
    static let release = "sha256:" + String(repeating: "a", count: 64)
    /// 2026-06-01
    static let now: Int64 = 1_780_272_000

    static let full = """
        schemaVersion: release-capsule-policy/v1alpha1
        keys:
          ci: {file: keys/ci.pub}
          security: {file: keys/security.pub, from: 2026-01-01T00:00:00Z, until: 2027-01-01T00:00:00Z}
          promoter: {file: keys/promoter.pub}
        signatures: {keys: [ci]}
        attestations:
          - {type: provenance, keys: [ci], builder: https://ci.example.com/runner, source: https://git.example.com/shop, workflow: .ci/release.yml, ref: refs/heads/main}
          - {type: sbom, keys: [ci]}
        revoked:
          releases: [\(release)]
          keys: [sha256:\(String(repeating: "b", count: 64))]
        maximumAge: 30d
        stages:
          production:
            signatures: {keys: [ci, security], threshold: 2}
            attestations:
              - {promoted: test, keys: [promoter]}
              - {verified: test, keys: [promoter]}
            maximumAge: 7d

        """
    static let least = """
        schemaVersion: release-capsule-policy/v1alpha1
        keys:
          ci: {file: keys/ci.pub}
          other: {file: keys/security.pub}
        signatures: {keys: [ci]}
        stages:
          test: {maximumAge: 1d}

        """

    static var files: [RelativePath: [UInt8]] {
        get throws {
            var files: [RelativePath: [UInt8]] = [:]
            for (name, key) in [("ci", ci), ("security", security), ("promoter", promoter)] {
                files[try RelativePath("keys/\(name).pub")] = Array(key.pem.utf8)
            }
            return files
        }
    }

    static func read(_ text: String) throws -> EvidencePolicy {
        try PolicyDocument(yaml: Array(text.utf8), file: "policy.yaml").policy(files)
    }

    static func ladder(_ names: String...) -> [Stage] {
        names.enumerated().map { Stage(name: $0.element, after: $0.offset == 0 ? [] : [names[$0.offset - 1]]) }
    }

    /// Writes a policy and its keys.
    static func write(_ text: String, to directory: String) throws {
        try writeFile("\(directory)/policy.yaml", text)
        for (path, content) in try files { try writeFile("\(directory)/\(path)", content) }
    }
}
