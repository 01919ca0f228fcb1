import CapsuleTestSupport
import FoundationEssentials
import KargoManifests
import Processes
import Testing

private let kargo = URL(filePath: Fixtures.directory).deletingLastPathComponent().appending(path: "kargo").path
private let isHere = FileManager.default.fileExists(atPath: "\(kargo)/validate.py")
private let python = ProcessInfo.processInfo.environment["CAPSULE_TEST_PYTHON"]

/// Validates generated manifests with Kargo's own schemas and an independent program.
@Suite(
    "Kargo's schemas", .enabled(if: isHere, "there is no validator at \(kargo)"),
    .enabled(if: python != nil, "CAPSULE_TEST_PYTHON names no Python with jsonschema"))
struct ValidatorTests {
    struct Combination: CustomTestStringConvertible {
        var style: String
        var version: String
        var tasks: Bool
        var subscription: String
        var webhooks: Bool
        var testDescription: String {
            "\(style) \(version) \(subscription)\(tasks ? " tasks" : "")\(webhooks ? "" : " without webhooks")"
        }
        /// The section `kargo`. Statements are enabled together with webhooks.
        var settings: String {
            """
            {version: "\(version)", style: \(style), tasks: \(tasks), subscription: \(subscription), \
            verifier: {image: registry.example.com/tools/capsule:1, statements: \(webhooks)}}
            """
        }
        /// The schemas of the release line, or of the nearest available one.
        var schemas: String { version == "1.9" ? "v1.9.5" : "v1.11.2" }
    }

    /// Every style and release line, with and without webhooks and tasks, and with both kinds of subscription.
    static var combinations: [Combination] {
        var all: [Combination] = []
        for style in ["native", "service"] {
            for version in ["1.9", "1.10", "1.11"] {
                for (tasks, webhooks) in [(false, true), (false, false), (true, true)] {
                    all.append(
                        Combination(
                            style: style, version: version, tasks: tasks, subscription: tasks ? "pair" : "capsule",
                            webhooks: webhooks))
                }
            }
        }
        return all
    }

    @Test("accept every combination", arguments: combinations)
    func valid(_ combination: Combination) async throws {
        try await withTemporaryDirectory { directory in
            let project = try Shop.project(Shop.yaml(kargo: combination.settings))
            _ = try GeneratedDirectory(path: directory, files: project.files()).write()
            let result = try await Tool.run(
                [python ?? "python3", "\(kargo)/validate.py", directory, "\(kargo)/schemas/\(combination.schemas)"]
                    + (combination.webhooks ? [] : ["--no-webhooks"]))
            #expect(result.status == 0, "\(result.text)\(result.errorOutput)")
            #expect(result.text.contains("0 errors, 0 warnings"), "\(result.text)")
        }
    }

    @Test("reject a step without an alias, a key that git-push does not have, and an undefined variable")
    func sees() async throws {
        try await withTemporaryDirectory { directory in
            let files = try Shop.project().files()
            let stage = try #require(files["stages/staging.yaml"])
            for (old, new) in [("as: push", "x: push"), ("targetBranch:", "branch:"), ("vars.capsule", "vars.capsul")] {
                #expect(stage.contains(old))
                try writeFile("\(directory)/stage.yaml", stage.replacing(old, with: new))
                let result = try await Tool.run(
                    [python ?? "python3", "\(kargo)/validate.py", directory, "\(kargo)/schemas/v1.11.2"])
                #expect(result.status == 1, "\(old): \(result.text)")
            }
        }
    }
}
