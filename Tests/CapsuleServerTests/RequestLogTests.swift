import CapsuleTestSupport
import Documents
import Logging
import Support
import Testing

@testable import CapsuleServer

@Suite("The log of requests", .timeLimit(.minutes(1))) struct RequestLogTests {
    @Test("names the client, its proxies and its trace, and how long the request took")
    func fields() async throws {
        let release = try await TestRelease()
        let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        try await withTestService([release]) { service in
            let body = release.request().text
            for (id, parent) in [("first", trace), ("second", trace), ("third", "00-\"x")] {
                _ = try await service.tester.send(
                    "POST", "/verify",
                    headers: [
                        ("X-Request-Id", id), ("traceparent", parent), ("X-Forwarded-For", "192.0.2.7, 10.0.0.1"),
                    ],
                    body: body)
            }
            for (id, parent) in [("first", trace), ("second", trace), ("third", nil)] {
                let line = try #require(service.log.all.first { $0.contains("\"\(id)\"") })
                let object = try JSONParser.parse(Array(line.utf8), file: "log")
                #expect(
                    object["client"]?.string == "127.0.0.1" && object["forwarded_for"]?.string == "192.0.2.7, 10.0.0.1")
                #expect(object["traceparent"]?.string == parent)
                let took = line.split(separator: "\"milliseconds\":").last.flatMap { Double($0.prefix { $0 != "," }) }
                #expect(try (0.001...60_000).contains(#require(took)), "\(line)")
                #expect(object["time"]?.string == "2026-01-02T03:04:05.678Z")
            }
        }
    }

    @Test("has no password of an address, wherever a request names one")
    func passwords() async throws {
        let release = try await TestRelease()
        try await withTestService([release]) { service in
            let digest = String(repeating: "a", count: 64)
            for name in [
                "user:s3cret@registry.example.com/shop/web", "https://user:s3cret@registry.example.com/shop/web",
                "user:s3c@s3cret@registry.example.com/shop/web", "user%3As3cret@registry.example.com/shop/web",
                "https://user:s3cret/x@registry.example.com/y", "oci://s3cret@registry.example.com/shop",
            ] {
                for key in ["repoURL", "tag", "digest"] {
                    let subject: JSONValue = .members([
                        "repoURL": .string("registry.example.com/shop/web"), "tag": .string("\(release.tag)"),
                        "digest": .string("sha256:\(digest)"),
                    ])
                    var members = subject.members ?? []
                    for index in members.indices where members[index].key == key {
                        members[index] = JSONMember(key: key, value: .string(name))
                    }
                    for part in ["image", "capsule"] {
                        #expect(try await service.verify(release.request([part: .object(members)])).status != 200)
                    }
                }
                let render: JSONValue = [
                    "stage": .string(name), "gitops": ["repository": .string(name), "commit": .string(name)],
                ]
                _ = try await service.verify(release.request(["render": render]))
                _ = try await service.tester.get("/\(name)")
            }
            for line in service.log.all { #expect(!line.contains("s3cret"), "\(line)") }
        }
    }

    @Test("keeps what is not a password")
    func harmless() {
        for text in [
            "registry.example.com:5000/shop/release:git-1@sha256:00", "git@git.example.com:platform/gitops.git",
            "ssh://git@git.example.com/x failed", "mail to a@b.example", "at 10:15 @ noon", "a: b@c",
        ] { #expect(text.withoutPasswords == text) }
        for (text, kept) in [
            ("cannot read \"u:p@h.example/x\" now", "cannot read \"h.example/x\" now"),
            ("https://u:p@h.example/x?token=1 failed", "https://h.example/x failed"), ("u%3Ap@h", "h"),
        ] { #expect(text.withoutPasswords == kept) }
    }

    @Test("has a time whatever the clock says")
    func clocks() throws {
        for (now, time) in [
            (-5, "1970-01-01T00:00:00.000Z"), (Int64.min, "1970-01-01T00:00:00.000Z"), (7, "1970-01-01T00:00:00.007Z"),
            (1_767_323_045_060, "2026-01-02T03:04:05.060Z"),
        ] as [(Int64, String)] {
            let lines = LogLines()
            JSONLog(now: { now }, write: { lines.add($0) }).logger(level: .info).info("x")
            #expect(try JSONParser.parse(Array(lines.all[0].utf8), file: "log")["time"]?.string == time)
        }
    }

    @Test("accepts a trace by the rules of W3C only")
    func traces() {
        let (trace, parent) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7")
        #expect(TraceParent.isValid("00-\(trace)-\(parent)-01"))
        for text in [
            "", "00-\(trace)-\(parent)", "00-\(trace)-\(parent)-01-x", "ff-\(trace)-\(parent)-01",
            "00-\(trace.uppercased())-\(parent)-01", "00-\(String(repeating: "0", count: 32))-\(parent)-01",
            "00-\(trace)-\(String(repeating: "0", count: 16))-01", "00-\(trace)-\(parent)-0x",
        ] { #expect(!TraceParent.isValid(text), "\(text)") }
    }
}
