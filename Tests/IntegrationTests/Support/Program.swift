import CapsuleTestSupport
import FoundationEssentials
import Processes
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The built `capsule`, run as its users run it.
enum CapsuleProgram {
    /// Where it is: `CAPSULE_BINARY`, else next to the test bundle, wherever the build directory is.
    static let path: String = {
        if let path = getenv("CAPSULE_BINARY") { return String(cString: path) }
        var candidates = CommandLine.arguments.filter { $0.hasSuffix(".xctest") || $0.hasSuffix("Tests") }
        candidates.append(CommandLine.arguments.first ?? "")
        if let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") {
            candidates.append(own)
        }
        for candidate in candidates {
            var directory = URL(filePath: candidate).deletingLastPathComponent()
            // On macOS the executable stands inside the bundle.
            for _ in 0..<4 {
                let path = directory.appending(path: "capsule").path
                if access(path, X_OK) == 0, !isDirectory(path) { return path }
                directory = directory.deletingLastPathComponent()
            }
        }
        return "/nonexistent/capsule"
    }()

    private static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Runs it to its end.
    static func run(
        _ arguments: [String], in directory: String? = nil, environment: [String: String] = [:]
    ) async throws -> Outcome {
        // A directory that cannot be created: tests must not share a cache, and root can create any other one.
        let result = try await Tool.run(
            [path] + arguments, in: directory,
            environment: ["XDG_CACHE_HOME": "/dev/null/cache"].merging(environment) { $1 })
        return Outcome(
            status: result.status, output: String(decoding: result.output, as: UTF8.self), errors: result.errorOutput)
    }

    struct Outcome {
        var status: Int32
        var output: String
        var errors: String

        /// Standard output without the line end at its end.
        var line: String { output.hasSuffix("\n") ? String(output.dropLast()) : output }
    }
}

/// Ends the test when a run of `capsule` did not exit with 0, and shows what it printed: what comes after it would only fail
/// for the same reason.
@discardableResult
func expectSuccess(
    _ outcome: CapsuleProgram.Outcome, sourceLocation: SourceLocation = #_sourceLocation
) throws -> CapsuleProgram.Outcome {
    try #require(outcome.status == 0, "\(outcome.output)\(outcome.errors)", sourceLocation: sourceLocation)
    return outcome
}
