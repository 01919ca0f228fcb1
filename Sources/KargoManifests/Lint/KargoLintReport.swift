internal import CapsuleCore
package import Support

/// The result of a lint of Kargo manifests.
package struct KargoLintReport: Sendable, Codable {
    /// The version of this document's schema.
    package var schemaVersion = CapsuleFormat.documentSchema
    /// True when no finding is an error.
    package var ok: Bool
    /// The release line of Kargo that the manifests were checked for, such as `1.11`.
    package var kargo: String
    /// The number of files that were read.
    package var files: Int
    /// The number of Stages, PromotionTasks, ClusterPromotionTasks and Warehouses that were checked.
    package var objects: Int
    /// The findings, by file and line.
    package var findings: [KargoFinding]
}

/// A problem that lint found in a Kargo manifest.
package struct KargoFinding: Hashable, Sendable, Codable, CustomStringConvertible {
    /// An error makes a Promotion fail, or succeed although it should not.
    package var severity: Finding.Severity
    /// The identifier of the rule, such as `kargo.alias-missing`.
    package var rule: String
    /// The name of the file, as it was passed to lint.
    package var file: String
    /// The line in the file, from 1.
    package var line: Int
    /// The object, such as `Stage shop/staging`; nil when the file cannot be read as YAML.
    package var object: String?
    /// The alias of the step, or its number and kind when it has none; nil outside steps.
    package var step: String?
    /// The problem.
    package var message: String
    /// The change that removes the problem.
    package var remedy: String

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

    /// On one line: `file:line: object, step: message; remedy`.
    package var description: String {
        let place = [object, step.map { "step \($0)" }].compactMap { $0 }.joined(separator: ", ")
        return "\(file):\(line): \(place.isEmpty ? "" : "\(place): ")\(message); \(remedy) [\(rule)]"
            .escapedForDisplay()
    }
}
