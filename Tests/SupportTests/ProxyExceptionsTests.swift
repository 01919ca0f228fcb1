import Support
import Testing

@Suite("NO_PROXY")
struct ProxyExceptionsTests {
    /// Values of `NO_PROXY`, with hosts that are reached directly and hosts that are not. `host port` names another port than 443.
    private static let rules: [(value: String, direct: [String], proxied: [String])] = [
        ("", [], ["a.example", "10.0.0.1", "::1"]),
        ("*", ["a.example", "10.0.0.1", "fd00::1"], []),
        (
            "corp.example", ["corp.example", "reg.corp.example", "CORP.Example", "corp.example."],
            ["notcorp.example", "example"]
        ),
        (".corp.example", ["reg.corp.example", "a.b.corp.example"], ["corp.example", "notcorp.example"]),
        ("*.corp.example", ["reg.corp.example", "a.b.corp.example"], ["corp.example", "notcorp.example"]),
        ("CORP.example.", ["corp.example"], ["corp"]),
        ("corp.example:444", ["corp.example 444", "reg.corp.example 444"], ["corp.example"]),
        (".corp.example:444", ["reg.corp.example 444"], ["reg.corp.example", "corp.example 444"]),
        ("localhost,internal", ["localhost", "internal", "reg.internal"], ["local"]),
        ("a.example, b.example\tc.example;d.example", ["a.example", "b.example"], ["d.example"]),
        ("10.0.0.0/8", ["10.2.3.4", "::ffff:10.2.3.4"], ["11.0.0.1", "10.example", "::10.0.0.1"]),
        ("192.168.7.7", ["192.168.7.7", "::ffff:192.168.7.7"], ["192.168.7.70", "192.168.7.7.example"]),
        ("192.168.7.7:5000", ["192.168.7.7 5000"], ["192.168.7.7"]),
        ("192.168.0.0/17", ["192.168.127.255"], ["192.168.128.0"]),
        ("0.0.0.0/0", ["1.2.3.4"], ["fd00::1", "a.example"]), ("1.2.3.4/32", ["1.2.3.4"], ["1.2.3.5"]),
        ("fd00::/8", ["fd12:3456::1", "FD00:0:0:0:0:0:0:1"], ["fe80::1", "10.0.0.1"]),
        ("fd00:0000::0001", ["fd00::1", "FD00:0:0:0:0:0:0:1"], ["fd00::2"]),
        ("[fd00::1]", ["fd00::1"], ["fd00::2"]), ("[fd00::1]:5000", ["fd00::1 5000"], ["fd00::1"]),
        ("[fd00::]/8", ["fd01::1"], ["fc00::1"]), ("fe80::/10", ["fe80::1", "febf::1"], ["fec0::1"]),
        ("::ffff:10.0.0.0/104", ["10.9.9.9"], ["11.0.0.1"]), ("::/0", ["fd00::1"], ["10.0.0.1"]),
        // What cannot be read matches nothing, and the rest counts.
        (
            "10.0.0.0/33,fd00::/129,10.0.0.0/-1,10.0.0.0/x,/8,a.example:0,a.example:99999,[fd00::1,,*.,.,**,a b.example/x,b.example",
            ["b.example", "c.b.example"], ["10.0.0.1", "a.example", "fd00::1"]
        ),
        ("010.0.0.1,0x0a000001,167772161,10.1", [], ["10.0.0.1"]),
    ]

    @Test("each form of an entry matches its hosts and no others", arguments: rules.indices)
    func forms(index: Int) {
        let rule = Self.rules[index]
        let exceptions = ProxyExceptions(rule.value)
        for (hosts, expected) in [(rule.direct, true), (rule.proxied, false)] {
            for text in hosts {
                let parts = text.split(separator: " ").map(String.init)
                let found = exceptions.contains(host: parts[0], port: parts.count == 2 ? Int(parts[1]) ?? 0 : 443)
                #expect(found == expected, "\(rule.value): \(text)")
            }
        }
    }

    @Test("the number of entries is limited")
    func limit() {
        let names = (0..<10_001).map { "h\($0).example" }.joined(separator: ",")
        let exceptions = ProxyExceptions(names)
        #expect(exceptions.contains(host: "h9999.example", port: 443))
        #expect(!exceptions.contains(host: "h10000.example", port: 443))
    }
}
