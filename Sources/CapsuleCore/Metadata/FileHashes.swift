internal import Cryptography
internal import OCI
internal import Support

/// The hashes that SBOMs give for files.
package enum FileHashes {
    /// The SHA-1 in hex: SPDX requires it next to SHA-256; no check relies on it.
    package static func sha1(_ bytes: [UInt8]) -> String { lowercaseHex(HashFunction.hash(.sha1, of: bytes)) }

    /// A hash of a file.
    enum Value {
        case hex(String)
        /// The algorithm is not one that is checked.
        case unknownAlgorithm
        /// The bytes of the file are not in memory.
        case needsContent
    }

    /// The hash of a file by SPDX's name for the algorithm.
    static func hash(_ algorithm: String, of file: PackageOutline.File) -> Value {
        switch (algorithm, file) {
        case ("SHA1", .inMemory(let file)): .hex(sha1(file.content))
        case ("SHA1", .hashed(let file)): .hex(file.sha1)
        case ("SHA256", _): .hex(file.digest.hex)
        case ("SHA512", .inMemory(let file)): .hex(lowercaseHex(HashFunction.hash(.sha512, of: file.content)))
        case ("SHA512", .hashed): .needsContent
        default: .unknownAlgorithm
        }
    }
}
