internal import CapsuleCore
internal import Synchronization

/// A text that says what time it is, written once for every second.
final class SecondText: Sendable {
    private let write: @Sendable (Int64) -> String
    private let last = Mutex<(second: Int64, text: String)?>(nil)

    /// - Parameter write: writes seconds since 1970.
    init(_ write: @escaping @Sendable (Int64) -> String) { self.write = write }

    /// The text for a second.
    subscript(second: Int64) -> String {
        last.withLock { last in
            if let last, last.second == second { return last.text }
            let text = write(second)
            last = (second, text)
            return text
        }
    }
}

/// The time as HTTP writes it: `Fri, 02 Jan 2026 03:04:05 GMT`.
/// [RFC 9110](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7)
enum HTTPDate {
    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    @Sendable static func text(_ seconds: Int64) -> String {
        let parts = CapsuleFormat.timestamp(seconds).dropLast().split(separator: "T")
        let date = parts[0].split(separator: "-")
        // The first of January 1970 was a Thursday.
        let day = days[Int(seconds / 86_400 % 7)]
        return "\(day), \(date[2]) \(months[(Int(date[1]) ?? 1) - 1]) \(date[0]) \(parts[1]) GMT"
    }
}
