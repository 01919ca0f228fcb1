internal import COpenSSL

/// An ECDSA P-256 private key. Neither its description nor its reflection contains the secret.
///
/// [FIPS 186-5](https://doi.org/10.6028/NIST.FIPS.186-5)
package struct P256PrivateKey: Sendable, CustomStringConvertible, CustomReflectable {
    /// The public half.
    package let publicKey: P256PublicKey
    private let handle: KeyHandle

    /// Generates a key.
    package init() {
        // A variadic function, which Swift cannot call: see the header.
        guard let handle = unsafe KeyHandle(capsule_generate_p256()), let key = P256PrivateKey(handle) else {
            OpenSSL.failed("making a key")
        }
        self = key
    }

    /// Reads a DER `PrivateKeyInfo`; nil unless it holds a key of this curve.
    ///
    /// [PKCS#8, RFC 5208 section 5](https://www.rfc-editor.org/rfc/rfc5208#section-5)
    package init?(pkcs8 der: [UInt8]) {
        guard let sec1 = PrivateKeyEncoding.pkcs8(der) else { return nil }
        self.init(sec1)
    }

    /// Reads a DER `ECPrivateKey`; nil unless it holds a key of this curve.
    ///
    /// [SEC 1, RFC 5915 section 3](https://www.rfc-editor.org/rfc/rfc5915#section-3)
    package init?(sec1 der: [UInt8]) {
        guard let sec1 = PrivateKeyEncoding.sec1(der, namesCurve: true) else { return nil }
        self.init(sec1)
    }

    private init?(_ parts: PrivateKeyEncoding) {
        // Without the point, OpenSSL computes it. OpenSSL would not check one from the file.
        guard
            let handle = unsafe KeyHandle.decode(
                parts.der, { next, count in unsafe d2i_PrivateKey(EVP_PKEY_EC, nil, next, count) })
        else { return nil }
        let isInRange = unsafe handle.withPointer { key in
            guard let context = unsafe EVP_PKEY_CTX_new_from_pkey(nil, key, nil) else {
                OpenSSL.failed("checking a key")
            }
            defer { unsafe EVP_PKEY_CTX_free(context) }
            return unsafe EVP_PKEY_private_check(context) == 1
        }
        ERR_clear_error()
        guard isInRange, let key = P256PrivateKey(handle) else { return nil }
        if let point = parts.point, !key.publicKey.subjectPublicKeyInfo.suffix(65).elementsEqual(point) { return nil }
        self = key
    }

    private init?(_ handle: KeyHandle) {
        let der = unsafe handle.withPointer { key in unsafe OpenSSL.encode { unsafe i2d_PUBKEY(key, $0) } }
        guard let publicKey = P256PublicKey(subjectPublicKeyInfo: der) else { return nil }
        self.publicKey = publicKey
        self.handle = handle
    }

    /// The key as a DER `PrivateKeyInfo`, with the public half.
    package var pkcs8: [UInt8] {
        unsafe handle.withPointer { key in
            guard let info = unsafe EVP_PKEY2PKCS8(key) else { OpenSSL.failed("writing a key") }
            defer { unsafe PKCS8_PRIV_KEY_INFO_free(info) }
            return unsafe OpenSSL.encode { unsafe i2d_PKCS8_PRIV_KEY_INFO(info, $0) }
        }
    }

    /// A signature over SHA-256 of exactly `message`, in DER. Two signatures of one message differ.
    package func signature(over message: [UInt8]) -> [UInt8] {
        unsafe handle.withPointer { key in
            guard let context = unsafe EVP_MD_CTX_new() else { OpenSSL.failed("signing") }
            defer { unsafe EVP_MD_CTX_free(context) }
            // Two integers of 33 bytes, each with a header of two bytes, and two bytes for the sequence.
            let most = 72
            guard unsafe EVP_DigestSignInit_ex(context, nil, "SHA2-256", nil, nil, key, nil) == 1 else {
                OpenSSL.failed("signing")
            }
            return unsafe [UInt8](unsafeUninitializedCapacity: most) { buffer, count in
                count = most
                let status = unsafe message.withUnsafeBufferPointer { message in
                    unsafe EVP_DigestSign(context, buffer.baseAddress, &count, message.baseAddress, message.count)
                }
                guard status == 1 else { OpenSSL.failed("signing") }
            }
        }
    }

    /// A constant text without the secret.
    package var description: String { "ECDSA P-256 private key" }

    /// A reflection with the description alone.
    package var customMirror: Mirror { Mirror(self, children: ["key": description]) }
}
