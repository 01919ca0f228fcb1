internal import HTTPClient
internal import HTTPMessages
internal import OCI
internal import Synchronization

/// Finds the registries on this machine that speak TLS.
///
/// A registry on loopback is reached over plain HTTP unless an option says otherwise. One with TLS answers a plain request with
/// a reset, a TLS alert or status 400, depending on its library. Then one request over TLS shows whether it speaks TLS.
final class LoopbackTLS: Sendable {
    private enum Finding { case plain, secure }

    private let findings = Mutex<[Origin: Finding]>([:])
    private let transport: HTTPTransport

    init(transport: HTTPTransport) { self.transport = transport }

    /// The origin to use for a registry: the same, or with TLS after the registry was found to speak it.
    func current(_ origin: Origin) -> Origin {
        findings.withLock { $0[origin] } == .secure ? Self.secured(origin) : origin
    }

    /// Records the status of a plain response. Returns the origin with TLS when the response comes from a registry that
    /// speaks it.
    ///
    /// - Throws: as `secured(_:after:)`
    func secured(_ origin: Origin, answers status: Int) async throws -> Origin? {
        guard isOpen(origin) else { return nil }
        guard status == 400 else {
            findings.withLock { $0[origin] = .plain }
            return nil
        }
        return try await probe(origin)
    }

    /// Returns the origin with TLS when this failure of a plain request comes from a registry that speaks it.
    ///
    /// - Throws: `OCIError.Code.unavailable` when it speaks TLS with a certificate that is not trusted.
    func secured(_ origin: Origin, after failure: TransportFailure) async throws -> Origin? {
        guard isOpen(origin), let code = failure.code, [.reset, .closed, .notHTTP].contains(code) else { return nil }
        return try await probe(origin)
    }

    /// True while it is not known what a registry speaks that plain HTTP is only the default for.
    private func isOpen(_ origin: Origin) -> Bool {
        let rule = transport.configuration.plainHTTP
        return origin.scheme == .http && rule.loopback && findings.withLock { $0[origin] } == nil
            && HostKind(origin.host) == .loopback
            && !rule.hosts.contains(origin.authority) && !rule.hosts.contains(origin.host)
    }

    private func probe(_ origin: Origin) async throws -> Origin? {
        let secure = Self.secured(origin)
        do {
            let response = try await transport.execute(
                TransportRequest(.GET, WebAddress(origin: secure, path: "/v2/")))
            await response.drain()
        } catch let failure as TransportFailure {
            guard failure.code?.isAboutCertificate == true || failure.code == .tls && !failure.isTransient else {
                // A failure to connect says nothing.
                if failure.code == .notTLS { findings.withLock { $0[origin] = .plain } }
                return nil
            }
            throw failure.error("\(origin.authority) does not speak plain HTTP but TLS")
        }
        findings.withLock { $0[origin] = .secure }
        return secure
    }

    private static func secured(_ origin: Origin) -> Origin {
        Origin(scheme: .https, host: origin.host, port: origin.port)
    }
}
