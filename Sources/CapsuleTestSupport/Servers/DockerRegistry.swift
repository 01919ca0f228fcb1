internal import FoundationEssentials
internal import Processes
internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// The login that a test's registry requires.
package enum RegistryAuthentication: Sendable {
    /// None.
    case none
    /// A user name and a password in every request.
    case basic(user: String, password: String)
    /// Tokens of a token server, which requires this user name and password, except for reading when `anonymousPull` is true.
    case token(user: String, password: String, anonymousPull: Bool)
}

/// Debian's registry, running on loopback.
package struct DockerRegistry: Sendable {
    /// `127.0.0.1:PORT`, as names of repositories begin.
    package let host: String
    /// What the names of this test's repositories begin with: `host`, in a shared registry followed by a path that only this
    /// test has.
    package let address: String
    /// Its port.
    package let port: Int
    /// The directory where it keeps everything.
    package let storage: String
    /// What its token server received; empty without one.
    package let tokenRequests: @Sendable () -> [ReceivedRequest]
    /// The certificate to trust, a PEM file; nil without TLS.
    package let certificateFile: String?
    /// The key of that certificate, a PEM file; nil without TLS.
    package var keyFile: String?

    /// The full name of a repository of this test.
    package func repository(_ name: String) -> String { "\(address)/\(name)" }

    /// The directory where it keeps a repository of this test.
    package func directory(of name: String) -> String {
        "\(storage)/docker/registry/v2/repositories\(repository(name).dropFirst(host.utf8.count))"
    }
}

/// Runs `body` with the registry that the tests of this process share. A test sees no repository of another one, unless it
/// names it; a test that needs a login, TLS or the registry's files uses `withDockerRegistry`.
///
/// Tests that use it say `.needs("docker-registry")`.
package func withSharedRegistry<Result: Sendable>(
    _ body: @Sendable (DockerRegistry) async throws -> Result
) async throws -> Result {
    let shared = try await sharedRegistry.value("shared", startShared)
    let number = tests.withLock { number in
        number += 1
        return number
    }
    return try await body(
        DockerRegistry(
            host: shared.host, address: "\(shared.host)/t\(number)", port: shared.port, storage: shared.storage,
            tokenRequests: { [] }, certificateFile: nil))
}

private let sharedRegistry = Once<String, DockerRegistry>()
private let tests = Mutex(0)

/// Starts a registry that ends with this process, and then removes its directory.
private func startShared() async throws -> DockerRegistry {
    let directory = FileManager.default.temporaryDirectory.path + "/capsule-tests-registry-\(UUID().uuidString)"
    let (_, command) = try prepare(in: directory, settings: "", identity: nil, then: "rm -rf \"$1\"")
    Task.detached { try await SystemCommandRunner().run(command) }
    let port = try await waitForPort("\(directory)/registry.log")
    return DockerRegistry(
        host: "127.0.0.1:\(port)", address: "127.0.0.1:\(port)", port: port, storage: "\(directory)/storage",
        tokenRequests: { [] }, certificateFile: nil)
}

/// Runs `body` with Debian's registry on a free loopback port, empty, and stops it afterwards.
///
/// Tests that use it say `.needs("docker-registry")`.
///
/// - Parameter requiresClientCertificate: true to require TLS clients to have the registry's own certificate.
package func withDockerRegistry<Result: Sendable>(
    authentication: RegistryAuthentication = .none, tls: Bool = false, requiresClientCertificate: Bool = false,
    _ body: @Sendable (DockerRegistry) async throws -> Result
) async throws -> Result {
    try await withTemporaryDirectory { directory in
        let certificate = tls ? try await TLSIdentity.make(in: directory) : nil
        var settings = ""
        switch authentication {
        case .none:
            break
        case .basic(let user, let password):
            let entry = try await Tool.output(["htpasswd", "-Bbni", user], input: Array(password.utf8))
            try writeFile("\(directory)/htpasswd", entry + "\n")
            settings = "auth: {htpasswd: {realm: capsule-tests, path: \(directory)/htpasswd}}\n"
        case .token(let user, let password, let anonymousPull):
            let signer: TLSIdentity
            if let certificate { signer = certificate } else { signer = try await TLSIdentity.make(in: directory) }
            let issuer = TokenIssuer(
                user: user, password: password, identity: signer, allowsAnonymousPull: anonymousPull)
            // A registry with TLS may only send clients to a token server with TLS.
            return try await withScriptedServer(tls: certificate, answer: { try issuer.answer($0) }) { server in
                let service = TokenIssuer.service
                let settings = """
                    auth: {token: {realm: "\(server.origin)/token", service: \(service), issuer: \(service), \
                    rootcertbundle: \(signer.certificateFile)}}

                    """
                return try await run(
                    in: directory, settings: settings, identity: certificate, tokenRequests: { server.requests }, body)
            }
        }
        return try await run(
            in: directory, settings: settings, identity: certificate,
            requiresClientCertificate: requiresClientCertificate, tokenRequests: { [] }, body)
    }
}

