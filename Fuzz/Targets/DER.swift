@testable import Cryptography

extension FuzzTarget {
    /// Signatures, keys, certificates, PEM and base64: a signature has one encoding, an accepted key has the kind that it is
    /// read as, and what was read can be written and read again.
    static let der = FuzzTarget(name: "der") { bytes throws(Finding) in
        if let numbers = SignatureEncoding.fixed(bytes) {
            try Finding.unless(numbers.count == 64, "a signature of \(numbers.count) bytes")
            let content = encodedInteger(numbers.prefix(32)) + encodedInteger(numbers.suffix(32))
            try Finding.unless([0x30, UInt8(content.count)] + content == bytes, "a second encoding of a signature")
        }
        if let key = P256PublicKey(subjectPublicKeyInfo: bytes) {
            try Finding.unless(key.subjectPublicKeyInfo == bytes, "another public key")
            try Finding.unless(KeyKind(publicKey: bytes) == .p256, "a public key of another kind")
        }
        if let key = P256PrivateKey(pkcs8: bytes) {
            try Finding.unless(KeyKind(privateKey: bytes) == .p256, "a private key of another kind")
            try checkPublicKey(of: key)
        }
        if let key = P256PrivateKey(sec1: bytes) {
            try Finding.unless(KeyKind(privateKey: bytes) == .p256, "a private key of another kind")
            try checkPublicKey(of: key)
        }
        for kind in [KeyKind(privateKey: bytes), KeyKind(publicKey: bytes)] {
            if case .other(let name)? = kind { try Finding.unless(!name.isEmpty, "a kind without a name") }
        }
        if CertificateEncoding.isCertificate(bytes) {
            try Finding.unless(CertificateEncoding.isTrustedCertificate(bytes), "a certificate that cannot be trusted")
        }
        for block in PEM.blocks(in: bytes) {
            guard let content = block.bytes else { continue }
            let again = PEM.blocks(in: Array(PEM.encode(content, label: block.label).utf8))
            try Finding.unless(again == [block], "\(block) is read as \(again)")
        }
        if let content = Base64.decode(String(decoding: bytes, as: UTF8.self)) {
            try Finding.unless(Base64.decode(Base64.encode(content)) == content, "other bytes after base64")
        }
    }

    private static func checkPublicKey(of key: P256PrivateKey) throws(Finding) {
        let der = key.publicKey.subjectPublicKeyInfo
        try Finding.unless(P256PublicKey(subjectPublicKeyInfo: der) != nil, "a public half that is not a key")
    }

    /// A positive number in DER.
    private static func encodedInteger(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        let digits = bytes.drop { $0 == 0 }
        let sign: [UInt8] = digits.first.map { $0 >= 0x80 } == true ? [0] : []
        return [0x02, UInt8(sign.count + digits.count)] + sign + digits
    }
}
