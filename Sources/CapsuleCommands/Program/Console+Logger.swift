internal import Logging
internal import Support

extension Console {
    /// Shows what the libraries log as lines on stderr: warnings always, everything else with `-v`.
    var logger: Logger {
        Logger(level: verbose ? .debug : .warning) { event in
            let fields = event.fields.map { " \($0.name)=\(quoted("\($0.value)"))" }.joined()
            self.note("\(event.level): \(event.message)\(fields)")
        }
    }
}
