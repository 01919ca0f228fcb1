public import CapsuleCore
internal import GitOps
internal import OCI
internal import Support

/// How long a release must have stood on the upstream stage: `30m`, `2h`, `1d`, `1h30m`.
public struct SoakTime: Hashable, Sendable, CustomStringConvertible {
    /// The longest soak: a year. A longer one is a typing error.
    public static let maximumSeconds: Int64 = 365 * 86_400

    /// The time in seconds.
    public let seconds: Int64
    /// As it was written.
    public let description: String

    /// Parses numbers with the units s, m, h and d.
    ///
    /// - Throws: `CapsuleError.Code.invalidName`
    public init(_ string: String) throws(CapsuleError) {
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        var total: Int64 = 0
        var number = ""
        var valid = !string.isEmpty
        for character in string where valid {
            if character.isASCII, character.isWholeNumber {
                number.append(character)
                valid = number.utf8.count <= 8
            } else if let unit = units[character], let count = Int64(number) {
                total += count * unit
                number = ""
                valid = total <= Self.maximumSeconds
            } else {
                valid = false
            }
        }
        guard valid, number.isEmpty else {
            throw CapsuleError(
                .invalidName,
                "\(quoted(string)) is not a time; write 30m, 2h, 1d or 1h30m, at most 365d")
        }
        seconds = total
        description = string
    }

    /// `seconds` in words that a person reads: `1d 2h`, `12m`, `40s`.
    package static func text(_ seconds: Int64) -> String {
        let parts = [
            (seconds / 86_400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s"),
        ]
        let shown = parts.filter { $0.0 > 0 }.prefix(2).map { "\($0.0)\($0.1)" }
        return shown.isEmpty ? "0s" : shown.joined(separator: " ")
    }
}
