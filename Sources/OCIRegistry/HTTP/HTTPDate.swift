/// The dates of RFC 9110, section 5.6.7, in all three forms.
enum HTTPDate {
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// The seconds since 1970 of a date; nil when it is malformed.
    ///
    /// - Parameter now: seconds since 1970. A year of two digits is the one in the hundred years that end 50 years from now.
    static func seconds(_ text: String, now: Int64) -> Int64? {
        let parts = text.split(separator: " ").map(String.init)
        switch parts.count {
        case 6 where parts[0].hasSuffix(",") && parts[5] == "GMT":
            // `Sun, 06 Nov 1994 08:49:37 GMT`, which everybody sends today.
            return seconds(day: parts[1], month: parts[2], year: number(parts[3], digits: 4), time: parts[4])
        case 4 where parts[0].hasSuffix(",") && parts[3] == "GMT":
            // `Sunday, 06-Nov-94 08:49:37 GMT`
            let date = parts[1].split(separator: "-", omittingEmptySubsequences: false).map(String.init)
            guard date.count == 3, let short = number(date[2], digits: 2) else { return nil }
            return seconds(day: date[0], month: date[1], year: fullYear(short, now: now), time: parts[2])
        case 5:
            // `Sun Nov  6 08:49:37 1994`
            return seconds(day: parts[2], month: parts[1], year: number(parts[4], digits: 4), time: parts[3])
        default:
            return nil
        }
    }

    private static func seconds(day: String, month: String, year: Int64?, time: String) -> Int64? {
        let clock = time.split(separator: ":", omittingEmptySubsequences: false).map { number(String($0), digits: 2) }
        guard let year, (1970...9999).contains(year), let month = months.firstIndex(of: month),
            let day = number(day, digits: 2) ?? number(day, digits: 1), (1...31).contains(day), clock.count == 3,
            let hour = clock[0], let minute = clock[1], let second = clock[2], hour < 24, minute < 60, second <= 60
        else { return nil }
        return days(year: year, month: Int64(month) + 1, day: day) * 86400 + hour * 3600 + minute * 60 + second
    }

    private static func number(_ text: String, digits: Int) -> Int64? {
        text.utf8.count == digits && text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int64(text) : nil
    }

    /// The year with these last two digits that is at most 50 years ahead.
    private static func fullYear(_ short: Int64, now: Int64) -> Int64 {
        let current = 1970 + max(0, min(now, 250_000_000_000)) / 31_556_952
        let year = current / 100 * 100 + short
        return year > current + 50 ? year - 100 : year
    }

    /// Days from 1970-01-01 in the Gregorian calendar, counted in years that begin in March so that leap days come last.
    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719468
    }
}
