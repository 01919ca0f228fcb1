internal import CapsuleCore
internal import Support

/// What lint found in some files.
public struct KargoLintReport: Sendable, Codable {
    /// The version of this document.
    public var schemaVersion = ReleaseManifest.currentSchema
    /// Whether there is no error.
    public var ok: Bool
    /// The release line of Kargo that was assumed, such as `1.11`.
    public var kargo: String
    /// How many files were read.
    public var files: Int
    /// How many objects were looked at: Stages, PromotionTasks,
    /// ClusterPromotionTasks and Warehouses.
    public var objects: Int
    /// The findings, by file and line.
    public var findings: [KargoFinding]

    /// The findings, a line each, and a sum.
    public func text() -> String {
        let errors = findings.count { $0.severity == .error }
        let lines = findings.map { "\($0.severity == .error ? "✗" : "!") \($0)" }
        let warnings = findings.count - errors
        func count(_ number: Int, _ thing: String) -> String { "\(number) \(thing)\(number == 1 ? "" : "s")" }
        let sum =
            "\(count(objects, "object")) in \(count(files, "file")), for Kargo \(kargo): \(count(errors, "error")), "
            + count(warnings, "warning")
        return (lines + ["\(ok ? "✓" : "✗") \(sum)"]).joined(separator: "\n") + "\n"
    }
}
