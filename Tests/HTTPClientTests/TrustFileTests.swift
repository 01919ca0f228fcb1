import Foundation
import HTTPClient
import Testing

@Suite("Files of certificates")
struct TrustFileTests {
    private func code(_ file: String) -> HTTPFailure? {
        do { _ = try CertificateAuthorities(file: file) } catch { return error }
        return nil
    }

    private func withFile(_ content: String, _ body: (String) throws -> Void) throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "trust-\(UUID().uuidString).pem")
        try Data(content.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        try body(file.path(percentEncoded: false))
    }

    private func pem(_ name: String) async throws -> String {
        try String(contentsOfFile: try await TestCertificates.shared().path(name), encoding: .utf8)
    }

    @Test("are accepted with one certificate or more, with text around them and either line end")
    func good() async throws {
        let one = try await pem("ca.pem")
        let two = try await pem("otherca.pem")
        for content in [
            one, one + two, "# comment\n\n" + one + "more text\n" + two,
            one.replacingOccurrences(of: "\n", with: "\r\n"),
            one.replacingOccurrences(of: "BEGIN CERT", with: "BEGIN TRUSTED CERT")
                .replacingOccurrences(of: "END CERT", with: "END TRUSTED CERT"),
        ] {
            try withFile(content) { #expect(code($0) == nil) }
        }
    }

    @Test(
        "of the system are accepted",
        .enabled(if: FileManager.default.fileExists(atPath: "/etc/ssl/certs/ca-certificates.crt")))
    func system() {
        #expect(code("/etc/ssl/certs/ca-certificates.crt") == nil)
    }

    @Test("that are damaged or contain no certificate are rejected, with the reason")
    func bad() async throws {
        let one = try await pem("ca.pem")
        let lines = one.split(separator: "\n")
        let cases: [(String, String)] = [
            ("", "empty"), ("rubbish", "no certificate"), (try await pem("ca.key"), "no certificate"),
            ("\u{0}\u{1}\u{2}", "no certificate"), (lines.dropLast().joined(separator: "\n"), "damaged"),
            ((lines.prefix(3) + lines.suffix(1)).joined(separator: "\n"), "damaged"),
            (lines[0] + "\nrubbish!\n" + lines[lines.count - 1], "damaged"),
            (lines[0] + "\n" + lines[lines.count - 1], "damaged"),
            (lines[0] + "\nAAAA\n" + lines[lines.count - 1], "damaged"),
            (one + lines[0] + "\n" + one, "damaged"),
            (one.replacingOccurrences(of: "END CERT", with: "END OTHER"), "damaged"),
        ]
        for (content, word) in cases {
            try withFile(content) { file in
                let failure = code(file)
                #expect(failure?.code == .invalidRequest)
                #expect(failure?.reason.contains(word) == true, "\(content.prefix(80)): \(String(describing: failure))")
                #expect(failure?.reason.contains(file) == false)
            }
        }
    }

    @Test("that cannot be read are rejected", arguments: ["/", "/nowhere/ca.pem", "/dev/null", "/dev/zero"])
    func unreadable(file: String) { #expect(code(file)?.code == .invalidRequest) }

    @Test("that are pipes are rejected without waiting")
    func pipe() {
        let path = FileManager.default.temporaryDirectory.appending(path: "trust-\(UUID().uuidString)").path(
            percentEncoded: false)
        #expect(mkfifo(path, 0o600) == 0)
        defer { unlink(path) }
        #expect(code(path)?.reason == "it is not a file")
    }

    @Test("of 4 MiB at most are read", arguments: [(4 << 20, true), (4 << 20 + 1, false)])
    func sizes(size: Int, fits: Bool) async throws {
        let one = try await pem("ca.pem")
        let line = String(decoding: [UInt8](repeating: 0x23, count: size - one.utf8.count - 1), as: UTF8.self)
        try withFile(line + "\n" + one) { file in
            let failure = code(file)
            #expect(fits ? failure == nil : failure?.reason.contains("4194304 bytes") == true)
        }
    }

    @Test("of a client require a usable key")
    func client() async throws {
        let certificates = try await TestCertificates.shared()
        func code(_ key: String) -> HTTPFailure.Code? {
            do { _ = try ClientCertificate(certificateFile: certificates.path("client.pem"), keyFile: key) } catch {
                return error.code
            }
            return nil
        }
        #expect(code(certificates.path("client.key")) == nil)
        #expect(code(certificates.path("client.pem")) == .invalidRequest)
        for (name, extra) in [("new", ["-topk8"]), ("old", ["-traditional", "-aes128"])] {
            let command = name == "new" ? ["pkcs8"] + extra : ["ec"] + extra.dropFirst()
            try await blocking {
                try OpenSSL.run(
                    command + ["-in", "client.key", "-out", "\(name).key", "-passout", "pass:secret"],
                    in: certificates.directory)
            }
            #expect(code(certificates.path("\(name).key")) == .invalidRequest)
        }
    }
}
