import CapsuleCore
import CapsuleTestSupport
import DeliveryConfiguration
import Documents
import KargoTestSupport
import Support
import Synchronization
import Testing

@Suite("The http step, interpreted")
struct HTTPStepTests {
    @Test("sends the configured request, and reads outputs from the response")
    func outputs() async throws {
        try await withScriptedServer(answer: { request in
            guard request.header("Authorization") == "Bearer s3cret", request.query["a"] == "b%20c" else {
                return ScriptedResponse(403)
            }
            return ScriptedResponse(
                200, headers: [("X-Id", "7"), ("Content-Type", "application/json")], body: request.body)
        }) { server in
            try await Bench.with(addresses: ["http://verifier.shop.svc": server.origin]) { bench in
                let (phase, runner) = try await bench.run(
                    #"""
                    - uses: http
                      as: verify
                      config:
                        method: POST
                        url: http://verifier.shop.svc/verify
                        headers: [{name: Authorization, value: "Bearer ${{ secret('verifier').token }}"}]
                        queryParams: [{name: a, value: b c}]
                        body: |
                          {"ok": true, "list": [{"image": "shop"}]}
                        successExpression: response.status == 200 && response.body.ok
                        failureExpression: response.status == 422
                        outputs:
                          - {name: id, fromExpression: response.header('x-id')}
                          - {name: list, fromExpression: response.body.list}
                          - {name: type, fromExpression: "response.headers['Content-Type'][0]"}
                    - {uses: compose-output, as: next, config: {images: "${{ outputs.verify.list }}"}}
                    """#)
                #expect(phase == .succeeded, "\(phase)")
                #expect(runner.outputs["verify"]?["id"] == "7")
                #expect(runner.outputs["verify"]?["type"] == "application/json")
                #expect(runner.outputs["next"] == .members(["images": [.members(["image": "shop"])]]))
            }
        }
    }

    @Test("repeats the request while neither expression is true, until the timeout")
    func polls() async throws {
        let count = Mutex(0)
        try await withScriptedServer(answer: { _ in
            count.withLock { $0 += 1 }
            return ScriptedResponse(200, text: "{\"n\": \(count.withLock { $0 })}")
        }) { server in
            try await Bench.with { bench in
                let step =
                    "- {uses: http, as: poll, retry: {timeout: 2m}, config: {url: \"\(server.origin)\", successExpression: \"response.body.n == 3\", failureExpression: \"false\"}}"
                #expect(try await bench.run(step).0 == .succeeded)
                #expect(count.withLock { $0 } == 3)
                // Neither is true again: requests at 0, 30, … 150 seconds, and the last one is after the timeout of two minutes.
                let (phase, runner) = try await bench.run(step)
                #expect(phase.isErrored)
                #expect(runner.message("poll")?.contains("timed out") == true)
                #expect(count.withLock { $0 } == 9)
            }
        }
    }

    @Test("a failed connection counts as an error, up to the error threshold")
    func threshold() async throws {
        let count = Mutex(0)
        try await withScriptedServer(answer: { _ in
            count.withLock { $0 += 1 }
            return ScriptedResponse(count.withLock { $0 } % 3 == 0 ? 200 : 0, text: "{}")
        }) { server in
            try await Bench.with { bench in
                let step = "- {uses: http, as: a, retry: {errorThreshold: N}, config: {url: \"\(server.origin)\"}}"
                #expect(try await bench.run(step.replacing("N", with: "3")).0 == .succeeded)
                let (phase, runner) = try await bench.run(step.replacing("N", with: "1"))
                #expect(phase.isErrored)
                #expect(runner.message("a")?.contains("error threshold of 1") == true)
            }
        }
    }

    @Test("a body that is a map, a header that is a number, and an invalid expression are failures")
    func wrong() async throws {
        try await Bench.with { bench in
            for config in [
                "url: \"http://127.0.0.1:1\", body: \"${{ {a: 1} }}\"",
                "url: \"http://127.0.0.1:1\", headers: [{name: X, value: \"${{ '12' }}\"}]",
                "url: \"http://127.0.0.1:1\", error: 1",
            ] {
                let (phase, runner) = try await bench.run("- {uses: http, as: a, config: {\(config)}}")
                #expect(phase.isErrored)
                #expect(runner.message("a")?.contains("invalid configuration") == true, "\(config)")
            }
        }
    }

    @Test(
        "an answer of 2 MiB is read, and one byte more is an error",
        arguments: [(2 << 20, false), ((2 << 20) + 1, true)])
    func size(bytes: Int, fails: Bool) async throws {
        let body = Array("[\"\(String(repeating: "a", count: bytes - 4))\"]".utf8)
        try await withScriptedServer(answer: { _ in ScriptedResponse(200, body: body) }) { server in
            try await Bench.with { bench in
                let (phase, _) = try await bench.run("- {uses: http, as: a, config: {url: \"\(server.origin)\"}}")
                #expect(phase.isErrored == fails)
            }
        }
    }
}
