internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// A TCP proxy on loopback that cuts connections: a network that breaks between a client and a real server.
public final class CuttingProxy: Sendable {
    /// Where it listens.
    public let port: Int
    private let cuts: Mutex<[Int]>
    private let done = Mutex(0)

    init(port: Int, cuts: [Int]) {
        self.port = port
        self.cuts = Mutex(cuts)
    }

    /// `127.0.0.1:PORT`
    public var host: String { "127.0.0.1:\(port)" }
    /// How many connections were cut.
    public var cutCount: Int { done.withLock { $0 } }

    /// Takes bytes off the way to the next cut; true when it has come.
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

/// Which way the bytes go that a proxy counts.
public enum ProxyDirection: Sendable {
    /// From the client to the server.
    case up
    /// From the server to the client.
    case down
}

/// Runs `body` with a proxy in front of a loopback port. After each count of bytes in `cuts` that went `direction`, the
/// connection on which they went is cut.
public func withCuttingProxy<Result: Sendable>(
    to port: Int, cutting direction: ProxyDirection, after cuts: [Int],
    _ body: @Sendable (CuttingProxy) async throws -> Result
) async throws -> Result {
    typealias Bytes = NIOAsyncChannel<ByteBuffer, ByteBuffer>
    let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
        .bind(host: "127.0.0.1", port: 0) { channel in
            channel.eventLoop.makeCompletedFuture { try Bytes(wrappingChannelSynchronously: channel) }
        }
    let proxy = CuttingProxy(port: listener.channel.localAddress?.port ?? 0, cuts: cuts)
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
            try await listener.executeThenClose { connections in
                try await withThrowingDiscardingTaskGroup { group in
                    for try await client in connections {
                        group.addTask {
                            try? await forward(client, to: port, proxy, direction)
                        }
                    }
                }
            }
        }
        defer { group.cancelAll() }
        return try await body(proxy)
    }
}

private func forward(
    _ client: NIOAsyncChannel<ByteBuffer, ByteBuffer>, to port: Int, _ proxy: CuttingProxy, _ direction: ProxyDirection
) async throws {
    let server = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
        .connect(host: "127.0.0.1", port: port) { channel in
            channel.eventLoop.makeCompletedFuture {
                try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
            }
        }
    try await client.executeThenClose { fromClient, toClient in
        try await server.executeThenClose { fromServer, toServer in
            // When one direction ends, both connections do.
            await withTaskGroup(of: Void.self) { group in
                group.addTask { try? await pump(fromClient, toServer, direction == .up ? proxy : nil) }
                group.addTask { try? await pump(fromServer, toClient, direction == .down ? proxy : nil) }
                await group.next()
                group.cancelAll()
            }
        }
    }
}

private func pump(
    _ input: NIOAsyncChannelInboundStream<ByteBuffer>, _ output: NIOAsyncChannelOutboundWriter<ByteBuffer>,
    _ proxy: CuttingProxy?
) async throws {
    for try await buffer in input {
        if let proxy, proxy.pass(buffer.readableBytes) { return }
        try await output.write(buffer)
    }
}
