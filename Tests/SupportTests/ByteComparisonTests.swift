import Support
import Testing

@Suite("Texts with the same bytes")
struct ByteComparisonTests {
    @Test(
        "Texts that are equal for Swift differ when their bytes differ",
        arguments: [
            ("K", "\u{212A}"), ("\u{E9}", "e\u{301}"), ("a\u{301}\u{327}", "a\u{327}\u{301}"),
        ])
    func canonicalEquivalents(left: String, right: String) {
        #expect(left == right)
        #expect(!left.hasSameBytes(as: right))
        #expect(left.hasSameBytes(as: left) && right.hasSameBytes(as: right))
    }

    @Test("are in the order of sort(1)")
    func order() {
        let sorted = ["", "\u{0}", "Z", "a", "a\u{0}", "a/b", "ab", "e\u{301}", "\u{E9}", "\u{FFFD}", "\u{1F600}"]
        for (index, left) in sorted.enumerated() {
            for (other, right) in sorted.enumerated() {
                #expect(left.precedesByBytes(right) == (index < other), "\(left) \(right)")
            }
        }
    }

    @Test("A prefix is another text")
    func prefix() {
        #expect(!"name".hasSameBytes(as: "names"))
        #expect("".hasSameBytes(as: ""))
    }
}
