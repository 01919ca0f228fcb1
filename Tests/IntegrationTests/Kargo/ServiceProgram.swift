import CapsuleTestSupport
import Processes

/// The built service, run as its users run it, on a free port of this machine.
enum ServiceProgram {
    static let token = "a-token-of-the-tests"

    /// Runs `body` while `capsule serve` answers, and stops it afterwards.
    ///
    /// - Parameter arguments: what is allowed.
    static func with<Result: Sendable>(
        _ arguments: [String], in directory: String, _ body: @Sendable (_ url: String) async throws -> Result
    ) async throws -> Result {
        try writeFile("\(directory)/token", token)
        try writeFile(
            "\(directory)/tokens.yaml",
            "tokens:\n  - {name: kargo, file: \(directory)/token, roles: [verify, promote]}\n")
        let command =
            [CapsuleProgram.path, "serve", "--listen", "127.0.0.1:0", "--tokens", "\(directory)/tokens.yaml"]
            + ["--cache-dir", "\(directory)/service", "--drain", "0"] + arguments
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                _ = try await Tool.run(
                    ["sh", "-c", "out=$1; err=$2; shift 2; exec \"$@\" >\"$out\" 2>\"$err\"", "sh"]
                        + ["\(directory)/address", "\(directory)/service.log"] + command,
                    environment: [
                        "HOME": "\(directory)/home",
                        "PATH": try await Tool.output(["sh", "-c", "echo $PATH"]),
                    ])
            }
            defer { group.cancelAll() }
            for _ in 0..<600 {
                let text = (try? readFile("\(directory)/address")).map { String(decoding: $0, as: UTF8.self) } ?? ""
                if text.hasSuffix("\n") { return try await body("http://\(text.dropLast())") }
                try await Task.sleep(for: .milliseconds(50))
            }
            let log = (try? readFile("\(directory)/service.log")).map { String(decoding: $0, as: UTF8.self) } ?? ""
            throw ToolFailure(description: "the service did not start: \(log)")
        }
    }
}
