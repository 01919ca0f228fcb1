internal import Archive
internal import Logging
internal import Processes
internal import ReleaseWorkflows
internal import Rendering
internal import Signing
internal import Support

/// The text and the JSON of an error. No other file turns errors into text.
struct ErrorOutput: Encodable {
    struct Body: Encodable {
        var code: String
        var message: String
        var findings: [Finding]
    }
    var schemaVersion = JSONOutput.schemaVersion
    var error: Body

    /// The output on stdout with `--output json`.
    var json: String { JSONOutput.text(self) }

    /// The output on stderr: the message, and a line for each finding.
    var text: String {
        ([Console.message(error.message)] + error.findings.map { "  \($0)" }).joined(separator: "\n")
    }

    /// Writes the error to a log, as the last event of the program.
    func write(to log: Logger) {
        var metadata: Logger.Metadata = ["code": .text(error.code), "reason": .text(error.message)]
        if !error.findings.isEmpty {
            metadata["findings"] = .text(error.findings.map(\.description).joined(separator: "; "))
        }
        log.log(level: .critical, "ended by an error", metadata: metadata)
    }

    init(usage message: String) {
        error = Body(code: "usage", message: message, findings: [])
    }

    init(_ thrown: any Error) {
        switch thrown {
        case let thrown as any Failure:
            error = Body(code: "\(thrown.code)", message: thrown.message, findings: thrown.findings)
        case let thrown as VerificationRejection:
            error = Body(code: "rejected", message: thrown.message, findings: thrown.findings)
        case let thrown as RenderRejection:
            error = Body(
                code: "render-rejected", message: "the render for deployment \(thrown.deployment) is rejected",
                findings: thrown.findings)
        case let thrown as TrialRejection:
            error = Body(code: "trial-rejected", message: thrown.message, findings: thrown.findings)
        case let thrown as CommandError:
            error = Body(code: thrown.code.rawValue, message: thrown.description, findings: [])
        case let thrown as UsageError:
            error = Body(code: "usage", message: thrown.description, findings: [])
        case is Interrupted, is CancellationError:
            error = Body(code: "interrupted", message: "interrupted; temporary files were removed", findings: [])
        default:
            error = Body(code: "failed", message: thrown.message, findings: [])
        }
    }
}
