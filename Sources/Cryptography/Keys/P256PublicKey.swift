internal import COpenSSL

/// An ECDSA P-256 public key.
///
/// [FIPS 186-5](https://doi.org/10.6028/NIST.FIPS.186-5), [RFC 5480](https://www.rfc-editor.org/rfc/rfc5480)
package struct P256PublicKey: Sendable {
    /// The key as a DER `SubjectPublicKeyInfo` with the point in uncompressed form: 91 bytes.
    package let subjectPublicKeyInfo: [UInt8]
    private let handle: KeyHandle

    // The bytes before the point's coordinates, which are the same for all keys.
    private static let prefix: [UInt8] = [
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48,
        0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
    ]

    /// Reads a DER `SubjectPublicKeyInfo`; nil unless it is the one encoding of a point on the curve in uncompressed form.
    package init?(subjectPublicKeyInfo der: [UInt8]) {
        guard der.starts(with: Self.prefix), der.count == Self.prefix.count + 64,
            let handle = unsafe KeyHandle.decode(der, { next, count in unsafe d2i_PUBKEY(nil, next, count) })
        else { return nil }
        subjectPublicKeyInfo = der
        self.handle = handle
    }

    /// True when `signature`, in its one DER encoding, is this key's over SHA-256 of exactly `message`.
    package func isSignature(_ signature: [UInt8], over message: [UInt8]) -> Bool {
        guard SignatureEncoding.fixed(signature) != nil else { return false }
        let isValid = unsafe handle.withPointer { key in
            guard let context = unsafe EVP_MD_CTX_new() else { OpenSSL.failed("checking a signature") }
            defer { unsafe EVP_MD_CTX_free(context) }
            guard unsafe EVP_DigestVerifyInit_ex(context, nil, "SHA2-256", nil, nil, key, nil) == 1 else {
                OpenSSL.failed("checking a signature")
            }
            return unsafe signature.withUnsafeBufferPointer { signature in
                unsafe message.withUnsafeBufferPointer { message in
                    unsafe EVP_DigestVerify(
                        context, signature.baseAddress, signature.count, message.baseAddress, message.count) == 1
                }
            }
        }
        ERR_clear_error()
        return isValid
    }
}
