internal import CapsuleCore
internal import CommandParser
internal import Support

/// A time in the past, as an argument gives it: a day, a time, or how long ago.
enum SinceTime: Sendable {
    /// Seconds since 1970.
    case at(Int64)
    /// Seconds before now.
    case ago(Int64)

    /// Parses `2026-01-31`, `2026-01-31T12:00:00Z`, or a duration such as `30d`.
    init(_ text: String) throws {
        if let duration = DurationText(text), duration.seconds > 0 {
            self = .ago(duration.seconds)
        } else if let seconds = CapsuleFormat.seconds(text) ?? CapsuleFormat.seconds("\(text)T00:00:00Z") {
            self = .at(seconds)
        } else {
            throw ValidationError(
                "\(quoted(text)) is not a time; write a day such as 2026-01-31, a time such as 2026-01-31T12:00:00Z, or "
                    + DurationText.forms)
        }
    }

    /// Seconds since 1970.
    func seconds(now: Int64) -> Int64 {
        switch self {
        case .at(let seconds): seconds
        case .ago(let seconds): now - seconds
        }
    }
}
