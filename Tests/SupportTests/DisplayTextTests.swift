import Foundation
import Support
import Testing

/// One character of each class that a terminal, a log or a page would obey.
let hostileScalars: [Unicode.Scalar] = [
    "\0", "\t", "\n", "\r", "\u{1b}", "\u{7f}", "\u{85}", "\u{9b}", "\u{61c}", "\u{200e}", "\u{200f}", "\u{2028}",
    "\u{2029}", "\u{202a}", "\u{202e}", "\u{2066}", "\u{2069}", "\u{ad}", "\u{34f}", "\u{200b}", "\u{200d}", "\u{2060}",
    "\u{3164}", "\u{e000}", "\u{fe0f}", "\u{feff}", "\u{e0041}", "\u{e0100}",
]

@Suite("Text for people")
struct DisplayTextTests {
    @Test("shows each control character as its number", arguments: hostileScalars)
    func controls(_ scalar: Unicode.Scalar) {
        let number = String(scalar.value, radix: 16)
        #expect("a\(scalar)b".escapedForDisplay() == "a\\u{\(number)}b")
        #expect(quoted("a\(scalar)b") == "\"a\\u{\(number)}b\"")
        #expect(quoted(Array("a\(scalar)b".utf8)) == "\"a\\u{\(number)}b\"")
        #expect("a\(scalar)b".markdownCode == "`a\\u{\(number)}b`")
    }

    @Test("keeps letters of all scripts, symbols and emoji", arguments: ["é ß 漢 עברית ✓ 👩‍👩‍👧", "a\"b\\c", ""])
    func plain(_ text: String) {
        #expect(text.escapedForDisplay() == text)
    }

    @Test("keeps line feeds and tabs where lines are kept, and nothing else")
    func lines() {
        #expect("a\n\tb\r\n\u{2028}".escapedForDisplay(keepingLines: true) == "a\n\tb\\u{d}\n\\u{2028}")
        #expect("a\n\u{1b}```".markdownBlock("yaml") == "````yaml\na\n\\u{1b}```\n````\n")
    }

    @Test("shows as many characters as the limit says, and says that there are more")
    func limit() {
        #expect("abc".escapedForDisplay(limit: 3) == "abc")
        #expect("abcd".escapedForDisplay(limit: 3) == "abc…")
        #expect("\n\n".escapedForDisplay(limit: 1) == "\\u{a}…")
        let long = String(repeating: "x", count: 200)
        #expect(quoted(long) == "\"\(long)\"")
        #expect(quoted(long + "y") == "\"\(long)…\"")
        #expect(quoted(Array("\(long)y".utf8)) == "\"\(long)…\"")
        #expect(quoted(Array(String(repeating: "😀", count: 300).utf8)).unicodeScalars.count == 203)
    }

    @Test("is code in Markdown, whatever it contains")
    func markdown() {
        #expect("".markdownCode == "` `" && "".markdownCell == "")
        #expect("a|b".markdownCode == "`a|b`" && "a\\|b".markdownCell == "`a\\\\u{7c}b`")
        #expect("``a`".markdownCode == "``` ``a` ```")
        // Parsers limit the length of a fence: cmark reads one of more than 80 backticks as text.
        let long = String(repeating: "`", count: 100)
        #expect(long.markdownCode == "`" + String(repeating: "\\u{60}", count: 100) + "`")
        #expect("x\n\(long)".markdownBlock("").hasPrefix("```\nx\n\\u{60}"))
        #expect(String(repeating: "x", count: 100_000).markdownCode.count == 2_003)
        #expect("<a href=\"x\">&".htmlCode == "<code>&lt;a href=&quot;x&quot;&gt;&amp;</code>")
        #expect("oci:/x/@mention <b>".escapedForMarkup == "oci:/x/\\u{40}mention \\u{3c}b\\u{3e}")
    }

    @Test("has the same value in JSON")
    func json() throws {
        let text = "{\n  \"a\" : \"é\u{9b}\u{200b}\u{e0041}😀\"\n}"
        #expect(text.escapedForJSON == "{\n  \"a\" : \"é\\u009b\\u200b\\udb40\\udc41😀\"\n}")
        #expect(
            try JSONDecoder().decode([String: String].self, from: Data(text.escapedForJSON.utf8))["a"]?.hasSuffix("😀")
                == true)
    }

    @Test("escapes quotation marks and backslashes within quotation marks")
    func quotes() {
        #expect(quoted(#"a"b\c"#) == #""a\"b\\c""#)
        #expect(quoted([0x61, 0xFF] as [UInt8]) == "\"a\u{FFFD}\"")
    }
}
