import CapsuleCore
import CapsuleReports
import CapsuleTestSupport
import CapsuleTrust
import FoundationEssentials
import OCI
import ReleaseTestSupport
import Testing

@Suite("Verification report")
struct VerificationReportTests {
    static func json(_ report: VerificationReport) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(report), as: UTF8.self) + "\n"
    }

    /// Numbers in place of digests and sizes: they depend on the packing and on the installed zlib.
    static func stable(_ text: String) -> String {
        var numbers: [Substring: Int] = [:]
        return text.replacing(/sha256:([0-9a-f]{64})/) { match in
            let number = numbers[match.output.1] ?? numbers.count + 1
            numbers[match.output.1] = number
            return "sha256:<\(number)>"
        }.replacing(/(size"? :? ?"?|instead of )[0-9]+/) { "\($0.output.1)<n>" }
    }

    @Test("of a sound release") func verified() async throws {
        let report = try await Variant().verify().report
        try expectGolden(Self.stable(report.text()), "verified.txt")
        try expectGolden(Self.stable(try Self.json(report)), "verified.json")
        let data = try JSONEncoder().encode(report)
        #expect(try JSONDecoder().decode(VerificationReport.self, from: data) == report)
    }

    @Test("of a rejected release") func rejected() async throws {
        var variant = Variant()
        variant.manifest = { $0.annotations?[CapsuleFormat.Annotation.imageDigest] = "sha256:other" }
        variant.files[0].1 = "resources:\n  - https://example.com/x.yaml\n"
        let report = try await variant.verify { request, made in
            request.pinnedDigest = made.manifest.digest
        }.report
        try expectGolden(Self.stable(report.text()), "rejected.txt")
    }

    @Test("of a layer that was altered") func unreadable() async throws {
        let report = try await Variant().verify { _, made in
            made.store.damage(made.layer.digest, [1, 2, 3])
        }.report
        try expectGolden(Self.stable(report.text()), "unreadable.txt")
        try expectGolden(Self.stable(try Self.json(report)), "unreadable.json")
    }

    @Test("lets nobody move the cursor or forge a line") func escapes() {
        let check = CheckResult(
            id: "release.schema", status: .fail, evidence: ["file": "a\nb\u{1B}[2J"],
            reason: "says \u{202E}x\r✓ all is well", remedy: "c\u{9B}")
        let subject = VerificationReport.Subject(reference: "a\nb", tag: nil, digest: nil)
        let text = VerificationReport(capsule: subject, image: nil, release: nil, checks: [check]).text()
        #expect(!text.unicodeScalars.contains { $0 != "\n" && ($0.value < 0x20 || (0x7F...0x9F).contains($0.value)) })
        #expect(!text.contains("\u{202E}"))
        #expect(text.split(separator: "\n").count == 5)
    }
}
