// `Crypto` has a `Digest` of its own, so it is imported here alone.
internal import Crypto
internal import OCI

/// The hashes that SBOMs give for files.
enum FileHashes {
    /// SHA-1 in hex: SPDX asks for it beside SHA-256; nothing here relies on it.
    static func sha1(_ bytes: [UInt8]) -> String { lowercaseHex(Insecure.SHA1.hash(data: bytes)) }

    /// Each hash that is checked where an SBOM gives it, by SPDX's name for it.
    static func all(_ bytes: [UInt8]) -> [String: String] {
        [
            "SHA1": sha1(bytes), "SHA256": lowercaseHex(SHA256.hash(data: bytes)),
            "SHA512": lowercaseHex(SHA512.hash(data: bytes)),
        ]
    }
}
