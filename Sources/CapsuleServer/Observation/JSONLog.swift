internal import CapsuleCore
package import Logging
internal import Support

/// Writes log events as JSON, one object a line. Passwords in addresses are left out of every text.
package struct JSONLog: Sendable {
    private let now: @Sendable () -> Int64
    private let write: @Sendable (String) -> Void
    private let time = PerSecondCache(CapsuleFormat.timestamp)

    /// - Parameters:
    ///   - now: the time in milliseconds since 1970.
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
        let (second, millisecond) = max(0, now()).quotientAndRemainder(dividingBy: 1_000)
        line += time[second].utf8.dropLast()
        line.append(UInt8(ascii: "."))
        for divisor: Int64 in [100, 10, 1] {
            line.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: millisecond / divisor % 10))
        }
        line += "Z\",\"level\":\"".utf8
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
        // Nearly all texts require no escape, and have no @ before which there may be a password.
        let start = line.count
        line += text.utf8
        if line[start...].allSatisfy({
            (0x20..<0x7F).contains($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
                && $0 != UInt8(ascii: "@")
        }) {
            return
        }
        line.removeSubrange(start...)
        for scalar in text.withoutPasswords.unicodeScalars {
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
