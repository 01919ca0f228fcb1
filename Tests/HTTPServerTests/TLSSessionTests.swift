import COpenSSL
import Glibc
import Support
import Testing

@testable import HTTPServer

@Suite("Sessions of TLS") struct TLSSessionTests {
    @Test("read records without data a few at a time, however many have come")
    func keyUpdates() throws {
        var pair: [Int32] = [-1, -1]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0, &pair) == 0)
        defer { for descriptor in pair { close(descriptor) } }
        let session = try #require(try TestIdentity.first.tls().session(descriptor: pair[0]))
        let client = Client(pair[1])
        var isDone = false
        for _ in 0..<20 where !isDone {
            client.handshake()
            isDone = session.handshake() == .done(0)
        }
        try #require(isDone)
        client.handshake()
        client.updateKeys(1_000)

        var scratch = [UInt8](repeating: 0, count: 100)
        var buffer = scratch.mutableSpan
        var (calls, step) = (0, session.read(into: &buffer))
        while step == .again {
            calls += 1
            step = session.read(into: &buffer)
        }
        #expect(step == .wantsRead)
        // Each is 27 bytes long, and a call reads about 1 KiB.
        #expect((20...40).contains(calls), "\(calls)")
        client.send("hello")
        #expect(session.read(into: &buffer) == .done(5))
        #expect(session.read(into: &buffer) == .wantsRead)
    }

    // Without COpenSSLStart about one process in three crashes.
    @Test("do not crash a process that exits during handshakes", arguments: 0..<10)
    func exit(attempt: Int) async {
        await #expect(processExitsWith: .success) {
            for _ in 0..<64 {
                try DedicatedThread.start("handshakes") { while true { beginHandshake() } }
            }
            usleep(30_000)
            Glibc.exit(0)
        }
    }
}

/// The first step of a client's handshake, on a connection that leads nowhere.
private func beginHandshake() {
    let context = SSL_CTX_new(TLS_client_method())
    let session = SSL_new(context)
    SSL_set_bio(session, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()))
    SSL_set_connect_state(session)
    SSL_do_handshake(session)
    SSL_free(session)
    SSL_CTX_free(context)
}

/// A client's side that does not look at certificates.
private final class Client {
    private let descriptor: Int32
    private let context = SSL_CTX_new(TLS_client_method())
    private let raw: OpaquePointer?
    private let (input, output) = (BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()))

    init(_ descriptor: Int32) {
        self.descriptor = descriptor
        raw = SSL_new(context)
        SSL_set_bio(raw, input, output)
        SSL_set_connect_state(raw)
    }

    deinit {
        SSL_free(raw)
        SSL_CTX_free(context)
    }

    func handshake() {
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while case let count = read(descriptor, &buffer, buffer.count), count > 0 {
            BIO_write(input, buffer, Int32(count))
        }
        SSL_do_handshake(raw)
        flush()
    }

    func updateKeys(_ count: Int) {
        for _ in 0..<count {
            #expect(SSL_key_update(raw, SSL_KEY_UPDATE_NOT_REQUESTED) == 1 && SSL_do_handshake(raw) == 1)
        }
        flush()
    }

    func send(_ text: String) {
        #expect(SSL_write(raw, text, Int32(text.utf8.count)) == text.utf8.count)
        flush()
    }

    private func flush() {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        let count = BIO_read(output, &buffer, Int32(buffer.count))
        if count > 0 { #expect(write(descriptor, buffer, Int(count)) == Int(count)) }
    }
}
