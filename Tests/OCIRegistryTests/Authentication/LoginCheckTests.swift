import CapsuleTestSupport
import OCI
import OCIRegistry
import Support
import Testing

@Suite("Checking a login", .timeLimit(.minutes(1)))
struct LoginCheckTests {
    private enum Registry: CaseIterable { case basic, bearer, open, forbidden, notOne, negotiate, failing }

    /// What a registry of this kind answers to the login of anna with the password pw.
    private func answer(_ kind: Registry, _ request: ReceivedRequest, origin: String) -> ScriptedResponse {
        let right = request.header("Authorization") == "Basic YW5uYTpwdw=="
        switch kind {
        case .open: return ScriptedResponse(200, text: "{}")
        case .notOne: return ScriptedResponse(404)
        case .failing: return ScriptedResponse(503)
        case .negotiate: return ScriptedResponse(401, headers: [("WWW-Authenticate", "Negotiate")])
        case .forbidden:
            return request.header("Authorization") == nil
                ? ScriptedResponse(401, headers: [("WWW-Authenticate", "Basic realm=\"r\"")]) : ScriptedResponse(403)
        case .basic:
            return right
                ? ScriptedResponse(200) : ScriptedResponse(401, headers: [("WWW-Authenticate", "Basic realm=\"r\"")])
        case .bearer:
            if request.path == "/token" {
                return right ? ScriptedResponse(200, text: "{\"token\":\"t\"}") : ScriptedResponse(401)
            }
            return request.header("Authorization") == "Bearer t"
                ? ScriptedResponse(200)
                : ScriptedResponse(
                    401, headers: [("WWW-Authenticate", "Bearer realm=\"\(origin)/token\",service=\"s\"")])
        }
    }

    private func check(_ kind: Registry, password: String = "pw") async throws -> Result<Bool, OCIError> {
        try await withScriptedServer(answer: { request in
            self.answer(kind, request, origin: "http://\(request.header("Host") ?? "")")
        }) { server in
            try await withRegistryClient(.test()) { client in
                do {
                    let repository = try Repository("\(server.authority)/login")
                    return .success(try await client.check(user: "anna", password: password, for: repository))
                } catch let error as OCIError {
                    return .failure(error)
                }
            }
        }
    }

    @Test("a right password is accepted, by the registry or its token server")
    func accepted() async throws {
        for kind in [Registry.basic, .bearer] { #expect(try await check(kind).get()) }
    }

    @Test("a registry that requires no login says nothing about one")
    func open() async throws { #expect(try await !check(.open).get()) }

    @Test("a wrong password is rejected, and no text has it")
    func rejected() async throws {
        for kind in [Registry.basic, .bearer, .forbidden] {
            guard case .failure(let error) = try await check(kind, password: "hunter2") else {
                Issue.record("\(kind) accepts it")
                continue
            }
            #expect(error.code == .unauthorized, "\(kind)")
            #expect(
                error.message.contains("rejects the login of \"anna\"") && error.message.hasSuffix("Nothing was stored")
            )
            #expect(!error.message.contains("hunter2"))
        }
    }

    @Test("what is not a registry, or cannot be reached, or wants another login, is told apart")
    func others() async throws {
        for (kind, code) in [
            (Registry.notOne, OCIError.Code.protocolViolation), (.negotiate, .unsupported), (.failing, .unavailable),
        ] {
            guard case .failure(let error) = try await check(kind) else { continue }
            #expect(error.code == code, "\(kind): \(error.message)")
        }
    }
}
