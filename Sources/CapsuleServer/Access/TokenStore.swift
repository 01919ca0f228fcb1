internal import Cryptography
internal import OCI
internal import Support
internal import Synchronization

/// Identifies callers by their tokens. The file of tokens is read again at most once a second, when a request arrives,
/// so that tokens are added and removed without a restart. While the file cannot be read, no token is accepted.
final class TokenStore: Sendable {
    private struct State {
        var tokens: Result<TokenFile, any Error>
        /// The time of the last read, by the clock.
        var read: Duration
    }

    /// The minimum time between two reads of the file.
    private static let age: Duration = .seconds(1)

    private let path: String?
    private let anonymous: Set<Role>
    private let clock: ServiceClock
    private let state: Mutex<State?>

    /// - Parameters:
    ///   - path: the file; nil when there are no tokens.
    ///   - anonymous: the roles of a caller without a token.
    /// - Throws: `CapsuleError` when the file is missing or invalid.
    init(path: String?, anonymous: Set<Role>, clock: ServiceClock) throws {
        self.path = path
        self.anonymous = anonymous
        self.clock = clock
        if let path {
            state = Mutex(State(tokens: .success(try TokenFile(path: path)), read: clock.now))
        } else {
            state = Mutex(nil)
        }
    }

    /// The reason why the file cannot be used; nil when it can.
    var problem: String? {
        if case .failure(let error)? = tokens() { error.message } else { nil }
    }

    /// The caller with these `Authorization` headers.
    ///
    /// - Throws: `ServiceError` with 401 for an unknown token, with 503 while the file cannot be read.
    func caller(_ headers: [String]) throws(ServiceError) -> Caller {
        guard let header = headers.first else { return Caller(name: "anonymous", roles: anonymous) }
        // RFC 9110, section 11.6.2: one or more spaces.
        let scheme = header.prefix { $0 != " " }
        let token = header.dropFirst(scheme.count).drop { $0 == " " }
        guard headers.count == 1, !token.isEmpty, scheme.lowercased() == "bearer",
            token.utf8.count <= TokenFile.maximumToken
        else { throw ServiceError(401, "send one header `Authorization: Bearer TOKEN`") }
        guard let tokens = tokens() else { throw Self.unknown }
        switch tokens {
        case .failure:
            throw ServiceError(
                503, "the service cannot read its file of tokens; repeat the request", retryAfter: 5, failure: .tokens)
        case .success(let file):
            let hash = Digest.sha256(of: token.utf8).hex
            var found: Caller?
            // Every byte of every entry is compared, so that the time reveals nothing about any of them.
            for entry in file.entries where ConstantTime.isEqual(entry.hash.hex, hash) {
                found = entry.caller
            }
            guard let found else { throw Self.unknown }
            return found
        }
    }

    private static let unknown = ServiceError(401, "the token is unknown")

    private func tokens() -> Result<TokenFile, any Error>? {
        guard let path else { return nil }
        return state.withLock { state in
            let now = clock.now
            if let state, now - state.read < Self.age { return state.tokens }
            let tokens: Result<TokenFile, any Error>
            do { tokens = .success(try TokenFile(path: path)) } catch { tokens = .failure(error) }
            state = State(tokens: tokens, read: now)
            return tokens
        }
    }
}
