internal import COpenSSL

/// The kind of a key, of any that OpenSSL knows. For messages and for a first look at a file: OpenSSL takes more than the one
/// encoding of a key, so a key that signatures depend on is read by `P256PrivateKey` and `P256PublicKey`.
package enum KeyKind: Hashable, Sendable {
    case p256
    /// Another kind, by the name that people know it by: `RSA`, `Ed25519`, `P-384`.
    case other(String)

    /// The kind of a private key in DER: a PKCS#8 `PrivateKeyInfo`, or the older form of its algorithm. Nil when OpenSSL cannot
    /// read it without a password.
    package init?(privateKey der: [UInt8]) {
        let key = unsafe KeyHandle.decode(der) { next, count in unsafe d2i_AutoPrivateKey(nil, next, count) }
        guard let key else { return nil }
        self.init(key)
    }

    /// The kind of a public key, a `SubjectPublicKeyInfo` in DER. Nil when OpenSSL cannot read it.
    package init?(publicKey der: [UInt8]) {
        let key = unsafe KeyHandle.decode(der) { next, count in unsafe d2i_PUBKEY(nil, next, count) }
        guard let key else { return nil }
        self.init(key)
    }

    private init(_ key: KeyHandle) {
        let name = unsafe key.withPointer { key -> String in
            var curve = [CChar](repeating: 0, count: 64)
            if unsafe EVP_PKEY_get_group_name(key, &curve, curve.count, nil) == 1 {
                // The standard's name where it has one: P-384 and not secp384r1.
                if let name = unsafe EC_curve_nid2nist(OBJ_sn2nid(curve)) { return unsafe String(cString: name) }
                return String(decoding: curve.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            }
            guard let name = unsafe EVP_PKEY_get0_type_name(key) else { return "unknown" }
            return unsafe String(cString: name)
        }
        ERR_clear_error()
        self = name == "P-256" ? .p256 : .other(name.hasPrefix("ED") ? "Ed\(name.dropFirst(2))" : name)
    }
}
