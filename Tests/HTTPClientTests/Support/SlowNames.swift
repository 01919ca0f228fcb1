import Foundation

/// A process of these tests in which the lookup of one name takes a minute, and the environment names an unreachable proxy.
/// A preloaded library replaces the system's resolver.
enum SlowNames {
    static let name = "slow-name.invalid"
    private static let variable = "SLOW_NAMES"

    /// True in that process.
    static var areHere: Bool { ProcessInfo.processInfo.environment[variable] != nil }

    private static let source = """
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <netdb.h>
        #include <string.h>
        #include <unistd.h>
        int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **result) {
            if (node && strcmp(node, "\(name)") == 0) {
                sleep(60);
                return EAI_AGAIN;
            }
            int (*next)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
            *(void **)&next = dlsym(RTLD_NEXT, "getaddrinfo");
            return next(node, service, hints, result);
        }
        """

    /// Runs the tests with matching names in such a process, and returns its output and true when all passed. Blocks.
    static func run(_ filter: String) throws -> (output: String, passed: Bool) {
        let directory = FileManager.default.temporaryDirectory.appending(path: "slow-names-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let file = directory.appending(path: "slow.c")
        let library = directory.appending(path: "slow.so")
        try Data(source.utf8).write(to: file)
        let compiler = try execute(
            "clang", ["-shared", "-fPIC", "-o", library.path(percentEncoded: false), file.path(percentEncoded: false)])
        guard compiler.passed else { return compiler }
        let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return try execute(
            tests, ["--testing-library", "swift-testing", "--filter", filter],
            ["LD_PRELOAD": library.path(percentEncoded: false), variable: "1", "http_proxy": "http://127.0.0.1:1"])
    }

    private static func execute(
        _ program: String, _ arguments: [String], _ environment: [String: String] = [:]
    ) throws -> (output: String, passed: Bool) {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [program] + arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (output, process.terminationStatus == 0)
    }
}
