internal import COpenSSL

/// A hash function.
///
/// [FIPS 180-4](https://doi.org/10.6028/NIST.FIPS.180-4)
package enum HashAlgorithm: Hashable, Sendable {
    /// SHA-1: for Git's object names and for SBOMs that require it. Never for verification.
    case sha1
    /// SHA-256.
    case sha256
    /// SHA-512.
    case sha512

    /// The size of a hash in bytes.
    package var size: Int {
        switch self {
        case .sha1: 20
        case .sha256: 32
        case .sha512: 64
        }
    }

    /// OpenSSL's implementation, fetched once: fetching takes as long as hashing 200 bytes.
    var implementation: OpaquePointer {
        let address =
            switch self {
            case .sha1: Self.sha1Address
            case .sha256: Self.sha256Address
            case .sha512: Self.sha512Address
            }
        guard let pointer = unsafe OpaquePointer(bitPattern: address) else { OpenSSL.failed("finding \(self)") }
        return unsafe pointer
    }

    // An implementation is never changed or freed, so threads may share it. It is stored as a number because a pointer is not
    // `Sendable`.
    private static let sha1Address = fetch("SHA1")
    private static let sha256Address = fetch("SHA2-256")
    private static let sha512Address = fetch("SHA2-512")

    private static func fetch(_ name: String) -> UInt { unsafe UInt(bitPattern: EVP_MD_fetch(nil, name, nil)) }
}
