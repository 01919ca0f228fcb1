/// The `Retry-After` header of RFC 9110: seconds, or a date.
enum RetryAfter {
    /// The delay that the server requests at `now` (seconds since 1970); nil when the value is malformed.
    static func delay(_ value: String?, now: Int64) -> Duration? {
        guard let text = value?.trimmingSpaces(), !text.isEmpty else { return nil }
        if text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            // A number that overflows is a long time.
            return .seconds(min(Int64(text) ?? .max, 1 << 40))
        }
        guard let date = HTTPDate.seconds(text, now: now) else { return nil }
        return .seconds(max(0, date - now))
    }
}

extension StringProtocol {
    func trimmingSpaces() -> String {
        var text = Substring(self)
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return String(text.drop { $0 == " " || $0 == "\t" })
    }
}
