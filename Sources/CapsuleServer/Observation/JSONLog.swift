internal import CapsuleCore
package import Logging
internal import Support

/// Writes log events as JSON, one object a line.
package struct JSONLog: Sendable {
    private let now: @Sendable () -> Int64
    private let write: @Sendable (String) -> Void
    private let time = PerSecondCache(CapsuleFormat.timestamp)

    /// - Parameters:
    ///   - now: the time in seconds since 1970.
    ///   - write: called with whole lines, on several threads at once.
    package init(now: @escaping @Sendable () -> Int64, write: @escaping @Sendable (String) -> Void) {
        self.now = now
        self.write = write
    }

    /// A logger that writes to this log.
    package func logger(level: Logger.Level) -> Logger { Logger(level: level) { log($0) } }

    private func log(_ event: LogEvent) {
        // The line is made of bytes, which is faster than characters: every request writes a line.
        var line: [UInt8] = []
        line.reserveCapacity(400)
        line += "{\"time\":\"".utf8
        line += time[now()].utf8
        line += "\",\"level\":\"".utf8
        line += event.level.rawValue.utf8
        line += "\",\"message\":".utf8
        Self.quote(event.message, into: &line)
        for (name, value) in event.fields {
            line.append(UInt8(ascii: ","))
            Self.quote(name, into: &line)
            line.append(UInt8(ascii: ":"))
            switch value {
            case .text(let text): Self.quote(text, into: &line)
            case .integer(let number): line += number.description.utf8
            case .decimal(let number): line += number.description.utf8
            }
        }
        line += "}\n".utf8
        write(String(decoding: line, as: UTF8.self))
    }

    private static func quote(_ text: String, into line: inout [UInt8]) {
        line.append(UInt8(ascii: "\""))
        defer { line.append(UInt8(ascii: "\"")) }
        // Nearly all texts require no escape.
        let start = line.count
        line += text.utf8
        if line[start...].allSatisfy({
            (0x20..<0x7F).contains($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
        }) {
            return
        }
        line.removeSubrange(start...)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": line += "\\\"".utf8
            case "\\": line += "\\\\".utf8
            case "\n": line += "\\n".utf8
            case _ where scalar.isControlForDisplay: line += scalar.jsonEscape.utf8
            default: line += String(scalar).utf8
            }
        }
    }
}
