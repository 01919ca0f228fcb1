internal import CapsuleReports
internal import CommandParser
internal import DeliveryConfiguration
internal import FoundationEssentials
internal import KargoManifests

/// `capsule kargo lint`
struct KargoLintCommand: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "lint", abstract: "Check Stages and PromotionTasks without a cluster.",
        discussion: """
            Evaluates expressions, names and the order of steps as Kargo does when a promotion runs, and reports what would \
            fail or run in the wrong place. Exit 65 when there is an error; warnings alone do not fail.

            Example:
              capsule kargo lint kargo/
              capsule kargo lint stage.yaml --kargo 1.9 --output json
            """)

    @Argument(
        help: ArgumentHelp("Files, or directories that are searched for *.yaml and *.yml.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var files: [String]

    @Option(
        help: ArgumentHelp("The version of Kargo: 1.9, 1.10 or 1.11.", valueName: "version"),
        transform: Self.minorVersion)
    var kargo = KargoLint.minorVersions.upperBound

    @Flag(help: "Check for a cluster without Kargo's webhooks: a PromotionTask is then an error.")
    var noWebhooks = false

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func execute(_ session: Session) async throws -> ExitStatus {
        let paths = try files.flatMap { try Self.manifests(at: $0) }
        guard !paths.isEmpty else {
            throw UsageError("there is no *.yaml or *.yml in \(files.joined(separator: ", "))")
        }
        let content = try paths.map { (name: $0, content: try InputFile.read($0, option: "the manifest")) }
        let report = KargoLint(minorVersion: kargo, hasWebhooks: !noWebhooks).lint(content)
        session.console.result(report, text: session.console.marked(report.text()))
        return report.ok ? .ok : .rejected
    }

    private static func minorVersion(_ text: String) throws -> Int {
        let parts = (text.hasPrefix("v") ? text.dropFirst() : text[...]).split(separator: ".")
        guard parts.count >= 2, parts[0] == "1", let minor = Int(parts[1]), KargoLint.minorVersions.contains(minor)
        else {
            throw ValidationError("\(text) is not a supported version of Kargo; write 1.9, 1.10 or 1.11")
        }
        return minor
    }

    /// A file, or the manifests in a directory and below, sorted.
    private static func manifests(at path: String) throws -> [String] {
        var isDirectory = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
            throw UsageError("there is no file \(path)")
        }
        guard isDirectory else { return [path] }
        let top = path.hasSuffix("/") ? String(path.dropLast()) : path
        return try FileManager.default.subpathsOfDirectory(atPath: path)
            .filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") }.sorted().map { "\(top)/\($0)" }
    }
}
