internal import Cryptography
public import OCI
internal import Support

/// A public ECDSA P-256 key, which verifies signatures.
public struct VerificationKey: Hashable, Sendable, CustomStringConvertible {
    /// The key as a `SubjectPublicKeyInfo`, which identifies it.
    var subjectPublicKeyInfo: [UInt8] { key.subjectPublicKeyInfo }
    private let key: P256PublicKey

    init(_ key: P256PublicKey) { self.key = key }

    /// Reads a PEM file with one `PUBLIC KEY`.
    ///
    /// - Parameter file: the name of the file in messages.
    /// - Throws: `SigningError.Code.invalidKey`, `.unsupportedKey`
    public init(pem content: [UInt8], file: String) throws(SigningError) {
        let blocks = try KeyFile.blocks(content, file: file)
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
        guard let key = P256PublicKey(subjectPublicKeyInfo: block.bytes) else {
            throw KeyFile.rejection(
                of: KeyKind(publicKey: block.bytes), file: file,
                damage: "the key is not a point on the curve in uncompressed form")
        }
        self.init(key)
    }

    /// The key as a PEM file.
    public var pem: String { PEM.encode(subjectPublicKeyInfo, label: "PUBLIC KEY") }

    /// SHA-256 of the key's DER, the identity of the key in policies and output.
    public var fingerprint: OCI.Digest { .sha256(of: subjectPublicKeyInfo) }

    /// The key's hint in a Sigstore bundle: the fingerprint in base64. It proves nothing.
    package var hint: String { Base64.encode(HashFunction.hash(.sha256, of: subjectPublicKeyInfo)) }

    /// The fingerprint.
    public var description: String { fingerprint.description }

    /// True when bytes are an ECDSA P-256 signature in strict DER, of any key.
    package static func isWellFormed(_ signature: [UInt8]) -> Bool { SignatureEncoding.fixed(signature) != nil }

    /// True when `signature`, in strict DER, is this key's over SHA-256 of exactly these bytes.
    public func isSignature(_ signature: [UInt8], over message: [UInt8]) -> Bool {
        key.isSignature(signature, over: message)
    }

    /// True when two keys are the same key.
    public static func == (left: Self, right: Self) -> Bool { left.subjectPublicKeyInfo == right.subjectPublicKeyInfo }

    /// Hashes the key.
    public func hash(into hasher: inout Hasher) { hasher.combine(subjectPublicKeyInfo) }
}
