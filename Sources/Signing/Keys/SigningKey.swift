internal import Cryptography
internal import Support

/// A private ECDSA P-256 key. Neither its description nor its reflection contains the secret.
public struct SigningKey: Sendable, CustomStringConvertible, CustomReflectable {
    private let key: P256PrivateKey

    /// Generates a key.
    public init() { key = P256PrivateKey() }

    private init(_ key: P256PrivateKey) { self.key = key }

    /// Reads a PEM file with one private key: cosign's encrypted form, or PKCS#8 or SEC 1 in the clear.
    ///
    /// - Parameters:
    ///   - file: the name of the file in messages.
    ///   - password: called only for an encrypted key.
    /// - Throws: `SigningError`, and what `password` throws.
    public init(pem content: [UInt8], file: String, password: () throws -> [UInt8]) throws {
        let blocks = try KeyFile.blocks(content, file: file).filter { $0.label != "EC PARAMETERS" }
        guard let block = blocks.first, blocks.count == 1 else {
            throw SigningError(.invalidKey, "\(file) holds \(blocks.count) PEM blocks; a private key file holds one")
        }
        switch block.label {
        case EncryptedKey.label, EncryptedKey.olderLabel:
            let encrypted = try EncryptedKey(block.bytes, file: file)
            self = try SigningKey(pkcs8: encrypted.open(password: try password(), file: file), file: file)
        case "PRIVATE KEY":
            self = try SigningKey(pkcs8: block.bytes, file: file)
        case "EC PRIVATE KEY", "RSA PRIVATE KEY":
            self = try SigningKey(P256PrivateKey(sec1: block.bytes), der: block.bytes, file: file)
        case "ENCRYPTED PRIVATE KEY":
            throw SigningError(
                .unsupportedKey,
                "\(file) is encrypted as OpenSSL does it; write it in the clear with `openssl pkcs8 -in FILE -out FILE`, "
                    + "then import that")
        case "PUBLIC KEY":
            throw SigningError(.invalidKey, "\(file) is a public key; signing requires the private key")
        default:
            throw SigningError(.invalidKey, "\(file) is a PEM \"\(block.label)\", not a private key")
        }
    }

    private init(pkcs8 der: [UInt8], file: String) throws(SigningError) {
        try self.init(P256PrivateKey(pkcs8: der), der: der, file: file)
    }

    private init(_ key: P256PrivateKey?, der: [UInt8], file: String) throws(SigningError) {
        guard let key else {
            throw KeyFile.rejection(
                of: KeyKind(privateKey: der), file: file, damage: "the key cannot be read; the file is damaged")
        }
        self.init(key)
    }

    /// The public half.
    public var verificationKey: VerificationKey { VerificationKey(key.publicKey) }

    /// The key as a PEM file in cosign's format, encrypted with `password`.
    ///
    /// - Throws: `SigningError.Code.failed`
    public func encryptedPEM(password: [UInt8]) throws(SigningError) -> String {
        let sealed = try EncryptedKey(sealing: key.pkcs8, password: password)
        return PEM.encode(sealed.json, label: EncryptedKey.label)
    }

    /// Signs SHA-256 of exactly these bytes; the signature is DER.
    public func signature(over message: [UInt8]) -> [UInt8] { key.signature(over: message) }

    /// The public half's fingerprint.
    public var description: String { "private key of \(verificationKey)" }

    /// A reflection with the description alone.
    public var customMirror: Mirror { Mirror(self, children: ["key": description]) }
}
