import Testing

@testable import CommandParser

@Suite("The arguments of the process")
struct ArgumentVectorTests {
    @Test("are words when they are UTF-8", arguments: ["", "a", "grün 日本 👍", "a\u{301}"])
    func words(_ word: String) throws {
        #expect(try ArgumentVector.word(Array(word.utf8), position: 1).utf8.elementsEqual(word.utf8))
    }

    @Test(
        "are reported by position with their bytes when they are not",
        arguments: [
            ([0x63, 0x61, 0x66, 0xE9], "caf\\xe9"),
            ([0xFF], "\\xff"),
            ([0x01, 0x80, 0x62], "\\u{1}\\x80b"),
            // Not the shortest form, a surrogate, beyond Unicode, cut short.
            ([0xC0, 0xAF], "\\xc0\\xaf"), ([0xED, 0xA0, 0x80], "\\xed\\xa0\\x80"),
            ([0xF4, 0x90, 0x80, 0x80], "\\xf4\\x90\\x80\\x80"), ([0xC3, 0xA9, 0xC3], "é\\xc3"),
        ] as [([UInt8], String)])
    func bytes(_ bytes: [UInt8], _ shown: String) {
        let error = #expect(throws: ArgumentVector.NotText.self) { try ArgumentVector.word(bytes, position: 3) }
        #expect(error?.description == "argument 3 is not UTF-8: \"\(shown)\"")
    }

    @Test("are shown in part when they are long")
    func longArguments() {
        let error = #expect(throws: ArgumentVector.NotText.self) {
            try ArgumentVector.word([UInt8](repeating: 0xFF, count: 1 << 20), position: 1)
        }
        #expect(error.map { $0.shown.utf8.count < 300 && $0.shown.hasSuffix("…") } == true)
    }

    @Test("of this process are read")
    func ownArguments() throws {
        #expect(try ArgumentVector.words() == Array(CommandLine.arguments.dropFirst()))
    }
}
