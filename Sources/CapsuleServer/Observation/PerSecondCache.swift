internal import Synchronization

/// Caches a text that depends on the time, such as a formatted date, for one second.
final class PerSecondCache: Sendable {
    private let write: @Sendable (Int64) -> String
    private let last = Mutex<(second: Int64, text: String)?>(nil)

    /// - Parameter write: creates the text for a time in seconds since 1970.
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
