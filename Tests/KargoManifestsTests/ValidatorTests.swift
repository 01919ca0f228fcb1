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
        /// `reviewed` is a pair whose witnesses are reviewed, so that automatic stages wait for them.
        var form = "capsule"
        var testDescription: String {
            "\(style) \(version) \(subscription)\(tasks ? " tasks" : "")\(webhooks ? "" : " without webhooks") \(form)"
        }
        var yaml: String {
            Shop.yaml(
                kargo: settings,
                replacing: [form == "reviewed" ? Shop.reviewedPairs : ("package: {", "form: \(form)\npackage: {")])
        }
        /// The section `kargo`. Statements are enabled together with webhooks, and with tasks every key about the cluster.
        var settings: String {
            """
            {version: "\(version)", style: \(style), tasks: \(tasks), subscription: \(subscription), \
            verifier: {image: "registry.example.com/tools/capsule:1", statements: \(webhooks)\(tasks ? Self.workload : "")}}
            """
        }
        private static let workload = WorkloadFeatures.all.map { ", \($0.yaml)" }.joined()
        /// The schemas of the release line, or of the nearest available one.
        var schemas: String { version == "1.9" ? "v1.9.5" : "v1.11.2" }
    }

    /// Every style and release line, with and without webhooks and tasks, and with both kinds of subscription.
    static var combinations: [Combination] {
        var all: [Combination] = []
        for style in ["native", "service"] {
            for version in ["1.9", "1.10", "1.11"] {
                for (tasks, webhooks, form) in [
                    (false, true, "capsule"), (false, false, "capsule"), (true, true, "capsule"),
                    (false, false, "pair"), (true, true, "pair"), (false, false, "reviewed"), (true, true, "reviewed"),
                ] {
                    all.append(
                        Combination(
                            style: style, version: version, tasks: tasks, subscription: tasks ? "pair" : "capsule",
                            webhooks: webhooks, form: form))
                }
            }
        }
        return all
    }

    /// What the validator said about a directory.
    private struct Verdict: Decodable, Sendable {
        var status: Int
        var text: String
    }

    /// Runs the validator's command line once for each list of arguments, in one process: importing its libraries takes ten
    /// times as long as one run.
    private static func validate(_ runs: [[String]]) async throws -> [Verdict] {
        let script = """
            import contextlib, importlib.util, io, json, sys
            spec = importlib.util.spec_from_file_location("validate", sys.argv[1])
            validate = importlib.util.module_from_spec(spec)
            sys.modules["validate"] = validate
            spec.loader.exec_module(validate)
            verdicts = []
            for arguments in json.loads(sys.argv[2]):
                sys.argv[1:] = arguments
                with contextlib.redirect_stdout(io.StringIO()) as text:
                    status = validate.main()
                verdicts.append({"status": status, "text": text.getvalue()})
            print(json.dumps(verdicts))
            """
        let arguments = String(decoding: try JSONEncoder().encode(runs), as: UTF8.self)
        let output = try await Tool.output([
            python ?? "python3", "-c", Tool.importsNoIRIGrammar + script, "\(kargo)/validate.py", arguments,
        ])
        return try JSONDecoder().decode([Verdict].self, from: Data(output.utf8))
    }

    /// Changes to a Stage that the schemas do not accept.
    private static let mistakes = [
        ("as: push", "x: push"), ("targetBranch:", "branch:"), ("vars.capsule", "vars.capsul"),
        ("pollInterval: \"1m\"", "interval: \"1m\""),
    ]

    /// The styles and forms of a hundred stages with odd names.
    private static let odd = [("native", "capsule"), ("service", "pair")]

    private static let all = Once<String, [String: Verdict]>()

    /// The verdicts about every combination and every mistake, of one run.
    private static func verdicts() async throws -> [String: Verdict] {
        try await all.value("all") {
            try await withTemporaryDirectory { directory in
                var runs: [[String]] = []
                for combination in combinations {
                    let path = "\(directory)/\(runs.count)"
                    _ = try GeneratedDirectory(path: path, files: Shop.project(combination.yaml).files()).write()
                    runs.append(
                        [path, "\(kargo)/schemas/\(combination.schemas)"]
                            + (combination.webhooks ? [] : ["--no-webhooks"]))
                }
                let yaml = Shop.yaml(replacing: [Shop.reviewedPairs])
                let stage = try #require(try Shop.project(yaml).files()["stages/staging.yaml"])
                for (old, new) in mistakes {
                    #expect(stage.contains(old))
                    let path = "\(directory)/\(runs.count)"
                    try writeFile("\(path)/stage.yaml", stage.replacing(old, with: new))
                    runs.append([path, "\(kargo)/schemas/v1.11.2"])
                }
                for (style, form) in odd {
                    let path = "\(directory)/\(runs.count)"
                    _ = try GeneratedDirectory(path: path, files: Shop.odd(style: style, form: form).files()).write()
                    runs.append([path, "\(kargo)/schemas/v1.11.2"])
                }
                let names = combinations.map(\.testDescription) + mistakes.map(\.0) + odd.map(\.0)
                return Dictionary(uniqueKeysWithValues: zip(names, try await validate(runs)))
            }
        }
    }

    @Test("accept every combination", arguments: combinations)
    func valid(_ combination: Combination) async throws {
        let verdicts = try await Self.verdicts()
        let verdict = try #require(verdicts[combination.testDescription])
        #expect(verdict.status == 0, "\(verdict.text)")
        #expect(verdict.text.contains("0 errors, 0 warnings"), "\(verdict.text)")
    }

    @Test("accept a hundred stages with odd names", arguments: odd.map(\.0))
    func names(_ style: String) async throws {
        let verdict = try #require(try await Self.verdicts()[style])
        #expect(verdict.text.contains("0 errors, 0 warnings"), "\(verdict.text)")
    }

    @Test(
        "reject a step without an alias, a key that git-push or the wait for a witness does not have, and an undefined variable"
    )
    func sees() async throws {
        let verdicts = try await Self.verdicts()
        for (old, _) in Self.mistakes {
            let verdict = try #require(verdicts[old])
            #expect(verdict.status == 1, "\(old): \(verdict.text)")
        }
    }
}
