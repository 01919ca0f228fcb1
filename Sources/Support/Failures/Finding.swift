/// One thing that a check has to say: where, what, and how to mend it.
public struct Finding: Hashable, Sendable, Codable, CustomStringConvertible {
    /// Whether it stops the release.
    public enum Severity: String, Sendable, Codable {
        /// It stops the release.
        case error
        /// It is reported and goes through; with `--strict` it stops the release.
        case warning
    }

    /// How bad it is.
    public var severity: Severity
    /// The rule, such as `package.remote-reference`.
    public var rule: String
    /// The file, relative to the package or the tree that was checked.
    public var file: String?
    /// The line in that file, from 1.
    public var line: Int?
    /// What is wrong.
    public var message: String
    /// What to do.
    public var remedy: String

    /// Describes a problem.
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

    /// `file:line: message; remedy`.
    public var description: String {
        let place = file.map { $0 + (line.map { ":\($0)" } ?? "") + ": " } ?? ""
        let kind = severity == .warning ? "warning: " : ""
        return "\(place)\(kind)\(message); \(remedy)"
    }
}
