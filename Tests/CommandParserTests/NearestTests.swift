import Testing

@testable import CommandParser

@Suite("The name that was meant")
struct NearestTests {
    @Test(
        "has at most one mistake for three letters, or begins with the word",
        arguments: [
            ("promte", "promote"), ("vrify", "verify"), ("veirfy", "verify"), ("xxrify", "verify"), ("xxxify", nil),
            ("ver", "verify"), ("ve", nil), ("pro", nil), ("", nil), ("ls", nil), ("VERIFY", "verify"),
        ])
    func nearestName(_ word: String, _ name: String?) {
        #expect(nearest(to: word, among: ["verify", "promote", "provenance", "list"]) == name)
    }

    @Test("is not searched for a word of more than 40 characters")
    func longWords() {
        let name = String(repeating: "a", count: 41)
        #expect(nearest(to: String(name.dropLast()), among: [name]) == name)
        #expect(nearest(to: name, among: [name]) == nil)
    }

    @Test("counts letters too many, too few, changed and swapped")
    func distances() {
        for (one, other, mistakes) in [
            ("", "", 0), ("", "ab", 2), ("ab", "", 2), ("ab", "ba", 1), ("abc", "abd", 1), ("abc", "bc", 1),
            ("kitten", "sitting", 3),
        ] {
            #expect(distance(Array(one.unicodeScalars), Array(other.unicodeScalars)) == mistakes, "\(one) \(other)")
        }
    }
}
