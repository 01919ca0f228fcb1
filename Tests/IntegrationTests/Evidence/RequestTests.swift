import CapsuleTestSupport
import CapsuleTrust
import OCI
import Testing

/// What each command costs a registry: the table of docs/registries.md.
@Suite("Requests to a registry", .timeLimit(.minutes(3)), .needs("git", "kubectl"))
struct RequestTests {
    /// A command, and the number of requests that it makes where the registry has the referrers API, and where it has not.
    private struct Row {
        let name: String
        let arguments: [String]
        let requests: (Int, Int)
        /// The directory of its cache. A row with the directory of an earlier one reads what that one has stored.
        var cache: String?
    }

    private static func rows(_ stand: EvidenceStand) -> [Row] {
        let mirror = "\(stand.registry.host)/mirror/release"
        let publish = ["publish", "--no-check", "--source", "app", "--key", "release.pem"]
        let promote = [
            "promote", stand.reference, "--gitops", "gitops.git", "--stage", "staging", "--key", "release.pub",
        ]
        let verify = ["verify", stand.reference, "--key", "release.pub"]
        return [
            Row(name: "publish", arguments: ["publish", "--no-check", "--source", "app"], requests: (17, 17)),
            Row(name: "publish, signed and attested", arguments: publish, requests: (39, 44)),
            Row(name: "publish again", arguments: publish, requests: (13, 13)),
            Row(name: "sign", arguments: ["sign", stand.reference, "--key", "security.pem"], requests: (26, 32)),
            Row(
                name: "attest",
                arguments: ["attest", stand.reference, "--verified", "staging", "--key", "release.pem"],
                requests: (22, 26)),
            Row(name: "verify", arguments: verify, requests: (12, 15), cache: "verify"),
            Row(name: "verify again", arguments: verify, requests: (5, 5), cache: "verify"),
            Row(name: "list", arguments: ["list", stand.release], requests: (2, 2), cache: "list"),
            Row(name: "list again", arguments: ["list", stand.release], requests: (2, 2), cache: "list"),
            Row(name: "inspect", arguments: ["inspect", stand.reference], requests: (18, 18), cache: "inspect"),
            Row(name: "inspect again", arguments: ["inspect", stand.reference], requests: (5, 5), cache: "inspect"),
            Row(name: "promote", arguments: promote, requests: (12, 15)),
            Row(name: "copy", arguments: ["copy", stand.reference, mirror], requests: (85, 90)),
            Row(name: "copy again", arguments: ["copy", stand.reference, mirror], requests: (49, 50)),
        ]
    }

    @Test("each command makes a known number of them, and reads immutable content once", arguments: [true, false])
    func counts(hasReferrers: Bool) async throws {
        var options = FakeRegistryOptions()
        options.hasReferrers = hasReferrers
        try await EvidenceStand.with(options) { stand in
            try writeKeyPair("security", in: stand.shop.directory)
            for row in Self.rows(stand) {
                let before = stand.registry.requests.count
                let cache = row.cache.map { ["--cache-dir", "cache-\($0)"] } ?? []
                try expectSuccess(try await stand.shop.run(row.arguments + cache))
                let made = stand.registry.requests.dropFirst(before).map { "\($0.method) \($0.target)" }
                let expected = hasReferrers ? row.requests.0 : row.requests.1
                #expect(made.count == expected, "\(row.name): \(made.count)\n\(made.joined(separator: "\n"))")
                guard row.name.hasSuffix("again"), row.cache != nil else { continue }
                for request in made where request.hasPrefix("GET") {
                    #expect(!request.contains("sha256:") || request.contains("/referrers/"), "\(row.name): \(request)")
                }
            }
        }
    }
}
