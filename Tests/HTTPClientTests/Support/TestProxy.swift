import Foundation
import HTTPClient
import Synchronization

/// A proxy for tests.
enum TestProxy {
    enum Manner: Sendable {
        /// Connects with the correct login.
        case honest(login: String?)
        /// Answers CONNECT with these bytes, and closes.
        case answers(String)
        /// Reads and sends nothing.
        case silent
        /// Closes, or resets.
        case dies(resets: Bool)
    }

    static func handler(_ manner: Manner, heads: HeadLog = HeadLog()) -> RawServer.Handler {
        { connection in
            guard let head = connection.head() else { return }
            heads.add(head)
            switch manner {
            case .honest(let login):
                let isKnown = login.map {
                    head.contains("Proxy-Authorization: Basic \(Data($0.utf8).base64EncodedString())\r\n")
                }
                guard isKnown ?? true else {
                    connection.answer(
                        "407 Proxy Authentication Required", "", headers: "Proxy-Authenticate: Basic realm=\"x\"\r\n")
                    return
                }
                guard
                    let port = head.split(separator: " ").dropFirst().first?.split(separator: ":").last.flatMap({
                        Int($0)
                    }),
                    let other = connect(to: port)
                else {
                    connection.answer("502 Bad Gateway", "")
                    return
                }
                connection.send("HTTP/1.1 200 Connection established\r\nX-Proxy: secret\r\n\r\n")
                relay(connection, other)
            case .answers(let text):
                connection.send(text)
                connection.finish()
                connection.waitForEnd()
            case .silent: connection.waitForEnd()
            case .dies(let resets): if resets { connection.reset() }
            }
        }
    }

    /// SOCKS 5, by RFC 1928 and RFC 1929: requires the login when there is one, and sends this reply to the request.
    static func socks(login: String?, reply: UInt8 = 0) -> RawServer.Handler {
        { connection in
            let greeting = connection.body(2)
            guard greeting.count == 2, greeting[0] == 5 else { return }
            _ = connection.body(Int(greeting[1]))
            if let login {
                connection.send([5, 2])
                let user = connection.body(Int(connection.body(2).last ?? 0))
                let password = connection.body(Int(connection.body(1).last ?? 0))
                let isRight = String(decoding: user + [UInt8(ascii: ":")] + password, as: UTF8.self) == login
                connection.send([1, isRight ? 0 : 1])
                if !isRight { return }
            } else {
                connection.send([5, 0])
            }
            let request = connection.body(4)
            guard request.count == 4 else { return }
            switch request[3] {
            case 1: _ = connection.body(4)
            case 4: _ = connection.body(16)
            default: _ = connection.body(Int(connection.body(1).last ?? 0))
            }
            let port = connection.body(2).reduce(0) { $0 << 8 | Int($1) }
            let other = reply == 0 ? connect(to: port) : nil
            connection.send([5, reply, 0, 1, 0, 0, 0, 0, 0, 0])
            if let other { relay(connection, other) }
        }
    }

    /// SOCKS 4a: requires this user when there is one, and sends this reply to the request, 90 for success.
    static func socks4a(user: String?, names: HeadLog = HeadLog(), reply: UInt8 = 90) -> RawServer.Handler {
        { connection in
            let head = connection.body(8)
            guard head.count == 8, head[0] == 4, head[1] == 1 else { return }
            func text() -> String {
                var bytes: [UInt8] = []
                while let byte = connection.body(1).first, byte != 0 { bytes.append(byte) }
                return String(decoding: bytes, as: UTF8.self)
            }
            let given = text()
            // An address such as 0.0.0.1 says that a name follows.
            if head[4...6].allSatisfy({ $0 == 0 }), head[7] != 0 { names.add(text()) }
            let reply = user == nil || given == user ? reply : 93
            let other = reply == 90 ? connect(to: Int(head[2]) << 8 | Int(head[3])) : nil
            connection.send([0, reply, 0, 0, 0, 0, 0, 0])
            if let other { relay(connection, other) }
        }
    }

    private static func connect(to port: Int) -> RawConnection? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Foundation.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else {
            close(descriptor)
            return nil
        }
        return RawConnection(descriptor, number: 0)
    }

    private static func relay(_ one: RawConnection, _ other: RawConnection) {
        let done = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            copy(other, one)
            done.signal()
        }
        copy(one, other)
        done.wait()
        other.close()
    }

    private static func copy(_ from: RawConnection, _ to: RawConnection) {
        while true {
            let bytes = from.receive()
            if bytes.isEmpty || !to.send(bytes) { break }
        }
        from.cut()
        to.cut()
    }
}

/// The bytes that a server received.
final class HeadLog: Sendable {
    private let heads = Mutex<[String]>([])
    var all: [String] { heads.withLock { $0 } }
    func add(_ head: String) { heads.withLock { $0.append(head) } }
}
