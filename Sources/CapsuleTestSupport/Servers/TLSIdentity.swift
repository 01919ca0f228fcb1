package import Cryptography
internal import FoundationEssentials
internal import HTTPServer

/// A key and a self-signed certificate for `127.0.0.1` and `localhost`.
package struct TLSIdentity: Sendable {
    /// The certificate, a PEM file.
    package let certificateFile: String
    /// The key, a PEM file.
    package let keyFile: String
    /// The key.
    package let key: P256PrivateKey

    /// Creates an identity with its files in `directory`.
    ///
    /// - Parameter names: the subject alternative names, as OpenSSL writes them.
    package static func make(
        in directory: String, names: String = "IP:127.0.0.1,DNS:localhost"
    ) async throws -> TLSIdentity {
        let key = P256PrivateKey()
        let identity = TLSIdentity(
            certificateFile: "\(directory)/certificate.pem", keyFile: "\(directory)/key.pem", key: key)
        let text = Data(key.pkcs8).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
        try writeFile(identity.keyFile, "-----BEGIN PRIVATE KEY-----\n\(text)\n-----END PRIVATE KEY-----\n")
        try await Tool.output([
            "openssl", "req", "-x509", "-new", "-key", identity.keyFile, "-out", identity.certificateFile, "-days", "2",
            "-subj", "/CN=capsule tests", "-addext", "subjectAltName=\(names)", "-addext",
            "basicConstraints=critical,CA:TRUE",
        ])
        return identity
    }

    func serverContext() throws -> ServerTLS {
        try ServerTLS(certificateChain: readFile(certificateFile), privateKey: readFile(keyFile))
    }
}
