public import Support

/// One thing that lint has to say about a Kargo manifest.
public struct KargoFinding: Hashable, Sendable, Codable, CustomStringConvertible {
    /// How bad it is. An error makes promotions fail, or succeed where they should not.
    public var severity: Finding.Severity
    /// The rule, such as `kargo.alias-missing`.
    public var rule: String
    /// The file, as it was named.
    public var file: String
    /// The line in that file, from 1.
    public var line: Int
    /// The object, such as `Stage shop/staging`; nil where the file as a whole is meant.
    public var object: String?
    /// The step: its name, else its place and kind; nil outside steps.
    public var step: String?
    /// What is wrong.
    public var message: String
    /// What to do.
    public var remedy: String

    /// Describes a problem.
    public init(
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
