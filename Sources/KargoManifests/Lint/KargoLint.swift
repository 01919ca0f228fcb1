internal import DeliveryConfiguration
internal import Documents
internal import KargoExpressions
internal import Support

/// Checks Kargo manifests without a cluster: expressions, aliases, the order of steps, and keys that Kargo rejects only
/// when a Promotion runs.
package struct KargoLint: Sendable {
    /// The minor versions of Kargo 1 that lint supports.
    package static let minorVersions = 9...11

    /// The maximum number of findings of one run, more than a person reads.
    static let maximumFindings = 1_000
    /// The maximum number of steps of one run: one for each value, and for each name that a value is compared with. A ladder of 600 stages takes a
    /// tenth of it.
    static let maximumSteps = 4_000_000

    /// The minor version of Kargo 1 that the manifests are for.
    package let minorVersion: Int
    /// True when Kargo's webhooks run in the cluster. PromotionTasks require them.
    package let hasWebhooks: Bool

    /// A lint for one release line of Kargo.
    package init(minorVersion: Int, hasWebhooks: Bool = true) {
        self.minorVersion = minorVersion
        self.hasWebhooks = hasWebhooks
    }

    /// Checks all objects of the files together: references between Stages, tasks and Warehouses may cross files.
    ///
    /// - Parameter files: the name of each file for messages, and its content.
    package func lint(_ files: [(name: String, content: [UInt8])]) -> KargoLintReport {
        var findings: [KargoFinding] = []
        var objects: [LintedObject] = []
        for file in files {
            do {
                for node in try YAMLParser.documents(file.content, file: file.name) {
                    if let object = LintedObject(node, file: file.name) { objects.append(object) }
                }
            } catch {
                findings.append(Self.unreadable(file.name, error))
            }
        }
        let others = LintedObjects(objects)
        var budget = StepBudget(limit: Self.maximumSteps)
        // What was not checked may have errors, so a limit is an error.
        var limit: KargoFinding?
        for object in objects where limit == nil {
            var check = ObjectCheck(object, lint: self, others: others, budget: budget)
            check.run()
            budget = check.budget
            findings += check.findings
            if budget.isSpent {
                limit = Self.limit(object, "the manifests take more than \(Self.maximumSteps) steps to check")
            } else if findings.count >= Self.maximumFindings {
                limit = Self.limit(object, "there are \(Self.maximumFindings) findings or more")
            }
        }
        findings = findings.prefix(Self.maximumFindings) + [limit].compactMap(\.self)
        // Two checks may report the same problem.
        var seen: Set<KargoFinding> = []
        findings = findings.filter { seen.insert($0).inserted }
        findings.sort { ($0.file, $0.line, $0.rule) < ($1.file, $1.line, $1.rule) }
        return KargoLintReport(
            ok: !findings.contains { $0.severity == .error }, kargo: "1.\(minorVersion)", files: files.count,
            objects: objects.count, findings: findings)
    }

    /// The finding about a limit at which the check ended.
    private static func limit(_ object: LintedObject, _ reason: String) -> KargoFinding {
        KargoFinding(
            .error, rule: "kargo.limit", file: object.file, line: object.node.line, object: object.title,
            message: "\(reason), the limit; the rest is not checked",
            remedy: "correct what is found, or check fewer files at a time")
    }

    /// The finding for a file that is not valid YAML. The error's message starts with file and line.
    private static func unreadable(_ file: String, _ error: DocumentError) -> KargoFinding {
        var message = Substring(error.message)
        var line = 1
        if message.hasPrefix("\(file):") {
            message = message.dropFirst(file.count + 1)
            let digits = message.prefix { $0.isNumber }
            if let number = Int(digits), message.dropFirst(digits.count).hasPrefix(": ") {
                line = number
                message = message.dropFirst(digits.count + 2)
            }
        }
        return KargoFinding(
            .error, rule: "kargo.yaml", file: file, line: line, message: String(message),
            remedy: "correct the YAML; quote every string that contains an expression")
    }
}

/// A manifest of a kind that lint checks.
struct LintedObject {
    let file: String
    let kind: String
    let name: String
    let namespace: String?
    let node: YAMLNode

    /// Nil for an object of another kind.
    init?(_ node: YAMLNode, file: String) {
        guard node["apiVersion"]?.string?.hasPrefix("kargo.akuity.io/") ?? false, let kind = node["kind"]?.string,
            ["Stage", "PromotionTask", "ClusterPromotionTask", "Warehouse"].contains(kind)
        else { return nil }
        self.file = file
        self.kind = kind
        self.node = node
        name = node["metadata"]?["name"]?.string ?? "?"
        namespace = node["metadata"]?["namespace"]?.string
    }

    var title: String { "\(kind) \(namespace.map { "\($0)/" } ?? "")\(name)" }
    var isTask: Bool { kind != "Stage" }
}

/// All objects that were read, by their name.
struct LintedObjects {
    private struct Key: Hashable {
        let kind: String
        let name: String
    }

    private let byName: [Key: [LintedObject]]

    init(_ objects: [LintedObject]) {
        byName = Dictionary(grouping: objects) { Key(kind: $0.kind, name: $0.name) }
    }

    func first(_ kind: String, _ name: String) -> LintedObject? { byName[Key(kind: kind, name: name)]?.first }

    func first(_ kind: String, _ name: String, in namespace: String?) -> LintedObject? {
        byName[Key(kind: kind, name: name)]?.first { $0.namespace == namespace }
    }
}
