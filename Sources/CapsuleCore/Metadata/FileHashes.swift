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
        private var known: [String: [Int: Value]] = [:]

        /// The hash of the file at a place in the list of files.
        mutating func hash(_ algorithm: String, of file: PackageOutline.File, at place: Int) -> Value {
            if let value = known[algorithm]?[place] { return value }
            let value = FileHashes.hash(algorithm, of: file)
            if case .unknownAlgorithm = value { return value }
            known[algorithm, default: [:]][place] = value
            return value
        }
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
