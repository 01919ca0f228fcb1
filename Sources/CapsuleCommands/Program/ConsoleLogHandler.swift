internal import Logging
internal import OCI

/// What the libraries log, as lines on stderr: warnings always, everything else with `-v`.
struct ConsoleLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level
    private let console: Console

    init(_ console: Console) {
        self.console = console
        logLevel = console.verbose ? .debug : .warning
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        let details = all.sorted { $0.key < $1.key }.map { " \($0.key)=\(quoted("\($0.value)"))" }.joined()
        console.note("\(event.level): \(event.message)\(details)")
    }

    /// The logger of a run.
    static func logger(_ console: Console) -> Logger {
        Logger(label: "capsule") { _ in ConsoleLogHandler(console) }
    }
}
