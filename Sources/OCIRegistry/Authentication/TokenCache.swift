internal import Synchronization

/// A bearer token and how long it is good.
struct Token: Sendable {
    let text: String
    let scope: TokenScope
    /// The moment, on the client's clock, after which it is not used any more.
    let expires: Duration
}

/// The tokens of one client. However many requests want one at once, one request fetches it.
final class TokenCache: Sendable {
    /// Where tokens come from and whose they are.
    struct Issuer: Hashable, Sendable {
        let realm: WebAddress
        let service: String?
        let registry: Origin
    }

    private struct Key: Hashable {
        let issuer: Issuer
        let scope: TokenScope
    }

    private struct State {
        var tokens: [Issuer: [Token]] = [:]
        var flights: [Key: [UInt64: CheckedContinuation<Void, any Error>]] = [:]
        var abandoned: Set<UInt64> = []
        var nextWaiter: UInt64 = 0
    }

    private let state = Mutex(State())

    /// A token for `scope` that is not `rejected`; fetched when there is none.
    ///
    /// When a fetch fails, everybody who waited for it fails the same way, so that a wrong password is tried once. When it
    /// was cancelled, one who waited takes over.
    func token(
        from issuer: Issuer, scope: TokenScope, rejected: String?, now: @Sendable () -> Duration,
        fetch: @Sendable () async throws -> Token
    ) async throws -> Token {
        let key = Key(issuer: issuer, scope: scope)
        while true {
            try Task.checkCancellation()
            let moment = now()
            let found: Token?? = state.withLock { state in
                state.tokens[issuer]?.removeAll { $0.expires <= moment || $0.text == rejected }
                if let token = state.tokens[issuer]?.first(where: { $0.scope.covers(scope) }) { return .some(token) }
                guard state.flights[key] == nil else { return .none }
                state.flights[key] = [:]
                return .some(nil)
            }
            switch found {
            case .some(.some(let token)):
                return token
            case .some(.none):
                do {
                    let token = try await fetch()
                    land(key, .success(token))
                    return token
                } catch {
                    land(key, .failure(error))
                    throw error
                }
            case .none:
                try await wait(for: key)
            }
        }
    }

    private func land(_ key: Key, _ result: Result<Token, any Error>) {
        let waiters = state.withLock { state in
            if case .success(let token) = result { state.tokens[key.issuer, default: []].append(token) }
            return state.flights.removeValue(forKey: key) ?? [:]
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
                enum Turn { case wait, landed, cancelled }
                let turn: Turn = state.withLock { state in
                    if state.abandoned.remove(number) != nil { return .cancelled }
                    if state.flights[key] == nil { return .landed }
                    state.flights[key]?[number] = continuation
                    return .wait
                }
                switch turn {
                case .wait: break
                case .landed: continuation.resume()
                case .cancelled: continuation.resume(throwing: CancellationError())
                }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                let waiter = state.flights[key]?.removeValue(forKey: number)
                if waiter == nil { state.abandoned.insert(number) }
                return waiter
            }
            waiter?.resume(throwing: CancellationError())
        }
    }
}
