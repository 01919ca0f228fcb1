/// Formats dates for HTTP header fields: `Fri, 02 Jan 2026 03:04:05 GMT`.
///
/// [RFC 9110, section 5.6.7](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7)
package enum HTTPDate {
    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// The text for a time of 1970 or later.
    ///
    /// - Parameter seconds: since 1970.
    package static func text(_ seconds: Int64) -> String {
        let (day, second) = Int(max(0, seconds)).quotientAndRemainder(dividingBy: 86_400)
        // Years that begin in March, in eras of 400: leap days are at their ends.
        let shifted = day + 719_468
        let (era, ofEra) = shifted.quotientAndRemainder(dividingBy: 146_097)
        let year = (ofEra - ofEra / 1_460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * year + year / 4 - year / 100)
        let march = (5 * ofYear + 2) / 153
        let date = ofYear - (153 * march + 2) / 5 + 1
        let month = march < 10 ? march + 2 : march - 10
        let full = year + era * 400 + (month < 2 ? 1 : 0)
        let time = "\(two(second / 3_600)):\(two(second / 60 % 60)):\(two(second % 60))"
        // The first of January 1970 was a Thursday.
        return "\(days[day % 7]), \(two(date)) \(months[month]) \(full) \(time) GMT"
    }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
