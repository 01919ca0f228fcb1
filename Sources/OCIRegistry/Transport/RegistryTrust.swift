internal import HTTPClient
internal import OCI
internal import Support
internal import Synchronization

/// The trusted authorities and the client certificate for each origin. Files are read when an origin is first reached, except
/// those of options, which are read at once.
final class RegistryTrust: Sendable {
    private struct State {
        var system: Result<[CertificateAuthorities], OCIError>?
        var origins: [HTTPOrigin: Result<HTTPTrust, OCIError>] = [:]
        var registries: Set<HTTPOrigin> = []
    }

    private let settings: TrustSettings
    private let given: [CertificateAuthorities]
    private let clientCertificate: ClientCertificate?
    private let state = Mutex(State())

    /// - Throws: `OCIError.Code.io` when a file of an option cannot be used.
    init(_ settings: TrustSettings) throws(OCIError) {
        self.settings = settings
        given = try settings.authorityFiles.map { file throws(OCIError) in
            try Self.authorities(file, "\(file) is not a readable PEM file of certificate authorities")
        }
        clientCertificate = try settings.clientCertificateFile.map { file throws(OCIError) in
            try Self.certificate(file, key: settings.clientKeyFile ?? file)
        }
    }

    /// Permits an origin to get the client certificate of the options, because a registry there was named.
    func permit(_ registry: Origin) {
        // A registry on this machine may be found to speak TLS.
        let origin = HTTPOrigin(scheme: .https, host: registry.host, port: registry.port)
        state.withLock { state in
            guard state.registries.insert(origin).inserted else { return }
            state.origins[origin] = nil
        }
    }

    /// The trust for an origin.
    ///
    /// - Throws: `OCIError.Code.io` when a file cannot be used; the message names it.
    func trust(for origin: HTTPOrigin) throws(OCIError) -> HTTPTrust {
        guard origin.scheme == .https else { return .system }
        return try state.withLock { state in
            if let known = state.origins[origin] { return known }
            let result = Result { () throws(OCIError) in try read(origin, &state) }
            state.origins[origin] = result
            return result
        }.get()
    }

    private func read(_ origin: HTTPOrigin, _ state: inout State) throws(OCIError) -> HTTPTrust {
        let system = state.system ?? Result { () throws(OCIError) in try systemAuthorities() }
        state.system = system
        var authorities = try system.get() + given
        var trust = HTTPTrust()
        trust.includesSystem = settings.systemFile == nil || settings.systemDirectories.isEmpty
        for directory in settings.certificateDirectories {
            for name in Self.directoryNames(origin) {
                let found = try CertificateDirectory("\(directory)/\(name)")
                authorities += found.authorities
                if trust.clientCertificate == nil { trust.clientCertificate = found.clientCertificate }
            }
        }
        if let clientCertificate, state.registries.contains(origin) { trust.clientCertificate = clientCertificate }
        if !authorities.isEmpty || !trust.includesSystem {
            trust.authorities = CertificateAuthorities(joining: authorities)
        }
        return trust
    }

    /// The authorities of `SSL_CERT_FILE` and `SSL_CERT_DIR`.
    private func systemAuthorities() throws(OCIError) -> [CertificateAuthorities] {
        var found: [CertificateAuthorities] = []
        if let file = settings.systemFile, file != HTTPTrust.systemFile || !settings.systemDirectories.isEmpty {
            found.append(try Self.authorities(file, "SSL_CERT_FILE: \(file) is not a readable file of certificates"))
        }
        var isRead = settings.systemDirectories.isEmpty
        for directory in settings.systemDirectories {
            guard let names = CertificateDirectory.names(directory) else { continue }
            isRead = true
            // Such directories have other files too.
            found += names.compactMap { try? CertificateAuthorities(file: "\(directory)/\($0)") }
        }
        guard isRead else {
            throw OCIError(
                .io, "SSL_CERT_DIR: \(settings.systemDirectories.joined(separator: ":")) is not a readable directory")
        }
        return found
    }

    static func authorities(_ file: String, _ problem: String) throws(OCIError) -> CertificateAuthorities {
        do { return try CertificateAuthorities(file: file) } catch {
            throw OCIError(.io, "\(problem): \(error.reason)", cause: error)
        }
    }

    static func certificate(_ file: String, key: String) throws(OCIError) -> ClientCertificate {
        do { return try ClientCertificate(certificateFile: file, keyFile: key) } catch {
            let files = file == key ? file : "\(file) and \(key)"
            throw OCIError(
                .io, "\(files) cannot be used as client certificate and key: \(error.reason)", cause: error)
        }
    }

    /// The names of an origin's directories: the port is named, except that of HTTPS, which may be.
    private static func directoryNames(_ origin: HTTPOrigin) -> [String] {
        let host = origin.host.contains(":") ? "[\(origin.host)]" : origin.host
        guard origin.port == 443 else { return ["\(host):\(origin.port)"] }
        // Names of Docker Hub contain another host than its API.
        return [host, "\(host):443"] + (RegistryName.isDockerHub(host) ? ["docker.io"] : [])
    }
}

extension Origin {
    /// The origin as a value of the HTTP client.
    var http: HTTPOrigin { HTTPOrigin(scheme: scheme == .https ? .https : .http, host: host, port: port) }
}
