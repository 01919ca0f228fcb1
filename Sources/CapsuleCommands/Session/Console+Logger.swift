internal import Logging
internal import Support

extension Console {
    /// Prints the log of the libraries on stderr: warnings always, everything else with `-v`.
    var logger: Logger {
        if let log { return log }
        return Logger(level: verbose ? .debug : .warning) { event in
            let fields = event.fields.map { " \($0.name)=\(quoted("\($0.value)"))" }.joined()
            self.note("\(event.level): \(event.message)\(fields)")
        }
    }
}
