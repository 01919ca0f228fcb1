/// A problem that a check found: its place, its description and its remedy.
public struct Finding: Hashable, Sendable, Codable, CustomStringConvertible {
    /// The effect on the release.
    public enum Severity: String, Sendable, Codable {
        /// The finding rejects the release.
        case error
        /// The finding is reported and rejects the release only with `--strict`.
        case warning
    }

    /// The severity.
    public var severity: Severity
    /// The rule, such as `package.remote-reference`.
    public var rule: String
    /// The file, relative to the package or the tree that was checked.
    public var file: String?
    /// The line in that file, from 1.
    public var line: Int?
    /// The description of the problem.
    public var message: String
    /// The remedy.
    public var remedy: String

    /// Creates a finding.
    public init(
        _ severity: Severity = .error, rule: String, file: String? = nil, line: Int? = nil, message: String,
        remedy: String
    ) {
        self.severity = severity
        self.rule = rule
        self.file = file
        self.line = line
        self.message = message
        self.remedy = remedy
    }

    /// `file:line: message; remedy`, on one line.
    public var description: String {
        let place = file.map { $0 + (line.map { ":\($0)" } ?? "") + ": " } ?? ""
        let kind = severity == .warning ? "warning: " : ""
        return "\(place)\(kind)\(message); \(remedy)".escapedForDisplay()
    }
}
