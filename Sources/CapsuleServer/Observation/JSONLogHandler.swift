internal import CapsuleCore
public import Logging

/// Logs as one JSON object a line.
public struct JSONLogHandler: LogHandler {
    /// What every line of this logger carries.
    public var metadata: Logger.Metadata = [:]
    /// The least that is said.
    public var logLevel: Logger.Level
    private let now: @Sendable () -> Int64
    private let write: @Sendable (String) -> Void
    private let time = SecondText(CapsuleFormat.timestamp)

    /// - Parameters:
    ///   - now: the time in seconds since 1970.
    ///   - write: takes whole lines.
    public init(level: Logger.Level, now: @escaping @Sendable () -> Int64, write: @escaping @Sendable (String) -> Void)
    {
        logLevel = level
        self.now = now
        self.write = write
    }

    /// A field of every line.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes a line.
    public func log(event: LogEvent) {
        var line = ""
        line.reserveCapacity(400)
        line += "{\"time\":\"\(time[now()])\",\"level\":\"\(event.level)\",\"message\":"
        Self.quote("\(event.message)", into: &line)
        let fields = metadata.isEmpty ? event.metadata ?? [:] : metadata.merging(event.metadata ?? [:]) { $1 }
        for (key, value) in fields.sorted(by: { $0.key < $1.key }) {
            line += ","
            Self.quote(key, into: &line)
            line += ":"
            switch value {
            case .string(let text): Self.quote(text, into: &line)
            case .stringConvertible(let number) where number is Int || number is Double: line += number.description
            default: Self.quote("\(value)", into: &line)
            }
        }
        if let error = event.error {
            line += ",\"error\":"
            Self.quote("\(error)", into: &line)
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
