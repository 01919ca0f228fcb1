internal import Crypto
public import OCI

/// A public ECDSA P-256 key: what a signature is checked with.
public struct VerificationKey: Hashable, Sendable, CustomStringConvertible {
    /// The key as a `SubjectPublicKeyInfo`, which identifies it.
    let subjectPublicKeyInfo: [UInt8]
    private let key: P256.Signing.PublicKey

    // Everything before the point of an uncompressed P-256 key, which is all that can differ between two.
    private static let prefix: [UInt8] = [
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48,
        0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
    ]

    init(_ key: P256.Signing.PublicKey) {
        self.key = key
        subjectPublicKeyInfo = Self.prefix + key.x963Representation
    }

    /// Reads a PEM file with one `PUBLIC KEY`.
    ///
    /// - Parameter file: what the file is called in messages.
    /// - Throws: `SigningError.Code.invalidKey`, `.unsupportedKey`
    public init(pem content: [UInt8], file: String) throws(SigningError) {
        let blocks = try PEM.blocks(content, file: file)
        guard let block = blocks.first, blocks.count == 1 else {
            throw SigningError(.invalidKey, "\(file) holds \(blocks.count) PEM blocks; a public key file holds one")
        }
        guard block.label == "PUBLIC KEY" else {
            let isPrivate = block.label.hasSuffix("PRIVATE KEY")
            throw SigningError(
                .invalidKey,
                isPrivate
                    ? "\(file) is a private key; give its public key, which `capsule keys public` prints"
                    : "\(file) is a PEM \"\(block.label)\", not a \"PUBLIC KEY\"")
        }
        try KeyKind.check(KeyKind.publicKey(block.bytes), file: file)
        guard block.bytes.starts(with: Self.prefix),
            let key = try? P256.Signing.PublicKey(x963Representation: block.bytes.dropFirst(Self.prefix.count))
        else {
            throw SigningError(.invalidKey, "\(file): the key is no point on the curve in uncompressed form")
        }
        self.init(key)
    }

    /// The key as a PEM file.
    public var pem: String { PEM(label: "PUBLIC KEY", bytes: subjectPublicKeyInfo).text }

    /// SHA-256 over the key's DER, by which people and policies name it.
    public var fingerprint: OCI.Digest { .sha256(of: subjectPublicKeyInfo) }

    /// What a Sigstore bundle calls the key: the fingerprint in base64. A hint, never proof of anything.
    public var hint: String { Base64.encode(Array(SHA256.hash(data: subjectPublicKeyInfo))) }

    /// The fingerprint.
    public var description: String { fingerprint.description }

    /// Whether bytes are an ECDSA P-256 signature in strict DER, whoever made it.
    public static func isWellFormed(_ signature: [UInt8]) -> Bool { SignatureEncoding.fixed(signature) != nil }

    /// Whether `signature`, in strict DER, is this key's over SHA-256 of exactly these bytes.
    public func isSignature(_ signature: [UInt8], over message: [UInt8]) -> Bool {
        guard let fixed = SignatureEncoding.fixed(signature),
            let parsed = try? P256.Signing.ECDSASignature(rawRepresentation: fixed)
        else { return false }
        return key.isValidSignature(parsed, for: SHA256.hash(data: message))
    }

    /// Whether two keys are the same key.
    public static func == (left: Self, right: Self) -> Bool { left.subjectPublicKeyInfo == right.subjectPublicKeyInfo }

    /// Hashes the key.
    public func hash(into hasher: inout Hasher) { hasher.combine(subjectPublicKeyInfo) }
}
