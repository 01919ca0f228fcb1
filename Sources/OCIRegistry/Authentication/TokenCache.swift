internal import Synchronization

/// A bearer token and its expiry.
struct Token: Sendable {
    let text: String
    let scope: TokenScope
    /// The time on the client's clock after which the token is not used.
    let expires: Duration
}

/// The tokens of one client. Concurrent requests for the same token share one fetch.
final class TokenCache: Sendable {
    /// The token server, and the registry that its tokens are for.
    struct Issuer: Hashable, Sendable {
        let realm: WebAddress
        let service: String?
        let registry: Origin
    }

    /// The tokens of one login. Those of a login that was replaced are not used any more.
    private struct Owner: Hashable {
        let issuer: Issuer
        let credential: Credential?
    }

    private struct Key: Hashable {
        let owner: Owner
        let scope: TokenScope
    }

    private struct State {
        var tokens: [Owner: [Token]] = [:]
        var fetches: [Key: [UInt64: CheckedContinuation<Void, any Error>]] = [:]
        var abandoned: Set<UInt64> = []
        var nextWaiter: UInt64 = 0
    }

    private let state = Mutex(State())

    /// A cached token that covers `scope` and is not `rejected`; fetched when there is none.
    ///
    /// When a fetch fails, all waiting callers fail with the same error, so that a wrong password is sent once. When the fetch
    /// is cancelled, one of the waiting callers starts another.
    func token(
        from issuer: Issuer, for credential: Credential?, scope: TokenScope, rejected: String?,
        now: @Sendable () -> Duration, fetch: @Sendable () async throws -> Token
    ) async throws -> Token {
        let owner = Owner(issuer: issuer, credential: credential)
        let key = Key(owner: owner, scope: scope)
        while true {
            try Task.checkCancellation()
            let moment = now()
            let found: Token?? = state.withLock { state in
                state.tokens[owner]?.removeAll { $0.expires <= moment || $0.text == rejected }
                if let token = state.tokens[owner]?.first(where: { $0.scope.covers(scope) }) { return .some(token) }
                guard state.fetches[key] == nil else { return .none }
                state.fetches[key] = [:]
                return .some(nil)
            }
            switch found {
            case .some(.some(let token)):
                return token
            case .some(.none):
                do {
                    let token = try await fetch()
                    complete(key, .success(token), now())
                    return token
                } catch {
                    complete(key, .failure(error), now())
                    throw error
                }
            case .none:
                try await wait(for: key)
            }
        }
    }

    /// The tokens that are cached now.
    var texts: [String] { state.withLock { state in state.tokens.values.flatMap { $0.map(\.text) } } }

    private func complete(_ key: Key, _ result: Result<Token, any Error>, _ now: Duration) {
        let waiters = state.withLock { state in
            if case .success(let token) = result {
                // The tokens of a login that was replaced are not looked up any more, so they are removed here.
                state.tokens = state.tokens.mapValues { $0.filter { $0.expires > now } }.filter { !$0.value.isEmpty }
                state.tokens[key.owner, default: []].append(token)
            }
            return state.fetches.removeValue(forKey: key) ?? [:]
        }
        for waiter in waiters.values {
            if case .failure(let error) = result, !(error is CancellationError) {
                waiter.resume(throwing: error)
            } else {
                waiter.resume()
            }
        }
    }

    private func wait(for key: Key) async throws {
        let number = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        defer { state.withLock { _ = $0.abandoned.remove(number) } }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                enum Turn { case wait, completed, cancelled }
                let turn: Turn = state.withLock { state in
                    if state.abandoned.remove(number) != nil { return .cancelled }
                    if state.fetches[key] == nil { return .completed }
                    state.fetches[key]?[number] = continuation
                    return .wait
                }
                switch turn {
                case .wait: break
                case .completed: continuation.resume()
                case .cancelled: continuation.resume(throwing: CancellationError())
                }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                let waiter = state.fetches[key]?.removeValue(forKey: number)
                if waiter == nil { state.abandoned.insert(number) }
                return waiter
            }
            waiter?.resume(throwing: CancellationError())
        }
    }
}
