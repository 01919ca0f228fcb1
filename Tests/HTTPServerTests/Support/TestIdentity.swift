import Glibc

@testable import HTTPServer

/// A key and a certificate that it signed itself, for 127.0.0.1; made by `openssl`.
struct TestIdentity: Sendable {
    let certificate: [UInt8]
    let key: [UInt8]

    /// Two that differ.
    static let (first, second) = (make("first"), make("second"))

    func tls() throws -> ServerTLS { try ServerTLS(certificateChain: certificate, privateKey: key) }

    private static func make(_ name: String) -> TestIdentity {
        var template = Array("/tmp/http-server-tests-XXXXXX".utf8CString)
        guard let path = mkdtemp(&template) else { preconditionFailure("no directory") }
        let directory = String(cString: path)
        defer { system("rm -r \(directory)") }
        let status = system(
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 2 -subj /CN=\(name) "
                + "-addext subjectAltName=IP:127.0.0.1 -keyout \(directory)/key.pem -out \(directory)/certificate.pem "
                + "2>/dev/null")
        precondition(status == 0, "openssl cannot make a certificate")
        return TestIdentity(
            certificate: content("\(directory)/certificate.pem"), key: content("\(directory)/key.pem"))
    }

    private static func content(_ path: String) -> [UInt8] {
        guard let file = fopen(path, "r") else { return [] }
        defer { fclose(file) }
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        let count = fread(&buffer, 1, buffer.count, file)
        return Array(buffer[..<count])
    }
}
