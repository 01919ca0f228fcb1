internal import CapsuleCore
public import Logging

/// Writes events as one JSON object a line.
public struct JSONLog: Sendable {
    private let now: @Sendable () -> Int64
    private let write: @Sendable (String) -> Void
    private let time = SecondText(CapsuleFormat.timestamp)

    /// - Parameters:
    ///   - now: the time in seconds since 1970.
    ///   - write: takes whole lines, on several threads at once.
    public init(now: @escaping @Sendable () -> Int64, write: @escaping @Sendable (String) -> Void) {
        self.now = now
        self.write = write
    }

    /// A logger that writes here.
    public func logger(level: Logger.Level) -> Logger { Logger(level: level) { log($0) } }

    private func log(_ event: LogEvent) {
        var line = ""
        line.reserveCapacity(400)
        line += "{\"time\":\"\(time[now()])\",\"level\":\"\(event.level)\",\"message\":"
        Self.quote(event.message, into: &line)
        for (name, value) in event.fields {
            line += ","
            Self.quote(name, into: &line)
            line += ":"
            switch value {
            case .text(let text): Self.quote(text, into: &line)
            case .integer(let number): line += "\(number)"
            case .decimal(let number): line += "\(number)"
            }
        }
        line += "}\n"
        write(line)
    }

    private static func quote(_ text: String, into line: inout String) {
        line += "\""
        defer { line += "\"" }
        // Nearly everything is plain.
        if text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") })
        {
            line += text
            return
        }
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": line += "\\\""
            case "\\": line += "\\\\"
            case "\n": line += "\\n"
            case _ where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value):
                let hex = String(scalar.value, radix: 16)
                line += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: line.unicodeScalars.append(scalar)
            }
        }
    }
}
