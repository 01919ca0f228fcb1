import CapsuleCore
import CapsuleTestSupport
import Documents
import OCI

/// The built `capsule serve`, as a process of its own.
struct ServiceProcess: Sendable {
    static let token = "the-token-of-a-test-with-all-the-roles"

    let tester: HTTPTester
    let pid: String
    let directory: String

    /// What it logged so far.
    var log: String { (try? readFile("\(directory)/err")).map { String(decoding: $0, as: UTF8.self) } ?? "" }

    func signal(_ name: String) async throws { _ = try await Tool.run(["sh", "-c", "kill -s \(name) \(pid)"]) }

    /// The exit status, once it has ended.
    func status() async throws -> String {
        for _ in 0..<1_500 {
            if let bytes = try? readFile("\(directory)/status"), !bytes.isEmpty {
                return String(decoding: bytes, as: UTF8.self).split(separator: "\n").joined()
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        return "running"
    }

    /// Asks until the promotion has ended.
    func promote(_ order: JSONValue) async throws -> HTTPReply {
        for _ in 0..<600 {
            let reply = try await tester.post("/v1/promotions", order)
            if reply.status != 202 && reply.status != 409 { return reply }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw ToolFailure(description: "the promotion did not end: \(log)")
    }

    /// Waits for a promotion that is under way.
    func wait(for id: String) async throws -> HTTPReply {
        for _ in 0..<600 {
            let reply = try await tester.get("/v1/promotions/\(id)")
            if reply.status != 202 { return reply }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw ToolFailure(description: "the promotion did not end: \(log)")
    }

    /// The address of its routes.
    var url: String { "http://127.0.0.1:\(tester.port)" }

    /// Runs `body` with a service for a shop, and stops it.
    ///
    /// - Parameter name: the directory, in the shop, of what it keeps; the same name finds it again.
    static func with<Result: Sendable>(
        _ served: ServedShop, name: String = "service", options: [String] = [], tokens: String? = nil,
        environment: [String: String] = [:], _ body: @escaping @Sendable (ServiceProcess) async throws -> Result
    ) async throws -> Result {
        try await with(
            ["--allow-repository", served.registry.address, "--allow-remote", served.gitops] + options,
            in: "\(served.shop.directory)/\(name)", tokens: tokens,
            environment: ["HOME": served.shop.directory].merging(environment) { $1 }, body)
    }

    /// Runs `body` with a service, and stops it.
    ///
    /// - Parameters:
    ///   - options: what is allowed, and anything else.
    ///   - directory: of what it keeps.
    ///   - wrapper: a program, with arguments, that executes the service in its own place.
    static func with<Result: Sendable>(
        _ options: [String], in directory: String, under wrapper: [String] = [], tokens: String? = nil,
        environment: [String: String],
        _ body: @escaping @Sendable (ServiceProcess) async throws -> Result
    ) async throws -> Result {
        for file in ["out", "err", "pid", "status"] { try writeFile("\(directory)/\(file)", "") }
        try writeFile("\(directory)/token", token)
        try writeFile(
            "\(directory)/tokens.yaml", tokens ?? "tokens: [{name: test, file: token, roles: [verify, promote]}]\n")
        let command =
            wrapper + [
                CapsuleProgram.path, "serve", "--listen", "127.0.0.1:0", "--tokens", "\(directory)/tokens.yaml",
                "--cache-dir", "\(directory)/cache", "--drain", "0",
            ] + options
        let script = """
            directory=$1; shift
            "$@" >"$directory/out" 2>"$directory/err" & pid=$!
            echo $pid >"$directory/pid"
            wait $pid
            echo $? >"$directory/status"
            """
        return try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask {
                _ = try await Tool.run(["sh", "-c", script, "sh", directory] + command, environment: environment)
                return nil
            }
            group.addTask {
                let service = try await started(directory)
                do {
                    let result = try await body(service)
                    try await service.signal("TERM")
                    return result
                } catch {
                    try await service.signal("KILL")
                    throw error
                }
            }
            var result: Result?
            while let next = try await group.next() { result = next ?? result }
            guard let result else { throw ToolFailure(description: "the service has ended") }
            return result
        }
    }

    private static func started(_ directory: String) async throws -> ServiceProcess {
        for _ in 0..<1_000 {
            let line = String(decoding: try readFile("\(directory)/out"), as: UTF8.self)
            if line.hasSuffix("\n"), let port = line.split(separator: ":").last.flatMap({ Int($0.dropLast()) }) {
                let pid = String(decoding: try readFile("\(directory)/pid"), as: UTF8.self).dropLast()
                return ServiceProcess(
                    tester: HTTPTester(port: port, token: token), pid: String(pid), directory: directory)
            }
            if try !readFile("\(directory)/status").isEmpty { break }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw ToolFailure(
            description:
                "the service did not start: \(String(decoding: try readFile("\(directory)/err"), as: UTF8.self))")
    }
}
