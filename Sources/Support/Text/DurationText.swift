/// A duration in text form: `30m`, `2h`, `1d`, `1h30m`.
package struct DurationText: Hashable, Sendable, CustomStringConvertible {
    /// The maximum: a year. A longer time is a typing error.
    package static let maximumSeconds: Int64 = 365 * 86_400
    /// The accepted forms, for messages.
    package static let forms = "a duration such as 30m, 2h, 1d or 1h30m, at most 365d"

    /// The duration in seconds.
    package let seconds: Int64
    /// The text, as written by the author.
    package let description: String

    /// Creates a duration of a number of seconds.
    package init(seconds: Int64) {
        self.seconds = seconds
        description = "\(seconds)s"
    }

    /// Parses numbers with the units s, m, h and d; nil for any other text.
    package init?(_ text: String) {
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        guard !text.isEmpty else { return nil }
        var total: Int64 = 0
        var number = ""
        for character in text {
            if character.isASCII, character.isWholeNumber, number.utf8.count < 8 {
                number.append(character)
            } else if let unit = units[character], let count = Int64(number) {
                total += count * unit
                number = ""
                guard total <= Self.maximumSeconds else { return nil }
            } else {
                return nil
            }
        }
        guard number.isEmpty else { return nil }
        seconds = total
        description = text
    }

    /// `seconds` in its two largest units: `1d 2h`, `12m`, `40s`.
    package static func rounded(_ seconds: Int64) -> String {
        let parts = [
            (seconds / 86_400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s"),
        ]
        let shown = parts.filter { $0.0 > 0 }.prefix(2).map { "\($0.0)\($0.1)" }
        return shown.isEmpty ? "0s" : shown.joined(separator: " ")
    }
}
