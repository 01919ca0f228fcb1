import Archive
import CapsuleCore
import CapsuleReports
import CapsuleTestSupport
import CapsuleTrust
import FoundationEssentials
import OCI
import Signing
import Support
import Testing

@Suite("Attesting", .timeLimit(.minutes(3)), .needs("git"))
struct AttestCommandTests {
    private struct Inspection: Decodable {
        var evidence: [EvidenceItem]
        var unreadableEvidence: [String]

        static func of(_ stand: EvidenceStand, _ reference: String? = nil) async throws -> Inspection {
            let shown = try await stand.run("inspect", reference ?? stand.reference, "--output", "json")
            try expectSuccess(shown)
            return try JSONDecoder().decode(Inspection.self, from: Data(shown.output.utf8))
        }
    }

    @Test("every kind of statement is written once, shown by inspect, and found again")
    func kinds() async throws {
        try await EvidenceStand.with { stand in
            try expectSuccess(try await stand.run("publish", "--no-check", "--source", "app"))
            try writeFile("\(stand.shop.directory)/smoke.xml", "<testsuite/>")
            try writeFile("\(stand.shop.directory)/scan.json", #"{"findings":[]}"#)
            let unpacked = try await stand.run("unpack", stand.reference, "--to", "out")
            try expectSuccess(unpacked)
            for arguments in [
                ["--provenance"], ["--sbom", "out/metadata/sbom.json"],
                ["--type", "https://example.com/scan/v1", "--predicate", "scan.json"],
                ["--verified", "staging", "--evidence", "smoke.xml", "--url", "https://ci.example.com/7"],
            ] {
                let attest = ["attest", stand.reference, "--key", "release.pem"] + arguments
                let attested = try await stand.shop.run(attest)
                try expectSuccess(attested)
                guard arguments[0] != "--verified" else { continue }
                let again = try await stand.shop.run(attest + ["--output", "json"])
                #expect(again.output.contains(#""outcome" : "present""#), "\(again.output)\(again.errors)")
            }
            let evidence = try await Inspection.of(stand).evidence
            #expect(evidence.map(\.kind) == ["provenance", "sbom", "verified", "other"])
            let digest = try #require(stand.digest)
            let fingerprint = try stand.publicKey().fingerprint
            for item in evidence {
                #expect(item.key == fingerprint && item.repository == stand.release && item.subject == "\(digest)")
            }
            #expect(evidence[2].stage == "staging" && evidence[2].detail?.hasSuffix(", smoke.xml") == true)
            let report = try await stand.verify(
                EvidenceRequirements(
                    attestations: stand.requirements([.verified(stage: "staging"), .sbom, .provenance(.init())])
                        .attestations))
            #expect(report.ok, "\(report.text())")
        }
    }

    @Test("what makes no sense is a usage error, and an SBOM of another release is refused; nothing is written")
    func refused() async throws {
        try await EvidenceStand.with { stand in
            try expectSuccess(try await stand.run("publish", "--no-check", "--source", "app"))
            let other = #"{"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","packages":[]}"#
            try writeFile("\(stand.shop.directory)/other.json", other)
            try writeFile("\(stand.shop.directory)/twice.json", #"{"a":1,"A":2}"#)
            let cases: [([String], Int32, String)] = [
                ([], 64, "give exactly one of --provenance"),
                (["--provenance", "--verified", "test"], 64, "give exactly one of"),
                (["--predicate", "other.json"], 64, "--type must be given together"),
                (["--provenance", "--url", "https://x"], 64, "add --verified STAGE"),
                (["--predicate", "other.json", "--type", "nonsense"], 64, "predicate type's URI"),
                (["--verified", "../test"], 64, "cannot name a stage"),
                (["--verified", "test", "--url", "ci run 7"], 64, "is not a web address"),
                (["--sbom", "other.json"], 65, "is not an SBOM of this release"),
                (["--predicate", "other.json", "--type", "slsaprovenance1"], 65, "cannot be attested"),
                (["--predicate", "twice.json", "--type", "https://example.com/x"], 65, "in letter case only"),
                (["--sbom", "missing.json"], 64, "cannot be read"),
            ]
            for (arguments, status, message) in cases {
                let attested = try await stand.shop.run(
                    ["attest", stand.reference, "--key", "release.pem"] + arguments)
                #expect(attested.status == status, "\(arguments): \(attested.errors)")
                #expect(attested.errors.contains(message), "\(arguments): \(attested.errors)")
            }
            let gitHub = try await stand.run(
                "attest", stand.reference, "--provenance", "--key", "release.pem",
                environment: ["GITHUB_ACTIONS": "true"])
            #expect(gitHub.status == 65 && gitHub.errors.contains("GITHUB_SERVER_URL"), "\(gitHub.errors)")
            #expect(try await Inspection.of(stand).evidence.isEmpty)
        }
    }

    @Test(
        "twenty writers at once, each a process of its own, lose no attestation",
        .needs("docker-registry"))
    func concurrentWriters() async throws {
        try await withSharedRegistry { registry in
            try await Shop.with { shop in
                let release = "\(registry.repository("shop/release")):\(shop.tag)"
                _ = try await shop.build()
                _ = try await shop.run("copy", "oci:release:\(shop.tag)", release)
                try writeKeyPair("k", in: shop.directory)
                let names = (0..<20).map { "stage\($0)" }
                for name in names { try writeFile("\(shop.directory)/\(name).json", #"{"stage":"\#(name)"}"#) }
                @Sendable func attest(_ name: String) async throws {
                    let attested = try await shop.run(
                        "attest", release, "--key", "k.pem", "--type", "https://example.com/\(name)", "--predicate",
                        "\(name).json")
                    try expectSuccess(attested)
                }
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for name in names { group.addTask { try await attest(name) } }
                    try await group.waitForAll()
                }
                // A writer that the machine holds up for longer than the others wait can hide an entry; attesting again finds
                // what is missing, and adds nothing else.
                for name in names { try await attest(name) }
                let inspected = try await shop.run("inspect", release, "--output", "json")
                let items = try JSONDecoder().decode(Inspection.self, from: Data(inspected.output.utf8)).evidence
                #expect(Set(items.compactMap(\.predicateType)) == Set(names.map { "https://example.com/\($0)" }))
                #expect(items.count == 20)
            }
        }
    }

    @Test("attestations go wherever a copy goes, and are verified there with the same keys")
    func copies() async throws {
        try await EvidenceStand.with { stand in
            try expectSuccess(try await stand.publish())
            var from = stand.reference
            for to in ["oci-archive:release.tar", "oci:again", "\(stand.registry.host)/mirror/release"] {
                let copied = try await stand.run("copy", from, to)
                try expectSuccess(copied)
                from = "\(to):\(stand.shop.tag)"
                let items = try await Inspection.of(stand, from).evidence
                #expect(items.map(\.kind) == ["signature", "signature", "provenance", "sbom"], "\(to)")
                #expect(items.allSatisfy { $0.repository == stand.release })
            }
        }
    }
}
