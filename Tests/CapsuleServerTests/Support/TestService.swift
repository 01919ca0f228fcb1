import CapsuleCore
import CapsuleServer
import CapsuleTestSupport
import DeliveryConfiguration
import Documents
import GitOps
import Logging
import OCI
import Processes
import Rendering
import Synchronization

/// A service in this process, on a free port.
struct TestService: Sendable {
    let tester: HTTPTester
    let registry: TestRegistry
    let directory: String
    let log: LogLines
    /// The clock of the service, which moves only when a test advances it.
    let clock: TestClock

    var port: Int { tester.port }

    /// The port for probes and metrics, which the log names.
    var health: HTTPTester {
        get throws {
            for line in log.all where line.contains("listening for probes") {
                let port = try JSONParser.parse(Array(line.utf8), file: "log")["port"]?.int
                if let port { return HTTPTester(port: Int(port)) }
            }
            throw ToolFailure(description: "there is no port for probes: \(log.all.joined())")
        }
    }

    func verify(_ document: JSONValue) async throws -> HTTPReply { try await tester.post("/verify", document) }
}

/// What a service logs.
final class LogLines: Sendable {
    private let lines = Mutex<[String]>([])

    func add(_ line: String) { lines.withLock { $0.append(line) } }
    var all: [String] { lines.withLock { $0 } }
}

/// Ends when it is told to.
final class Signal: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream(of: Void.self) }
    func give() { continuation.finish() }
    func wait() async { for await _ in stream {} }
}

/// Waits for a state that another thread or process brings about.
func eventually(_ what: String, _ isTrue: () async throws -> Bool) async throws {
    for _ in 0..<4_000 {
        if try await isTrue() { return }
        try await Task.sleep(for: .milliseconds(5))
    }
    throw ToolFailure(description: "this did not happen within 20 seconds: \(what)")
}

let testToken = "a-token-of-32-bytes-for-the-tests"

/// Runs `body` with a service, and stops it.
func withTestService<Result: Sendable>(
    _ releases: [TestRelease], tokens: Bool = false, runner: any CommandRunner = SystemCommandRunner(),
    configure: (inout ServiceConfiguration) throws -> Void = { _ in },
    stop: Signal = Signal(), _ body: @escaping @Sendable (TestService) async throws -> Result
) async throws -> Result {
    try await withTemporaryDirectory { directory in
        var configuration = ServiceConfiguration(
            settings: ServiceSettings(
                allowList: try AllowList(repositories: ["registry.example.com/shop"], remotes: [])),
            cacheDirectory: "\(directory)/cache")
        configuration.port = 0
        configuration.drainTime = .zero
        configuration.graceTime = .seconds(5)
        configuration.allowsAnonymousVerify = !tokens
        if tokens {
            configuration.tokensFile = "\(directory)/tokens.yaml"
            try writeFile("\(directory)/tokens.yaml", "tokens: [{name: test, file: token, roles: [verify, promote]}]\n")
            try writeFile("\(directory)/token", testToken + "\n")
        }
        try configure(&configuration)
        let log = LogLines()
        let lines = JSONLog(now: { 1_767_323_045_678 }, write: { log.add($0) })
        let registry = TestRegistry(releases)
        let clock = TestClock()
        let service = try CapsuleService(
            configuration, opener: registry,
            renderer: Renderer(runner: runner, cache: nil),
            git: Git(runner: runner, environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"]),
            now: { 1_767_323_045 }, clock: clock, logger: lines.logger(level: .debug))
        let (ports, found) = AsyncStream.makeStream(of: Int.self)
        return try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask {
                defer { found.finish() }
                try await service.run(listening: { found.yield($1) }, until: { await stop.wait() })
                return nil
            }
            group.addTask {
                defer { stop.give() }
                for await port in ports {
                    return try await body(
                        TestService(
                            tester: HTTPTester(port: port, token: tokens ? testToken : nil), registry: registry,
                            directory: directory, log: log, clock: clock))
                }
                throw ToolFailure(description: "the service did not start: \(log.all.joined())")
            }
            var result: Result?
            while let next = try await group.next() { result = next ?? result }
            guard let result else { throw ToolFailure(description: "there is no result") }
            return result
        }
    }
}
