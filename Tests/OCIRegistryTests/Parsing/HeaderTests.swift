import OCI
import Testing

@testable import OCIRegistry

@Suite("Headers")
struct HeaderTests {
    @Test(
        "challenges are read by their grammar, not by commas",
        arguments: [
            (["Basic realm=\"r\""], [Challenge(scheme: "basic", parameters: ["realm": "r"])]),
            (
                ["Bearer realm=\"https://a/t?x=1,2\",service=\"s\",scope=\"repository:a/b:pull,push\""],
                [
                    Challenge(
                        scheme: "bearer",
                        parameters: ["realm": "https://a/t?x=1,2", "service": "s", "scope": "repository:a/b:pull,push"])
                ]
            ),
            (
                ["Basic realm=\"a\", Bearer realm=\"b\", service=c"],
                [
                    Challenge(scheme: "basic", parameters: ["realm": "a"]),
                    Challenge(scheme: "bearer", parameters: ["realm": "b", "service": "c"]),
                ]
            ),
            (
                ["Negotiate, Basic realm=\"a\""],
                [
                    Challenge(scheme: "negotiate", parameters: [:]),
                    Challenge(scheme: "basic", parameters: ["realm": "a"]),
                ]
            ),
            (
                ["Negotiate YWJj==, Basic realm=\"a\""],
                [
                    Challenge(scheme: "negotiate", parameters: [:]),
                    Challenge(scheme: "basic", parameters: ["realm": "a"]),
                ]
            ),
            (
                ["Basic realm=\"a\"", "Bearer realm=\"b\""],
                [
                    Challenge(scheme: "basic", parameters: ["realm": "a"]),
                    Challenge(scheme: "bearer", parameters: ["realm": "b"]),
                ]
            ),
            (
                [" , ,bearer  REALM = \"say \\\"hi\\\"\" ,  error=\"insufficient_scope\" , "],
                [Challenge(scheme: "bearer", parameters: ["realm": "say \"hi\"", "error": "insufficient_scope"])]
            ),
            (["Bearer realm=\"open"], []),
            (["Bearer realm=\"a\",realm=\"b\""], []),
            (
                ["Bearer realm=\"a\" junk", "Basic realm=\"b\""],
                [Challenge(scheme: "basic", parameters: ["realm": "b"])]
            ),
            ([""], []),
            (["Bearer"], [Challenge(scheme: "bearer", parameters: [:])]),
            ([String(repeating: "Basic realm=a,", count: 5_000)], []),
        ] as [([String], [Challenge])])
    func challenges(values: [String], expected: [Challenge]) {
        #expect(Challenge.parse(values) == expected)
    }

    @Test("no more than 16 challenges are read")
    func challengeCount() {
        #expect(Challenge.parse([String(repeating: "Basic realm=a,", count: 100)]).count == 16)
    }

    @Test(
        "the next page is found",
        arguments: [
            (["</v2/a/tags/list?last=x&n=2>; rel=\"next\""], "/v2/a/tags/list?last=x&n=2"),
            (["<a>; rel=prev, <b,c>; title=\"x, y; z\"; rel=\"last next\""], "b,c"),
            (["<a>;rel=prev", "<b>;rel=NEXT"], "b"),
            (["<a>; foo; rel=next"], "a"),
            (["<a>; rel=\"previous\""], nil),
            (["<a"], nil),
            (["a; rel=next"], "a"),
            (["/v2/a/tags/list?last=x; rel=\"next\""], "/v2/a/tags/list?last=x"),
            (["a; rel=prev, b; rel=next"], "b"),
            (["; rel=next"], nil),
            ([], nil),
        ] as [([String], String?)])
    func links(values: [String], expected: String?) {
        #expect(LinkHeader.next(values) == expected)
    }

    @Test(
        "Retry-After is seconds or a date",
        arguments: [
            ("0", .zero), ("120", .seconds(120)), (" 7 ", .seconds(7)),
            ("99999999999999999999999", .seconds(1 << 40)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", .seconds(37)), ("Sun, 06 Nov 1994 08:48:00 GMT", .zero),
            ("Mon, 07 Nov 1994 08:49:00 GMT", .seconds(86_400)),
            ("-5", nil), ("soon", nil), ("", nil), (nil, nil), ("Sun, 06 Nov 1994 25:49:37 GMT", nil),
        ] as [(String?, Duration?)])
    func retryAfter(value: String?, expected: Duration?) {
        // 1994-11-06 08:49:00
        let now: Int64 = 784_111_740
        #expect(RetryAfter.delay(value, now: now) == expected)
    }

    @Test(
        "dates count leap days",
        arguments: [
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("Thu, 29 Feb 1996 00:00:00 GMT", 825_552_000),
            ("Wed, 01 Mar 2000 12:00:01 GMT", 951_912_001), ("Sun, 01 Mar 2100 00:00:00 GMT", 4_107_542_400),
        ] as [(String, Int64)])
    func dates(text: String, expected: Int64) {
        #expect(HTTPDate.seconds(text, now: 1_767_225_600) == expected)
    }

    @Test(
        "an upload's progress is read from Range",
        arguments: [
            ("0-0", 0), ("0-99", 100), ("bytes=0-99", 100), ("5-9", nil), ("0-", nil), ("9-0", nil), (nil, nil),
            ("x", nil), ("0-9223372036854775807", .max), ("0-9223372036854775806", .max),
            ("0-9223372036854775808", nil), ("0--1", nil), ("-0-1", nil),
        ] as [(String?, Int64?)])
    func uploaded(value: String?, expected: Int64?) {
        #expect(ContentRange.uploaded(value) == expected)
    }

    @Test(
        "an invalid Content-Range is rejected",
        arguments: [
            ("bytes 5-9/10", true), ("bytes 5-9/*", true), ("bytes 5-10/10", false), ("bytes 9-5/10", false),
            ("bytes */10", false), ("5-9/10", false), ("bytes -5-9/10", false), ("bytes 5-9", false), ("", false),
            ("bytes 0-9223372036854775807/*", true), ("bytes 0-9223372036854775807/9223372036854775807", false),
            ("bytes 0-9223372036854775808/*", false),
        ])
    func contentRange(value: String, isGood: Bool) {
        #expect((ContentRange(value) != nil) == isGood)
    }
}
