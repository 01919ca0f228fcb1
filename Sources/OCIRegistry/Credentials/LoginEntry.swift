internal import Documents
internal import FoundationEssentials
internal import OCI
internal import Support

/// One entry of a login file.
struct LoginEntry {
    private let json: JSONValue
    private let key: String
    private let path: String
    private let remedy: String

    init(_ json: JSONValue, key: String, path: String, remedy: String) {
        self.json = json
        self.key = key
        self.path = path
        self.remedy = remedy
    }

    /// The entry that docker writes for a password.
    static func json(user: String, password: String) -> JSONValue {
        ["auth": .string(Data("\(user):\(password)".utf8).base64EncodedString())]
    }

    /// The credential; nil for an entry without one, which docker writes when a helper has it.
    var credential: Credential? {
        get throws(OCIError) {
            if let token = text("identitytoken") { return .identityToken(token) }
            if let token = text("registrytoken") { return .registryToken(token) }
            if let user = text("username"), let password = json["password"]?.string {
                return .basic(user: user, password: password)
            }
            guard let auth = text("auth") else { return nil }
            guard let data = Data(base64Encoded: auth), let colon = data.firstIndex(of: UInt8(ascii: ":")) else {
                throw OCIError(
                    .io, "the entry of \(quoted(key)) in \(path) is not base64 of USER:PASSWORD; \(remedy)")
            }
            // Docker pads passwords with NUL in some versions.
            let password = String(decoding: data[data.index(after: colon)...].filter { $0 != 0 }, as: UTF8.self)
            return .basic(user: String(decoding: data[..<colon], as: UTF8.self), password: password)
        }
    }

    private func text(_ name: String) -> String? { json[name]?.string.flatMap { $0.isEmpty ? nil : $0 } }
}
