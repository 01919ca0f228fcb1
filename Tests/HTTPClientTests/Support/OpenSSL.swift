import Foundation
import Synchronization

/// Certificates, and servers with TLS, by the `openssl` command.
enum OpenSSL {
    struct Failure: Error { let output: String }

    /// Blocks.
    static func run(_ arguments: [String], in directory: URL) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.currentDirectoryURL = directory
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure(output: output) }
    }
}

/// A directory with an authority and certificates of it: `good`, `expired`, `othername`, `client`; with an intermediate
/// authority of it, `middle`, and certificates of that: `chained`, and `fetchable`, which says where `middle` can be fetched;
/// and one of an untrusted authority, `stranger`.
final class TestCertificates: Sendable {
    let directory: URL

    private static let made = Result { try TestCertificates() }

    /// Made once for all tests.
    static func shared() async throws -> TestCertificates { try await blocking { try made.get() } }

    func path(_ name: String) -> String { directory.appending(path: name).path(percentEncoded: false) }

    private init() throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "http-client-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        atexit {
            if let made = try? TestCertificates.made.get() { try? FileManager.default.removeItem(at: made.directory) }
        }
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        for authority in ["ca", "otherca"] {
            try OpenSSL.run(
                ["req", "-x509"] + key + [
                    "-keyout", "\(authority).key", "-out", "\(authority).pem", "-subj", "/CN=\(authority)", "-days",
                    "30",
                ],
                in: directory)
        }
        let loopback = "subjectAltName=DNS:localhost,IP:127.0.0.1"
        for (name, extensions, days, authority) in [
            ("good", loopback, "30", "ca"), ("expired", loopback, "-1", "ca"),
            ("othername", "subjectAltName=DNS:elsewhere.example", "30", "ca"),
            ("client", "subjectAltName=DNS:client", "30", "ca"), ("stranger", loopback, "30", "otherca"),
            ("middle", "basicConstraints=critical,CA:TRUE", "30", "ca"), ("chained", loopback, "30", "middle"),
            (
                "fetchable", loopback + "\nauthorityInfoAccess=caIssuers;URI:http://ca.example/middle.der", "30",
                "middle"
            ),
        ] {
            try Data("\(extensions)\n".utf8).write(to: directory.appending(path: "\(name).ext"))
            try OpenSSL.run(
                ["req", "-new"] + key + ["-keyout", "\(name).key", "-out", "\(name).csr", "-subj", "/CN=\(name)"],
                in: directory)
            try OpenSSL.run(
                [
                    "x509", "-req", "-in", "\(name).csr", "-CA", "\(authority).pem", "-CAkey", "\(authority).key",
                    "-CAcreateserial", "-out", "\(name).pem", "-days", days, "-extfile", "\(name).ext",
                ], in: directory)
        }
    }
}

/// `openssl s_server` on a free port. With `-www` it answers every request with a page about the connection, otherwise it prints
/// its input, among messages of its own, and sends its standard input.
final class TLSServer: Sendable {
    let port: Int
    private let process: Process
    private let input = Pipe()
    private let output = Pipe()

    private init(_ certificate: String, _ arguments: [String], _ certificates: TestCertificates) throws {
        process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments =
            [
                "openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", "\(certificate).pem", "-key",
                "\(certificate).key",
            ]
            + arguments
        process.currentDirectoryURL = certificates.directory
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        process.standardInput = input
        try process.run()
        var text = ""
        var port: Int?
        while port == nil {
            let data = output.fileHandleForReading.availableData
            guard !data.isEmpty else { throw OpenSSL.Failure(output: text) }
            text += String(decoding: data, as: UTF8.self)
            if let line = text.split(separator: "\n").first(where: { $0.hasPrefix("ACCEPT ") }), text.hasSuffix("\n") {
                port = line.split(separator: ":").last.flatMap { Int($0) }
            }
        }
        self.port = port ?? 0
    }

    /// The bytes that the client has sent, without TLS.
    func receive(until end: String) async throws -> String {
        try await blocking {
            var text = ""
            while !text.contains(end) {
                let data = self.output.fileHandleForReading.availableData
                guard !data.isEmpty else { throw OpenSSL.Failure(output: text) }
                text += String(decoding: data, as: UTF8.self)
            }
            return text
        }
    }
    func kill() { _ = Foundation.kill(process.processIdentifier, SIGKILL) }
    func send(_ text: String) throws { try input.fileHandleForWriting.write(contentsOf: Data(text.utf8)) }

    static func run<Result>(
        _ certificate: String = "good", _ arguments: [String] = ["-www"], _ body: (TLSServer) async throws -> Result
    ) async throws -> Result {
        let certificates = try await TestCertificates.shared()
        let server = try await blocking { try TLSServer(certificate, arguments, certificates) }
        defer { server.kill() }
        return try await body(server)
    }
}
