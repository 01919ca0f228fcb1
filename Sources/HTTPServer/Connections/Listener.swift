#if os(Linux)
    internal import CLinux
    internal import Glibc
    internal import Support

    /// A listening socket, which is closed with the last reference.
    final class Listener: Sendable {
        /// The length of the system's queue of connections that wait to be accepted.
        private static let backlog: Int32 = 1_024
        /// The attempts to find a port that is free at every address of a name.
        private static let tries = 16

        let descriptor: Int32
        /// The port, also if the system chose it.
        let port: Int

        private init(_ descriptor: Int32) throws(ServerError) {
            self.descriptor = descriptor
            port = Int(capsule_socket_port(descriptor))
            guard port > 0 else { throw ServerError(code: .address, message: SystemError(number: Int32(-port)).text) }
        }

        deinit { _ = close(descriptor) }

        /// Accepts no more connections, and closes those that wait: clients are refused, even while the socket is referenced.
        func stop() { _ = shutdown(descriptor, Int32(SHUT_RDWR)) }

        /// Accepts the next connection: its descriptor and the client's address, or the negated error.
        func accept() -> (descriptor: Int32, client: String) {
            unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: CAPSULE_ADDRESS_SIZE) { text in
                let descriptor = unsafe capsule_socket_accept(descriptor, text.baseAddress)
                guard descriptor >= 0, let start = text.baseAddress else { return (descriptor, "") }
                return unsafe (descriptor, String(cString: start))
            }
        }

        /// Listens at every address of a host, at the same port. `*` or nothing is every address of both families, `localhost`
        /// is the loopback address of both, and `::` takes connections of IPv4 as well; other addresses of IPv6 do not.
        ///
        /// - Throws: `ServerError` with the code `address`.
        static func open(host: String, port: Int) throws(ServerError) -> [Listener] {
            var last = "the host has no address"
            for _ in 0..<(port == 0 ? tries : 1) {
                switch try attempt(host, port) {
                case .success(let listeners): return listeners
                case .failure(let error): last = error.message
                }
            }
            throw failure(host, port, last)
        }

        private static func failure(_ host: String, _ port: Int, _ reason: String) -> ServerError {
            let name = host.contains(":") ? "[\(host)]" : host
            return ServerError(code: .address, message: "cannot listen on \(name):\(port): \(reason)")
        }

        private static func attempt(_ host: String, _ port: Int) throws(ServerError) -> Result<[Listener], ServerError>
        {
            guard (0...65_535).contains(port) else { throw failure(host, port, "the port must be from 0 to 65535") }
            // Without a name, the system returns the addresses of both families, whatever /etc/hosts says about localhost.
            let isEverywhere = host.isEmpty || host == "*"
            let isNamed = !isEverywhere && host != "localhost"
            var hints = unsafe addrinfo()
            unsafe hints.ai_flags = (isNamed || isEverywhere ? AI_PASSIVE : 0) | AI_NUMERICSERV
            unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
            var found: UnsafeMutablePointer<addrinfo>?
            let problem = unsafe getaddrinfo(isNamed ? host : nil, "\(port)", &hints, &found)
            defer { unsafe freeaddrinfo(found) }
            guard problem == 0 else {
                throw failure(host, port, unsafe gai_strerror(problem).map { unsafe String(cString: $0) } ?? "")
            }
            var listeners: [Listener] = []
            var next = unsafe found
            while let address = unsafe next?.pointee {
                let at = listeners.first?.port ?? port
                unsafe setPort(at, of: address)
                let descriptor = unsafe capsule_socket_listen(
                    address.ai_addr, address.ai_addrlen, address.ai_family, host == "::" ? 1 : 0, backlog)
                guard descriptor >= 0 else {
                    let error = ServerError(code: .address, message: SystemError(number: -descriptor).text)
                    // A name may have addresses of a family that this machine does not support.
                    guard -descriptor == EAFNOSUPPORT || -descriptor == EADDRNOTAVAIL,
                        unsafe address.ai_next != nil || !listeners.isEmpty
                    else { return .failure(error) }
                    unsafe next = address.ai_next
                    continue
                }
                listeners.append(try Listener(descriptor))
                unsafe next = address.ai_next
            }
            return .success(listeners)
        }

        private static func setPort(_ port: Int, of address: addrinfo) {
            let value = in_port_t(truncatingIfNeeded: port).bigEndian
            // Sound: the family determines the type of the address.
            switch unsafe address.ai_family {
            case AF_INET:
                unsafe address.ai_addr.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                    unsafe $0.pointee.sin_port = value
                }
            case AF_INET6:
                unsafe address.ai_addr.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                    unsafe $0.pointee.sin6_port = value
                }
            default: break
            }
        }
    }
#endif
