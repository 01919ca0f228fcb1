import Testing

@testable import CommandParser

@Suite("Lines of the help")
struct WrappingTests {
    @Test(
        "are broken at spaces, one column before the end except for the last one",
        arguments: [
            ("", ""), ("a", "a"), ("aaaa bbbb c", "aaaa bbbb\nc"), ("aaaa bbbbb", "aaaa bbbbb"),
            ("aaaa bbbbb c", "aaaa\nbbbbb c"), ("aaaa bbbbb\nc", "aaaa\nbbbbb\nc"),
            ("aaaaaaaaaaaa b", "aaaaaaaaaaaa\nb"),
            ("a\n\nb", "a\n\nb"), ("  aaaa bbbbb c", "  aaaa\nbbbbb c"),
            ("  aaaaaaaaaaaaaaa b", "  aaaaaaaaaaaaaaa\nb"),
            ("éééé bbbb c", "éééé bbbb\nc"),
        ])
    func wrapping(_ text: String, _ lines: String) {
        #expect(wrapped(text, width: 10) == lines)
    }
}
