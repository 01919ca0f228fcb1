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

    /// Hashes each file once for each algorithm, however often an SBOM lists it.
    struct Memory {
        private var known: [HashAlgorithm: [Int: String]] = [:]

        /// The hash of the file at a place in the list of files, by SPDX's name for the algorithm.
        mutating func hash(_ algorithm: String, of file: PackageOutline.File, at place: Int) -> Value {
            switch (algorithm, file) {
            case ("SHA256", _): .hex(file.digest.hex)
            case ("SHA1", .hashed(let file)): .hex(file.sha1)
            case ("SHA1", .inMemory(let file)): .hex(hash(.sha1, of: file, at: place))
            case ("SHA512", .hashed): .needsContent
            case ("SHA512", .inMemory(let file)): .hex(hash(.sha512, of: file, at: place))
            default: .unknownAlgorithm
            }
        }

        private mutating func hash(_ algorithm: HashAlgorithm, of file: PackageFile, at place: Int) -> String {
            if let hex = known[algorithm]?[place] { return hex }
            let hex = lowercaseHex(HashFunction.hash(algorithm, of: file.content))
            known[algorithm, default: [:]][place] = hex
            return hex
        }
    }
}
