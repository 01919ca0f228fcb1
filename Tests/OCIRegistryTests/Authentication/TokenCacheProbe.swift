import OCI
import Synchronization
import Testing

@testable import OCIRegistry

/// Drives a token cache with a fetch that the test delays.
struct TokenCacheProbe {
    func check() async throws {
        let cache = TokenCache()
        let issuer = TokenCache.Issuer(
            realm: try WebAddress("https://a.example/token"), service: nil,
            registry: try WebAddress("https://b.example/").origin)
        let fetches = Mutex(0)
        let (started, starting) = AsyncStream.makeStream(of: Void.self)
        let token: @Sendable () async throws -> Token = {
            try await cache.token(
                from: issuer, for: nil, scope: .pull("x"), rejected: nil, now: { .zero }
            ) {
                let number = fetches.withLock { count in
                    count += 1
                    return count
                }
                if number == 1 {
                    starting.yield()
                    try await Task.sleep(for: .seconds(60))
                }
                return Token(text: "t\(number)", scope: .pull("x"), expires: .seconds(1))
            }
        }
        let first = Task { try await token() }
        for await _ in started { break }
        let second = Task { try await token() }
        let third = Task { try await token() }
        await Task.yield()
        third.cancel()
        await #expect(throws: CancellationError.self) { try await third.value }
        first.cancel()
        await #expect(throws: CancellationError.self) { try await first.value }
        #expect(try await second.value.text == "t2")
        #expect(fetches.withLock { $0 } == 2)
    }
}
