/// A certificate that shows a server who we are, and its key.
public struct ClientCertificate: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    let certificates: [UInt8]
    let key: [UInt8]

    /// Reads PEM files: the certificate, then those between it and its authority; and the key, which must not be encrypted.
    /// Whether they belong together is seen at the first handshake.
    ///
    /// - Throws: `HTTPFailure.Code.invalidRequest`; the reason does not name the file.
    public init(certificateFile: String, keyFile: String) throws(HTTPFailure) {
        certificates = try SmallFile.read(certificateFile)
        try PEM.checkCertificates(certificates)
        key = try SmallFile.read(keyFile)
        try PEM.checkKey(key)
    }

    /// Never shown.
    public var description: String { "client certificate" }
    /// Nothing to look into.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
