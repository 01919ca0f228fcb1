internal import FoundationEssentials
internal import Processes

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// How a test's registry wants its clients to log in.
public enum RegistryAuthentication: Sendable {
    /// Not at all.
    case none
    /// With a user name and a password in every request.
    case basic(user: String, password: String)
    /// With tokens of a token server, which wants this user name and password; reading is free.
    case token(user: String, password: String, anonymousPull: Bool)
}

/// Debian's registry, running on loopback.
public struct DockerRegistry: Sendable {
    /// `127.0.0.1:PORT`, as it stands in names of repositories.
    public let host: String
    /// Its port.
    public let port: Int
    /// The directory where it keeps everything.
    public let storage: String
    /// What its token server received; empty without one.
    public let tokenRequests: @Sendable () -> [ReceivedRequest]
    /// The certificate to trust, a PEM file; nil without TLS.
    public let certificateFile: String?

    /// `127.0.0.1:PORT/NAME`
    public func repository(_ name: String) -> String { "\(host)/\(name)" }
}

/// Runs `body` with Debian's registry on a free loopback port, empty, and stops it afterwards.
///
/// Tests that use it say `.enabled(if: Tool.exists("docker-registry"))`.
public func withDockerRegistry<Result: Sendable>(
    authentication: RegistryAuthentication = .none, tls: Bool = false,
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
            in: directory, settings: settings, identity: certificate, tokenRequests: { [] }, body)
    }
}

private func run<Result: Sendable>(
    in directory: String, settings: String, identity: TLSIdentity?,
    tokenRequests: @escaping @Sendable () -> [ReceivedRequest],
    _ body: @Sendable (DockerRegistry) async throws -> Result
) async throws -> Result {
    let storage = "\(directory)/storage"
    let tls = identity.map { ", tls: {certificate: \($0.certificateFile), key: \($0.keyFile)}" } ?? ""
    try writeFile(
        "\(directory)/config.yml",
        """
        version: 0.1
        log: {level: info, formatter: json, accesslog: {disabled: true}}
        storage: {filesystem: {rootdirectory: \(storage)}, delete: {enabled: true}}
        http: {addr: "127.0.0.1:0", secret: capsule-tests\(tls)}
        \(settings)
        """)
    let log = "\(directory)/registry.log"
    // The registry stops when the other end of its leash is let go, which also happens when the tests die.
    let leash = try Leash("\(directory)/leash")
    let script = """
        docker-registry serve "$1" >"$2" 2>&1 &
        read -r _ <"$3"
        kill -9 $!
        wait $!
        """
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
            _ = try? await SystemCommandRunner().run(
                Command(
                    "sh", ["-c", script, "sh", "\(directory)/config.yml", log, leash.path],
                    environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"], deadline: .seconds(3600)))
        }
        defer { leash.release() }
        let port: Int
        do {
            port = try await waitForPort(log)
        } catch {
            // The shell may not have got hold of the leash.
            group.cancelAll()
            throw error
        }
        return try await body(
            DockerRegistry(
                host: "127.0.0.1:\(port)", port: port, storage: storage, tokenRequests: tokenRequests,
                certificateFile: identity?.certificateFile))
    }
}

/// A named pipe that this process holds open: a reader waits until it is let go.
private struct Leash {
    let path: String
    private let descriptor: Int32

    init(_ path: String) throws {
        self.path = path
        guard mkfifo(path, 0o600) == 0 else { throw ToolFailure(description: "cannot make \(path)") }
        // Open for both, so that this does not wait for the reader.
        descriptor = open(path, O_RDWR | O_CLOEXEC)
    }

    func release() { close(descriptor) }
}

/// The port, once the registry's log says that it listens: it takes connections from then on.
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
