import Documents
import Support
import Testing

@Suite("Strict JSON")
struct JSONParserTests {
    private func parse(_ text: String, limits: JSONLimits = .metadata) throws -> JSONValue {
        try JSONParser.parse(Array(text.utf8), file: "x.json", limits: limits)
    }

    @Test("keeps order, numbers as written, and escapes resolved") func values() throws {
        let value = try parse(
            #" { "b" : [1, -0.5e+10, true, false, null, {}, []], "a":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00é" } "#)
        #expect(value.members?.map(\.key) == ["b", "a"])
        #expect(
            value["b"]
                == .array([
                    .number("1"), .number("-0.5e+10"), .bool(true), .bool(false), .null, .object([]), .array([]),
                ]))
        #expect(value["a"]?.string == "\"\\/\u{8}\u{c}\n\r\té😀é")
        #expect(value["b"]?.array?.first?.int == 1)
        #expect(value["c"] == nil)
    }

    @Test("what it writes it reads back") func roundTrip() throws {
        let value = JSONValue.members([
            "text": "a\u{1}\"\\\n\u{7f}é😀", "empty": .object([]), "none": nil, "list": [1, "two", false, .null, []],
        ])
        #expect(try parse(value.text) == value)
        #expect(
            value.text.hasPrefix("{\n  \"text\": \"a\\u0001\\\"\\\\\\n\\u007fé😀\",\n  \"empty\": {},\n  \"list\": [\n"))
    }

    @Test(
        "refuses what readers disagree about, and what is not JSON",
        arguments: [
            #"{"a":1,"a":2}"#, #"{"a":1,"\u0061":2}"#, #"{"subject":1,"Subject":2}"#, #"{"a":{"b":1,"B":1}}"#,
            "\u{FEFF}{}", "{} {}", "{}x", "[1]]", "{}\0", "", " ", "{", "[", "[1", "[1,", "[1,]", "{\"a\"", "{\"a\":",
            #"{"a":1,}"#, "{a:1}", "{'a':1}", #"{"a" 1}"#, "nul", "True", "NaN", "Infinity", "-", "01", "1.", ".5",
            "+1",
            "1e", "0x1", "--1", "\"", #""\"#, #""\x""#, #""\u12""#, #""\u+123""#, #""\ud800""#, #""\ud800\u0041""#,
            #""\udc00""#, "\"a\nb\"", "\"\t\"", "// c\n1", "1 /* c */", "[1 2]", "\u{a0}1",
        ])
    func refused(_ text: String) {
        let error = #expect(throws: DocumentError.self) { try parse(text) }
        #expect(error?.code == .invalidDocument)
    }

    @Test("refuses bytes that are not UTF-8, also next to an escape")
    func utf8() {
        for bytes in [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0x5C, 0x6E, 0xFF]] as [[UInt8]] {
            #expect(throws: DocumentError.self) { try JSONParser.parse([0x22] + bytes + [0x22], file: "x.json") }
        }
    }

    @Test("does not take a Kelvin sign for a K") func lookAlike() throws {
        #expect(try parse("{\"\u{212A}ey\": 1}")["Key"] == nil)
    }

    @Test("takes keys for one that differ in case only, however many there are and whatever letters they have")
    func foldedKeys() throws {
        let many = (0..<40).map { "\"k\($0)\":1" }.joined(separator: ",")
        #expect(try parse("{\(many)}").members?.count == 40)
        for text in [
            "{\(many),\"K7\":1}", "{\"K39\":1,\(many)}", "{\"k\":1,\"\u{212A}\":1}", "{\"\u{212A}\":1,\"k\":1}",
            "{\"é\":1,\"É\":1}", "{\"a\":1,\"é\":1,\"A\":1}", "{\"keys\":1,\"key\u{17F}\":1}",
            "{\"\u{17F}\":1,\"S\":1}",
        ] {
            let error = #expect(throws: DocumentError.self) { try parse(text) }
            #expect(error?.code == .invalidDocument, "\(text)")
        }
    }

    @Test("of keys that other people choose, only those that are almost a known field are refused")
    func fields() throws {
        let rule = JSONKeyRule.fields(["layers", "size"], freeForm: ["annotations"])
        func parse(_ text: String) throws -> JSONValue {
            try JSONParser.parse(Array(text.utf8), file: "x.json", keys: rule, visit: nil)
        }
        for text in [
            "{\"x\":1,\"X\":2}", "{\"layers\":[{\"size\":1}]}", "{\"annotations\":{\"size\":1,\"Size\":2}}",
            "{\"a\":{\"annotations\":{\"Layers\":{\"SIZE\":1}}}}",
        ] {
            #expect(throws: Never.self, "\(text)") { try parse(text) }
        }
        for text in [
            "{\"Layers\":1}", "{\"layer\u{17F}\":1}", "{\"a\":[{\"Size\":1}]}", "{\"x\":1,\"x\":2}",
            "{\"annotations\":{\"x\":1,\"x\":2}}", "{\"Annotations\":{},\"a\":{\"sIze\":1}}",
        ] {
            let error = #expect(throws: DocumentError.self, "\(text)") { try parse(text) }
            #expect(error?.code == .invalidDocument)
        }
    }

    @Test("writes without white space, too") func compact() throws {
        let value = JSONValue.members(["b": [1, .members(["c": "x\n"])], "a": .object([]), "n": .null])
        #expect(value.compactText == #"{"b":[1,{"c":"x\n"}],"a":{},"n":null}"#)
    }

    @Test("says the line") func line() {
        let error = #expect(throws: DocumentError.self) { try parse("{\n\"a\": 1,\n\"a\": 2}") }
        #expect(error?.message.hasPrefix("x.json:3: key \"a\" occurs twice") == true)
    }

    @Test("stops at each limit, and not before") func limits() throws {
        let limits = JSONLimits(bytes: 20, depth: 3, values: 4)
        #expect(throws: Never.self) { try parse("[[[]],1]", limits: limits) }
        #expect(throws: Never.self) { try parse("[1,2,3]", limits: limits) }
        #expect(throws: Never.self) { try parse("\"" + String(repeating: "x", count: 18) + "\"", limits: limits) }
        for text in ["[[[[]]]]", "[1,2,3,4]", "\"" + String(repeating: "x", count: 19) + "\""] {
            let error = #expect(throws: DocumentError.self) { try parse(text, limits: limits) }
            #expect(error?.code == .limitExceeded)
        }
    }

    @Test("a hundred thousand levels end early", .timeLimit(.minutes(1))) func deep() {
        for text in ["[", "{\"a\":"] {
            let error = #expect(throws: DocumentError.self) { try parse(String(repeating: text, count: 100_000)) }
            #expect(error?.code == .limitExceeded)
        }
    }
}
