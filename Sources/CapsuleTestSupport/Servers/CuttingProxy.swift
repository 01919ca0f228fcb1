internal import Dispatch
internal import Synchronization

/// A TCP proxy on loopback that cuts connections: a network that breaks between a client and a real server.
package final class CuttingProxy: Sendable {
    /// The port it listens on.
    package let port: Int
    private let cuts: Mutex<[Int]>
    private let done = Mutex(0)

    init(port: Int, cuts: [Int]) {
        self.port = port
        self.cuts = Mutex(cuts)
    }

    /// `127.0.0.1:PORT`
    package var host: String { "127.0.0.1:\(port)" }
    /// The number of connections that were cut.
    package var cutCount: Int { done.withLock { $0 } }

    /// Subtracts bytes from those before the next cut; true when it is time to cut.
    func pass(_ count: Int) -> Bool {
        let isCut = cuts.withLock { cuts in
            guard !cuts.isEmpty else { return false }
            cuts[0] -= count
            guard cuts[0] < 0 else { return false }
            cuts.removeFirst()
            return true
        }
        if isCut { done.withLock { $0 += 1 } }
        return isCut
    }
}

/// The direction of the bytes that a proxy counts.
package enum ProxyDirection: Sendable {
    /// From the client to the server.
    case up
    /// From the server to the client.
    case down
}

/// Runs `body` with a proxy in front of a loopback port. After each count of bytes in `cuts` that went `direction`, the
/// connection on which they went is cut.
package func withCuttingProxy<Result: Sendable>(
    to port: Int, cutting direction: ProxyDirection, after cuts: [Int],
    _ body: @Sendable (CuttingProxy) async throws -> Result
) async throws -> Result {
    let listener = try LoopbackListener()
    let proxy = CuttingProxy(port: listener.port, cuts: cuts)
    return try await listener.serve { client in
        forward(client, to: port, proxy, direction)
    } while: {
        try await body(proxy)
    }
}

/// Forwards bytes in both directions, on this thread and a second one. When one direction ends, both connections end.
private func forward(_ client: LoopbackSocket, to port: Int, _ proxy: CuttingProxy, _ direction: ProxyDirection) {
    guard let server = LoopbackSocket.connect(port: port) else { return }
    let isUpDone = DispatchSemaphore(value: 0)
    startThread {
        pump(client, server, direction == .up ? proxy : nil)
        client.cut()
        server.cut()
        isUpDone.signal()
    }
    pump(server, client, direction == .down ? proxy : nil)
    client.cut()
    server.cut()
    isUpDone.wait()
    server.release()
}

private func pump(_ input: LoopbackSocket, _ output: LoopbackSocket, _ proxy: CuttingProxy?) {
    // Ends when a socket is cut. Five minutes without a byte mean that a test hangs.
    while let bytes = input.read(atMost: 64 << 10, milliseconds: 300_000), !bytes.isEmpty {
        if let proxy, proxy.pass(bytes.count) { return }
        guard output.write(bytes[...], milliseconds: 300_000) else { return }
    }
}
