internal import Cryptography
internal import FoundationEssentials
internal import Support

/// Answers token requests as Docker's token servers do, with tokens that Debian's registry accepts.
package struct TokenIssuer: Sendable {
    /// The service's name, which is also the issuer's.
    package static let service = "capsule-tests"
    /// The account that has all rights.
    package let user: String
    /// Its password.
    package let password: String
    let identity: TLSIdentity
    let allowsAnonymousPull: Bool

    /// A handler for `withScriptedServer`.
    package func answer(_ request: ReceivedRequest) throws -> ScriptedResponse {
        let expected = "Basic \(Data("\(user):\(password)".utf8).base64EncodedString())"
        let given = request.header("Authorization")
        guard given == expected || (given == nil && allowsAnonymousPull) else {
            return ScriptedResponse(401, text: "{}")
        }
        let scopes = request.target.split { $0 == "?" || $0 == "&" }.filter { $0.hasPrefix("scope=") }
            .map { PercentEncoding.decode($0.dropFirst(6)) }
        let access = scopes.compactMap { scope -> String? in
            let parts = scope.split(separator: ":")
            guard parts.count == 3 else { return nil }
            let actions = parts[2].split(separator: ",").filter { given != nil || $0 == "pull" }
            let list = actions.map { "\"\($0)\"" }.joined(separator: ",")
            return "{\"type\":\"\(parts[0])\",\"name\":\"\(parts[1])\",\"actions\":[\(list)]}"
        }
        let now = WallClock.system()
        let claims =
            "{\"iss\":\"\(Self.service)\",\"sub\":\"\(user)\",\"aud\":\"\(Self.service)\",\"exp\":\(now + 300),"
            + "\"nbf\":\(now - 30),\"iat\":\(now),\"jti\":\"\(UUID().uuidString)\",\"access\":[\(access.joined(separator: ","))]}"
        return ScriptedResponse(
            200, headers: [("Content-Type", "application/json")], text: "{\"token\":\"\(try sign(claims))\"}")
    }

    /// Returns a JWT with ES256 and its certificate in the header as `x5c`.
    private func sign(_ claims: String) throws -> String {
        let pem = String(decoding: try readFile(identity.certificateFile), as: UTF8.self)
        let certificate = pem.split(separator: "\n").filter { !$0.hasPrefix("-----") }.joined()
        let header = "{\"typ\":\"JWT\",\"alg\":\"ES256\",\"x5c\":[\"\(certificate)\"]}"
        let text = "\(base64URL(header.utf8)).\(base64URL(claims.utf8))"
        let signature = SignatureEncoding.fixed(identity.key.signature(over: Array(text.utf8)))
        return "\(text).\(base64URL(signature ?? []))"
    }

    private func base64URL(_ bytes: some Sequence<UInt8>) -> String {
        Data(bytes).base64EncodedString().map { character in
            switch character {
            case "+": "-"
            case "/": "_"
            case "=": ""
            default: String(character)
            }
        }.joined()
    }
}
