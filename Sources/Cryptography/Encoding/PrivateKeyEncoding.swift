/// The content of a private key on P-256 in DER. Other encodings and trailing bytes are rejected.
struct PrivateKeyEncoding {
    /// The secret number: 32 bytes.
    let scalar: ArraySlice<UInt8>
    /// The public half in the file, as an uncompressed point; nil when the file has none.
    let point: ArraySlice<UInt8>?

    private static let curve: [UInt8] = [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07]
    private static let ecPublicKey: [UInt8] = [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01]
    private static let version0: [UInt8] = [0]
    private static let version1: [UInt8] = [1]

    /// Reads a `PrivateKeyInfo`.
    static func pkcs8(_ der: [UInt8]) -> PrivateKeyEncoding? {
        var outer = DERReader(der)
        guard let content = outer.read(DERReader.Tag.sequence), outer.isAtEnd else { return nil }
        var inner = DERReader(content)
        guard let version = inner.read(DERReader.Tag.integer), version.elementsEqual(version0),
            let algorithm = inner.read(DERReader.Tag.sequence), isP256(algorithm),
            let key = inner.read(DERReader.Tag.octetString)
        else { return nil }
        // Attributes may follow; they do not describe the key.
        if !inner.isAtEnd { guard inner.read(DERReader.Tag.parameters) != nil, inner.isAtEnd else { return nil } }
        return sec1(Array(key), namesCurve: false)
    }

    /// Reads an `ECPrivateKey`. `namesCurve` requires it to name its curve, which PKCS#8 does outside of it.
    static func sec1(_ der: [UInt8], namesCurve: Bool) -> PrivateKeyEncoding? {
        var outer = DERReader(der)
        guard let content = outer.read(DERReader.Tag.sequence), outer.isAtEnd else { return nil }
        var inner = DERReader(content)
        guard let version = inner.read(DERReader.Tag.integer), version.elementsEqual(version1),
            let scalar = inner.read(DERReader.Tag.octetString), scalar.count == 32
        else { return nil }
        if let parameters = inner.read(DERReader.Tag.parameters) {
            var reader = DERReader(parameters)
            guard let curve = reader.read(DERReader.Tag.objectIdentifier), curve.elementsEqual(Self.curve),
                reader.isAtEnd
            else { return nil }
        } else if namesCurve {
            return nil
        }
        var point: ArraySlice<UInt8>?
        if let wrapped = inner.read(DERReader.Tag.publicKey) {
            var reader = DERReader(wrapped)
            // A bit string begins with the number of bits that are unused at its end.
            guard let bits = reader.read(DERReader.Tag.bitString), reader.isAtEnd, bits.first == 0, bits.count == 66
            else { return nil }
            point = bits.dropFirst()
        }
        return inner.isAtEnd ? PrivateKeyEncoding(scalar: scalar, point: point) : nil
    }

    /// An `ECPrivateKey` with the secret number alone.
    var der: [UInt8] {
        [0x30, 0x31, 0x02, 0x01, 0x01, 0x04, 0x20] + scalar + [0xA0, 0x0A, 0x06, 0x08] + Self.curve
    }

    private static func isP256(_ algorithm: ArraySlice<UInt8>) -> Bool {
        var reader = DERReader(algorithm)
        guard let kind = reader.read(DERReader.Tag.objectIdentifier), kind.elementsEqual(ecPublicKey),
            let curve = reader.read(DERReader.Tag.objectIdentifier), curve.elementsEqual(self.curve)
        else { return false }
        return reader.isAtEnd
    }
}
