internal import Cryptography
internal import OCI
internal import Support

/// The hashes that SBOMs give for files.
package enum FileHashes {
    /// SHA-1 in hex: SPDX asks for it beside SHA-256; nothing here relies on it.
    package static func sha1(_ bytes: [UInt8]) -> String { lowercaseHex(HashFunction.hash(.sha1, of: bytes)) }

    /// The hash of a file by SPDX's name for the algorithm; nil for one that is not checked.
    static func hash(_ algorithm: String, of file: PackageFile) -> String? {
        switch algorithm {
        case "SHA1": file.sha1 ?? sha1(file.content)
        case "SHA256": file.digest.hex
        case "SHA512": lowercaseHex(HashFunction.hash(.sha512, of: file.content))
        default: nil
        }
    }
}