/// Writes the registry's configuration.
///
/// - Parameter script: what to do after the registry has ended.
private func prepare(
    in directory: String, settings: String, identity: TLSIdentity?, requiresClientCertificate: Bool = false,
    then script: String = ":"
) throws -> (leash: Leash, command: Command) {
    let tls =
        identity.map { identity in
            let clients = requiresClientCertificate ? ", clientcas: [\(identity.certificateFile)]" : ""
            return ", tls: {certificate: \(identity.certificateFile), key: \(identity.keyFile)\(clients)}"
        } ?? ""
    try writeFile(
        "\(directory)/config.yml",
        """
        version: 0.1
        log: {level: info, formatter: json, accesslog: {disabled: true}}
        storage: {filesystem: {rootdirectory: \(directory)/storage}, delete: {enabled: true}}
        http: {addr: "127.0.0.1:0", secret: capsule-tests\(tls)}
        \(settings)
        """)
    // The registry ends when this process closes the leash, which the system does when the process dies.
    let leash = try Leash("\(directory)/leash")
    let lines = """
        docker-registry serve "$1/config.yml" >"$1/registry.log" 2>&1 &
        read -r _ <"$1/leash"
        kill -9 $!
        wait $!
        \(script)
        """
    return (
        leash,
        Command(
            "sh", ["-c", lines, "sh", directory],
            // A program in Go whose heap is small collects garbage most of the time otherwise.
            environment: ["PATH": "/usr/local/bin:/usr/bin:/bin", "GOGC": "1000"],
            deadline: .seconds(3600))
    )
}

private func run<Result: Sendable>(
    in directory: String, settings: String, identity: TLSIdentity?, requiresClientCertificate: Bool = false,
    tokenRequests: @escaping @Sendable () -> [ReceivedRequest],
    _ body: @Sendable (DockerRegistry) async throws -> Result
) async throws -> Result {
    let (leash, command) = try prepare(
        in: directory, settings: settings, identity: identity, requiresClientCertificate: requiresClientCertificate)
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { _ = try? await SystemCommandRunner().run(command) }
        defer { leash.release() }
        let port: Int
        do {
            port = try await waitForPort("\(directory)/registry.log")
        } catch {
            // The shell may not have opened the leash yet.
            group.cancelAll()
            throw error
        }
        return try await body(
            DockerRegistry(
                host: "127.0.0.1:\(port)", address: "127.0.0.1:\(port)", port: port, storage: "\(directory)/storage",
                tokenRequests: tokenRequests, certificateFile: identity?.certificateFile, keyFile: identity?.keyFile))
    }
}

/// A named pipe that this process holds open: a reader waits until it is closed.
private struct Leash {
    let path: String
    private let descriptor: Int32

    init(_ path: String) throws {
        self.path = path
        guard mkfifo(path, 0o600) == 0 else { throw ToolFailure(description: "cannot make \(path)") }
        // Opened for reading and writing, so that opening does not wait for the reader.
        descriptor = open(path, O_RDWR | O_CLOEXEC)
    }

    func release() { close(descriptor) }
}

/// Returns the port when the registry's log says that it listens.
private func waitForPort(_ log: String) async throws -> Int {
    for _ in 0..<600 {
        let text = (try? readFile(log)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        for line in text.split(separator: "\n") {
            guard let marker = line.firstRange(of: "listening on 127.0.0.1:") else { continue }
            let digits = line[marker.upperBound...].prefix { $0.isNumber }
            if let port = Int(digits), line.endIndex > digits.endIndex { return port }
        }
        if text.contains("\"level\":\"fatal\"") { throw ToolFailure(description: "docker-registry: \(text)") }
        try await Task.sleep(for: .milliseconds(20))
    }
    throw ToolFailure(description: "docker-registry did not start within 12 seconds")
}
