import Foundation
import HTTPClient
import Synchronization

/// A server on 127.0.0.1 that runs its handler for each connection in a thread.
final class RawServer: Sendable {
    typealias Handler = @Sendable (RawConnection) -> Void

    let port: Int
    private let listener: Int32
    private let handler: Handler
    private let open = Mutex<[RawConnection]>([])
    private let count = Mutex(0)
    private let threads = DispatchGroup()

    /// The number of connections.
    var connections: Int { count.withLock { $0 } }

    private init(_ handler: @escaping Handler, family: Int32) throws {
        self.handler = handler
        let listener = socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        self.listener = listener
        var four = sockaddr_in()
        four.sin_family = sa_family_t(AF_INET)
        four.sin_addr.s_addr = inet_addr("127.0.0.1")
        var six = sockaddr_in6()
        six.sin6_family = sa_family_t(AF_INET6)
        six.sin6_addr = in6addr_loopback
        func bindTo<Address>(_ address: inout Address) -> Int32 {
            withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(listener, $0, socklen_t(MemoryLayout<Address>.size))
                }
            }
        }
        let isBound = family == AF_INET ? bindTo(&four) : bindTo(&six)
        guard listener >= 0, isBound == 0, listen(listener, 256) == 0 else { throw POSIXError(.EADDRNOTAVAIL) }
        var name = sockaddr_in6()
        var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        withUnsafeMutablePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(listener, $0, &length) }
        }
        // The port is in the same place of both kinds of address.
        port = Int(UInt16(bigEndian: name.sin6_port))
        threads.enter()
        Thread.detachNewThread { self.accept() }
    }

    private func accept() {
        defer { threads.leave() }
        while true {
            let descriptor = Foundation.accept(listener, nil, nil)
            guard descriptor >= 0 else { return }
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            let number = count.withLock { count in
                count += 1
                return count
            }
            let connection = RawConnection(descriptor, number: number)
            open.withLock { $0.append(connection) }
            threads.enter()
            Thread.detachNewThread {
                self.handler(connection)
                connection.close()
                self.open.withLock { $0.removeAll { $0 === connection } }
                self.threads.leave()
            }
        }
    }

    /// Closes all connections and waits for the threads.
    private func stop() async {
        _ = shutdown(listener, Int32(SHUT_RDWR))
        for connection in open.withLock({ $0 }) { connection.cut() }
        await withCheckedContinuation { continuation in
            threads.notify(queue: .global()) { continuation.resume() }
        }
        _ = Foundation.close(listener)
    }

    var origin: HTTPOrigin { HTTPOrigin(scheme: .http, host: "127.0.0.1", port: port) }

    static func run<Result>(
        _ handler: @escaping Handler, family: Int32 = AF_INET, _ body: (RawServer) async throws -> Result
    ) async throws -> Result {
        let server = try RawServer(handler, family: family)
        do {
            let result = try await body(server)
            await server.stop()
            return result
        } catch {
            await server.stop()
            throw error
        }
    }
}

/// Runs a server and a client.
@discardableResult
func withServer<Result>(
    _ configuration: HTTPClientConfiguration = .quick, _ handler: @escaping RawServer.Handler,
    _ body: (RawServer, HTTPClient) async throws -> Result
) async throws -> Result {
    try await RawServer.run(handler) { server in
        try await withHTTPClient(configuration) { try await body(server, $0) }
    }
}

extension HTTPClientConfiguration {
    /// Time-outs long enough for a busy machine and short enough for a test that hangs.
    static var quick: HTTPClientConfiguration {
        var configuration = HTTPClientConfiguration()
        configuration.connectTimeout = .seconds(20)
        configuration.idleTimeout = .seconds(20)
        return configuration
    }
}
