internal import CapsuleCore
public import Support

/// The result of a lint of Kargo manifests.
public struct KargoLintReport: Sendable, Codable {
    /// The version of this document's schema.
    public var schemaVersion = ReleaseManifest.currentSchema
    /// True when no finding is an error.
    public var ok: Bool
    /// The release line of Kargo that the manifests were checked for, such as `1.11`.
    public var kargo: String
    /// The number of files that were read.
    public var files: Int
    /// The number of Stages, PromotionTasks, ClusterPromotionTasks and Warehouses that were checked.
    public var objects: Int
    /// The findings, by file and line.
    public var findings: [KargoFinding]
}

/// A problem that lint found in a Kargo manifest.
public struct KargoFinding: Hashable, Sendable, Codable, CustomStringConvertible {
    /// An error makes a Promotion fail, or succeed although it should not.
    public var severity: Finding.Severity
    /// The identifier of the rule, such as `kargo.alias-missing`.
    public var rule: String
    /// The name of the file, as it was passed to lint.
    public var file: String
    /// The line in the file, from 1.
    public var line: Int
    /// The object, such as `Stage shop/staging`; nil when the file cannot be read as YAML.
    public var object: String?
    /// The alias of the step, or its number and kind when it has none; nil outside steps.
    public var step: String?
    /// The problem.
    public var message: String
    /// The change that removes the problem.
    public var remedy: String

    init(
        _ severity: Finding.Severity, rule: String, file: String, line: Int, object: String? = nil, step: String? = nil,
        message: String, remedy: String
    ) {
        self.severity = severity
        self.rule = rule
        self.file = file
        self.line = line
        self.object = object
        self.step = step
        self.message = message
        self.remedy = remedy
    }

    /// `file:line: object, step: message; remedy`.
    public var description: String {
        let place = [object, step.map { "step \($0)" }].compactMap { $0 }.joined(separator: ", ")
        return "\(file):\(line): \(place.isEmpty ? "" : "\(place): ")\(message); \(remedy) [\(rule)]"
    }
}
