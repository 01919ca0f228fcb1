internal import Cryptography
internal import OCI

/// Which kind of key some DER holds, to say so when it is not the one kind that is used here.
enum KeyKind: Hashable, Sendable {
    case p256
    case other(String)

    private static let ecPublicKey: [UInt8] = [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01]
    private static let algorithms: [[UInt8]: String] = [
        [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01]: "RSA", [0x2B, 0x65, 0x70]: "Ed25519",
        [0x2B, 0x65, 0x71]: "Ed448", [0x2B, 0x65, 0x6E]: "X25519",
    ]
    private static let p256Curve: [UInt8] = [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07]
    private static let curves: [[UInt8]: String] = [
        [0x2B, 0x81, 0x04, 0x00, 0x22]: "P-384", [0x2B, 0x81, 0x04, 0x00, 0x23]: "P-521",
        [0x2B, 0x81, 0x04, 0x00, 0x21]: "P-224", [0x2B, 0x81, 0x04, 0x00, 0x0A]: "secp256k1",
    ]

    /// The kind of an `AlgorithmIdentifier`'s content.
    init?(algorithm content: ArraySlice<UInt8>) {
        var reader = DERReader(content)
        guard let algorithm = reader.read(DERReader.Tag.objectIdentifier) else { return nil }
        guard algorithm.elementsEqual(Self.ecPublicKey) else {
            self = .other(Self.algorithms[Array(algorithm)] ?? "unknown")
            return
        }
        guard let curve = reader.read(DERReader.Tag.objectIdentifier) else { return nil }
        self.init(curve: curve)
    }

    /// The kind by the name of a curve.
    init(curve: ArraySlice<UInt8>) {
        self = curve.elementsEqual(Self.p256Curve) ? .p256 : .other(Self.curves[Array(curve)] ?? "unknown")
    }

    /// The kind of a PKCS#8 private key.
    static func pkcs8(_ der: [UInt8]) -> KeyKind? {
        var outer = DERReader(der)
        guard let content = outer.read(DERReader.Tag.sequence) else { return nil }
        var inner = DERReader(content)
        guard inner.read(DERReader.Tag.integer) != nil, let algorithm = inner.read(DERReader.Tag.sequence) else {
            return nil
        }
        return KeyKind(algorithm: algorithm)
    }

    /// The kind of a SEC 1 private key.
    static func sec1(_ der: [UInt8]) -> KeyKind? {
        var outer = DERReader(der)
        guard let content = outer.read(DERReader.Tag.sequence) else { return nil }
        var inner = DERReader(content)
        guard inner.read(DERReader.Tag.integer) != nil, inner.read(DERReader.Tag.octetString) != nil,
            let parameters = inner.read(DERReader.Tag.parameters)
        else { return nil }
        var reader = DERReader(parameters)
        return reader.read(DERReader.Tag.objectIdentifier).map { KeyKind(curve: $0) }
    }

    /// The kind of a `SubjectPublicKeyInfo`.
    static func publicKey(_ der: [UInt8]) -> KeyKind? {
        var outer = DERReader(der)
        guard let content = outer.read(DERReader.Tag.sequence), outer.isAtEnd else { return nil }
        var inner = DERReader(content)
        return inner.read(DERReader.Tag.sequence).flatMap { KeyKind(algorithm: $0) }
    }

    /// Throws unless it is the kind that is used here.
    static func check(_ kind: KeyKind?, file: String) throws(SigningError) {
        switch kind {
        case .p256: return
        case .other(let name):
            throw SigningError(
                .unsupportedKey,
                "\(file) is a key of kind \(name); releases are signed with ECDSA P-256. Make one with "
                    + "`capsule keys generate`")
        case nil:
            throw SigningError(.invalidKey, "\(file) holds no key that can be read; the file is damaged")
        }
    }
}
