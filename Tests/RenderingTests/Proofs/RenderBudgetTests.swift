import CapsuleCore
import CapsuleTestSupport
import Documents
import Support
import Testing

@testable import Rendering

/// What others write cannot make a comparison, a proof or the search for a place take more than it may.
@Suite("What the readers of a render may take", .timeLimit(.minutes(1)))
struct RenderBudgetTests {
    static func node(_ yaml: String) throws -> YAMLNode {
        try #require(YAMLParser.documents(Array(yaml.utf8), file: "yaml").first)
    }

    static func nested(_ depth: Int, _ leaf: String) -> String {
        String(repeating: "[", count: depth) + leaf + String(repeating: "]", count: depth)
    }

    static func steps(_ old: String, _ new: String) throws -> (fields: [ManifestDiff.Field], steps: Int) {
        var budget = StepBudget(limit: FieldComparison.maximumSteps)
        let fields = FieldComparison.compare(try node(old), try node(new), isSecret: false, budget: &budget)
        return (fields, budget.used)
    }

    @Test("a difference in lists in lists is found in a number of steps that the depth does not multiply")
    func depth() throws {
        for depth in [4, 8, 16, 32, 64, 90] {
            let (fields, steps) = try Self.steps("a: \(Self.nested(depth, "1"))", "a: \(Self.nested(depth, "2"))")
            #expect(fields.map(\.old) == ["1"])
            #expect(steps < 20 * depth * depth)
        }
    }

    @Test(
        "twice the object takes at most twice the steps",
        arguments: [
            "named", "keys", "values", "added", "moved",
        ])
    func size(shape: String) throws {
        func yaml(_ count: Int, _ isNew: Bool) -> String {
            switch shape {
            case "named": "a:\n" + (0..<count).map { "- {name: n\($0), v: \(isNew ? 1 : 2)}\n" }.joined()
            case "keys": (0..<count).map { "k\($0): \(isNew ? 1 : 2)\n" }.joined()
            case "values": "a:\n" + (0..<count).map { "- \(isNew ? $0 + 1 : $0)\n" }.joined()
            case "added": isNew ? "a: [x,\((0..<count).map { "\($0)" }.joined(separator: ","))]" : "b: 1"
            default: "a:\n" + (0..<count).map { "- {name: n\(isNew ? count - $0 : $0)}\n" }.joined()
            }
        }
        let once = try Self.steps(yaml(400, false), yaml(400, true)).steps
        let twice = try Self.steps(yaml(800, false), yaml(800, true)).steps
        #expect(Double(twice) / Double(once) < 2.2)
    }

    @Test("an object beyond the budget is reported as changed, with a field that says so, and the next ones too")
    func spent() throws {
        // Few bytes, and paths of many megabytes: each level has a key of 200 characters.
        let key = String(repeating: "k", count: 190)
        let leaves = (0..<20_000).map { "\($0)" }.joined(separator: ",")
        let deep = (0..<60).reduce("[\(leaves)]") { text, _ in "{\(key): \(text)}" }
        func file(_ name: String, _ value: String) throws -> PackageFile {
            PackageFile(
                path: try RelativePath("\(name).yaml"),
                content: Array("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \(name)}\ndata: \(value)\n".utf8))
        }
        var diff: ManifestDiff?
        let time = try processorTime {
            diff = ManifestDiff.between(
                [try file("a", "{x: 1}"), try file("b", "{y: 1}")], [try file("a", deep), try file("b", "{y: 2}")])
        }
        let objects = try #require(diff).objects
        #expect(objects.map(\.change) == [.changed, .changed])
        for object in objects { #expect(object.fields.last?.new == FieldComparison.notCompared) }
        #expect(objects[0].fields.reduce(0) { $0 + $1.path.utf8.count } < 128 << 20)
        #expect(time < .seconds(20), "the debug program takes ten times as long as an optimized one")
    }

    @Test("references in one text are collected in a number of steps that grows with the text")
    func references() throws {
        let repository = "ghcr.io/acme/shop"
        let count = 20_000
        let text = (0..<count).map { "\(repository):v\($0)" }.joined(separator: " ")
        var scan = ImageScan(repositories: [repository], digest: nil)
        let object = try Self.node("kind: ConfigMap\ndata: {a: \"\(text)\"}\n")
        let time = processorTime { scan.scan(object, kind: "ConfigMap") }
        #expect(scan.uses.count == count)
        #expect(time < .seconds(10))
    }

    @Test("the findings of one render search no more than the budget for their places")
    func places() throws {
        let line = String(repeating: "a", count: 1 << 20)
        let file = PackageFile(path: try RelativePath("package/a.yaml"), content: Array(line.utf8))
        let locator = SourceLocator(policy: [], package: Array(repeating: file, count: 64), envType: "x")
        let text = String(repeating: "a", count: 1 << 19) + "b"
        let time = processorTime {
            for _ in 0..<20 { #expect(locator.find([text]) == nil) }
        }
        #expect(time < .seconds(20))
        #expect(locator.find(["aaa"]) == nil, "the budget is used up")
    }

    @Test(
        "a place is the first line with the text that is not a comment",
        arguments: [
            ("a: x/y\n", 1), ("# x/y\na: x/y\n", 2), ("a: 1\n  # x/y\n\nb: [x/y]", 4), ("# x/y", nil),
            ("b: x\n/y", nil), ("a: # x/y\n", 1),
        ] as [(String, Int?)])
    func line(text: String, expected: Int?) throws {
        let file = PackageFile(path: try RelativePath("a.yaml"), content: Array(text.utf8))
        let locator = SourceLocator(policy: [], package: [file], envType: "x")
        #expect(locator.find(["x/y"])?.line == expected)
    }

    @Test("a thousand objects in other namespaces are reported up to the limit, and the files are read once")
    func manyObjects() throws {
        let count = 1_500
        let objects = (0..<count).map { "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c\($0), namespace: x}\n" }
        let findings = try RenderProofTests.findings(objects.joined(separator: "---\n"))
        #expect(findings.count == RenderProofs.findingLimit)
    }
}
