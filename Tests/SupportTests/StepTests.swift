import CapsuleTestSupport
import Support
import Testing

@Suite("Steps")
struct StepTests {
    @Test("are counted up to the limit and beyond it, without overflow")
    func budget() {
        var budget = StepBudget(limit: 3)
        let answers = [3, 1, .max].map { budget.spend($0) }
        #expect(answers == [true, false, false])
        #expect(budget.isSpent && budget.used == .max)
        let shared = SharedStepBudget(limit: 1)
        #expect(shared.spend())
        #expect(!shared.spend(.max))
    }

    @Test(
        "of a search are the bytes of both texts, and it finds what a plain comparison finds",
        arguments: [("", "a"), ("a", ""), ("aaaa", "aa"), ("abcabd", "abd"), ("xaax", "aa"), ("a", "ab"), ("é", "é")])
    func search(text: String, part: String) {
        let (bytes, needle) = (Array(text.utf8), Array(part.utf8))
        let places = needle.isEmpty ? [] : bytes.indices.filter { bytes[$0...].starts(with: needle) }
        #expect(ByteSearch.first(needle, in: bytes) == places.first)
        for start in 0...(bytes.count + 1) {
            #expect(ByteSearch.first(needle, in: bytes, from: start) == places.first { $0 >= start })
        }
    }

    @Test("of a search for a text that nearly occurs everywhere grow with the text")
    func worst() {
        let steps = growth(50_000) { size in
            let text = [UInt8](repeating: 0x61, count: size)
            _ = ByteSearch.all(text.suffix(size / 2) + [0x62], in: text)
        }
        #expect(steps < 2.1)
    }

    @Test("of differences of many files are limited together, and a part beyond them is shown as replaced")
    func diff() throws {
        let old = Array((0..<400).map { "a\($0)\n" }.joined().utf8)
        let new = Array((0..<400).map { $0 == 200 ? "same\n" : "b\($0)\n" }.joined().utf8)
        var pairs = StepBudget(limit: 400 * 400)
        func difference() -> String? {
            UnifiedDiff.between(old, new, oldName: "a", newName: "b", pairs: &pairs)
        }
        let first = difference()
        let second = difference()
        #expect(pairs.isSpent)
        #expect(first == second)
        #expect(first?.split(separator: "\n").count { $0.hasPrefix("+") } == 401)
    }
}
