internal import HTTPClient
internal import Logging
package import OCI
internal import Support
internal import Synchronization

/// The trusted authorities and the client certificate for each origin. Files are read when an origin is first reached, except
/// those of options, which are read at once; and again when they have changed. While a file that changed cannot be used, what was
/// read before stays in use.
package final class RegistryTrust: Sendable {
    /// What the files of options hold.
    private struct Given {
        var authorities: [CertificateAuthorities]
        var clientCertificate: ClientCertificate?
    }

    private struct State {
        /// The states of the files: of those of options at the start, and of all at the last check.
        var revision = ""
        /// The time of the last check; nil before the first. A program without TLS connections never checks.
        var checked: Duration?
        var given: Result<Given, OCIError>?
        var system: Result<[CertificateAuthorities], OCIError>?
        var origins: [HTTPOrigin: Result<HTTPTrust, OCIError>] = [:]
        /// The last trust that could be read.
        var lastValid: [HTTPOrigin: HTTPTrust] = [:]
        var lastValidBundle: Bundle?
        var registries: Set<HTTPOrigin> = []
        /// The problem that was logged last.
        var problem: String?
    }

    /// The minimum time between two checks of the files.
    private static let age: Duration = .seconds(1)

    private let settings: TrustSettings
    private let clock: any RegistryClock
    private let logger: Logger
    private let state: Mutex<State>

    /// - Throws: `OCIError.Code.io` when a file of an option cannot be used.
    package init(_ configuration: RegistryConfiguration) throws(OCIError) {
        settings = configuration.trust
        clock = configuration.clock
        logger = configuration.logger
        // A change while the files are read is found by the first check.
        let revision = Self.revision(settings.optionFiles)
        state = Mutex(State(revision: revision, given: .success(try Self.given(settings))))
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
            refresh(&state)
            if let known = state.origins[origin] { return known }
            var result = Result { () throws(OCIError) in try read(origin, &state) }
            switch result {
            case .success(let trust): state.lastValid[origin] = trust
            case .failure(let error):
                guard let last = state.lastValid[origin] else { break }
                report(error, &state)
                result = .success(last)
            }
            state.origins[origin] = result
            return result
        }.get()
    }

    /// Discards what was read when a file has changed since.
    private func refresh(_ state: inout State) {
        let now = clock.now
        if let checked = state.checked, now - checked < Self.age { return }
        defer { state.checked = now }
        if state.checked == nil, Self.revision(settings.optionFiles) == state.revision {
            // Nothing else was read yet.
            state.revision = Self.revision(settings.files(for: []))
            return
        }
        let revision = Self.revision(settings.files(for: Array(state.origins.keys)))
        guard revision != state.revision else { return }
        state.revision = revision
        (state.given, state.system, state.origins) = (nil, nil, [:])
    }

    private func report(_ error: OCIError, _ state: inout State) {
        guard state.problem != error.message else { return }
        state.problem = error.message
        logger.warning(
            "a file of certificates cannot be read again; what it held before stays trusted",
            metadata: ["reason": "\(error.message)"])
    }

    private static func revision(_ paths: [String]) -> String {
        paths.map { "\($0) \(FileRevision.of($0))" }.joined(separator: "\n")
    }

    private static func given(_ settings: TrustSettings) throws(OCIError) -> Given {
        Given(
            authorities: try settings.authorityFiles.map { file throws(OCIError) in
                try Self.authorities(file, "\(file) is not a readable PEM file of certificate authorities")
            },
            clientCertificate: try settings.clientCertificateFile.map { file throws(OCIError) in
                try Self.certificate(file, key: settings.clientKeyFile ?? file)
            })
    }

    /// What the files of options hold, and those of variables.
    private func common(
        _ state: inout State
    ) throws(OCIError) -> (given: Given, system: [CertificateAuthorities]) {
        let given = state.given ?? Result { () throws(OCIError) in try Self.given(settings) }
        let system = state.system ?? Result { () throws(OCIError) in try systemAuthorities() }
        (state.given, state.system) = (given, system)
        return (try given.get(), try system.get())
    }

    private func read(_ origin: HTTPOrigin, _ state: inout State) throws(OCIError) -> HTTPTrust {
        let (given, system) = try common(&state)
        var authorities = system + given.authorities
        var trust = HTTPTrust()
        trust.includesSystem = settings.includesSystem
        for directory in settings.certificateDirectories {
            for name in TrustSettings.directoryNames(origin) {
                let found = try CertificateDirectory("\(directory)/\(name)")
                authorities += found.authorities
                if trust.clientCertificate == nil { trust.clientCertificate = found.clientCertificate }
            }
        }
        if let clientCertificate = given.clientCertificate, state.registries.contains(origin) {
            trust.clientCertificate = clientCertificate
        }
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

}

extension RegistryTrust {
    /// The authorities that every server is checked with, for a program that reads them from a file.
    package struct Bundle: Sendable {
        /// The certificates.
        package let pem: [UInt8]
        /// False when only these are trusted, and not the system's.
        package let includesSystem: Bool
    }

    /// The system's authorities, those of variables and those of options; nil when only the system's are trusted. Those of
    /// `certs.d` are for single registries.
    ///
    /// - Throws: `OCIError.Code.io` when a file cannot be used; the message names it.
    package func bundle() throws(OCIError) -> Bundle? {
        guard !settings.authorityFiles.isEmpty || settings.systemFile != nil || !settings.systemDirectories.isEmpty
        else { return nil }
        return try state.withLock { state in
            Result { () throws(OCIError) in
                refresh(&state)
                do throws(OCIError) {
                    let (given, system) = try common(&state)
                    let own = CertificateAuthorities(joining: system + given.authorities).pem
                    let bundle = Bundle(
                        pem: (settings.includesSystem ? HTTPTrust.systemBundle + [0x0A] : []) + own,
                        includesSystem: settings.includesSystem)
                    state.lastValidBundle = bundle
                    return bundle
                } catch {
                    guard let last = state.lastValidBundle else { throw error }
                    report(error, &state)
                    return last
                }
            }
        }.get()
    }
}

extension TrustSettings {
    /// False when variables replace the system's authorities.
    fileprivate var includesSystem: Bool { systemFile == nil || systemDirectories.isEmpty }

    /// The files of options.
    fileprivate var optionFiles: [String] {
        authorityFiles + [clientCertificateFile, clientKeyFile].compactMap { $0 }
    }

    /// The files and directories whose change has an effect at these origins. Of a directory, its files are among them: one may be
    /// written anew without a change of the directory.
    fileprivate func files(for origins: [HTTPOrigin]) -> [String] {
        var directories = systemDirectories
        for origin in origins.sorted(by: { ($0.host, $0.port) < ($1.host, $1.port) }) {
            for name in Self.directoryNames(origin) { directories += certificateDirectories.map { "\($0)/\(name)" } }
        }
        return optionFiles + [systemFile].compactMap { $0 }
            + directories.flatMap { directory in
                [directory] + (CertificateDirectory.names(directory) ?? []).map { "\(directory)/\($0)" }
            }
    }

    /// The names of an origin's directories: the port is named, except that of HTTPS, which may be.
    fileprivate static func directoryNames(_ origin: HTTPOrigin) -> [String] {
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
