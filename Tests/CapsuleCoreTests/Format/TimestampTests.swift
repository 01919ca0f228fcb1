import CapsuleCore
import Testing

@Suite("Timestamps")
struct TimestampTests {
    @Test(
        "are RFC 3339 in UTC and read back",
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (951_782_400, "2000-02-29T00:00:00Z"), (1_767_323_045, "2026-01-02T03:04:05Z"),
            (4_107_542_399, "2100-02-28T23:59:59Z"), (4_107_542_400, "2100-03-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"), (253_402_300_799, "9999-12-31T23:59:59Z"),
        ] as [(Int64, String)])
    func roundTrip(seconds: Int64, text: String) {
        #expect(CapsuleFormat.timestamp(seconds) == text)
        #expect(CapsuleFormat.seconds(text) == seconds)
    }

    @Test(
        "in any other form are refused",
        arguments: [
            "", "2026-01-02", "2026-01-02T03:04:05", "2026-01-02T03:04:05+00:00", "2026-01-02t03:04:05z",
            "2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-01-02T24:00:00Z",
            "2026-01-02T03:60:05Z", "2026-01-02T03:04:60Z", "2026-01-02T03:04:05.5Z", "2026/01/02T03:04:05Z",
            "-026-01-02T03:04:05Z",
        ])
    func refused(text: String) { #expect(CapsuleFormat.seconds(text) == nil) }
}
