import Archive
import CapsuleCore
import CapsuleReports
import CapsuleTestSupport
import CapsuleTrust
import GitOps
import OCI
import Rendering
import Support
import Testing

/// Everything that people read and that can hold text of others shows each control character as its number.
@Suite("Text of others in what people read")
struct HostileTextTests {
    struct Face: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let show: @Sendable (String) async throws -> String
    }

    private static func message(_ body: () async throws -> some Any) async -> String {
        do {
            return "accepted: \(try await body())"
        } catch {
            return "\(error)"
        }
    }

    static let faces: [Face] = [
        Face(testDescription: "a digest's error") { text in await message { try Digest(text) } },
        Face(testDescription: "a repository's error") { text in await message { try Repository(text) } },
        Face(testDescription: "a branch name's error") { text in await message { try BranchName("\(text)..") } },
        Face(testDescription: "a path's error") { text in await message { try RelativePath("../\(text)") } },
        Face(testDescription: "an unpacked directory's error") { text in
            try await withTemporaryDirectory { directory in
                await message { try StagedTree.with("\(directory)/\(text)/") { _ in 1 } }
                    + (await message {
                        try writeFile("\(directory)/\(text)", "")
                        return try StagedTree.with("\(directory)/\(text)") { _ in 1 }
                    })
            }
        },
        Face(testDescription: "verify's report") { text in
            let check = CheckResult(
                id: "release.schema", status: .fail, evidence: ["file": text], reason: text, remedy: text)
            let subject = VerificationReport.Subject(reference: text, tag: nil, digest: nil)
            return VerificationReport(capsule: subject, image: nil, release: nil, checks: [check]).text()
        },
        Face(testDescription: "a diff") { text in
            try diff(text).text()
        },
        Face(testDescription: "a diff in Markdown") { text in
            try diff(text).markdown()
        },
    ]

    private static func diff(_ text: String) throws -> ManifestDiff {
        func object(_ value: String) throws -> [PackageFile] {
            let quoted = value.unicodeScalars.map { scalar in
                "\\U" + String(repeating: "0", count: 8 - String(scalar.value, radix: 16).count)
                    + String(scalar.value, radix: 16)
            }.joined()
            let yaml = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: n}\ndata: {k: \"\(quoted)\"}\n"
            return [PackageFile(path: try RelativePath("a.yaml"), content: Array(yaml.utf8))]
        }
        return .between(try object("old"), try object(text))
    }

    static let scalars: [Unicode.Scalar] = [
        "\t", "\r", "\u{1b}", "\u{7f}", "\u{85}", "\u{9b}", "\u{61c}", "\u{200f}", "\u{2028}", "\u{2029}", "\u{202e}",
        "\u{2066}",
    ]

    @Test("shows control characters as numbers", arguments: faces)
    func controls(_ face: Face) async throws {
        for scalar in Self.scalars {
            let shown = try await face.show("x\(scalar)y")
            #expect(shown.contains("x\\u{\(String(scalar.value, radix: 16))}y"), "\(shown.escapedForDisplay())")
            #expect(!shown.unicodeScalars.contains(scalar), "\(shown.escapedForDisplay())")
        }
    }

}
