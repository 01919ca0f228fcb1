internal import CSodium

/// The parameters of scrypt and their limits: they come from a file that may be hostile.
struct Scrypt: Hashable, Sendable {
    /// The memory limit: 128 MiB, twice what cosign uses (N = 65,536, r = 8).
    static let maximumMemory = 128 << 20
    /// The limit for the work, in blocks of 128 bytes: four times cosign's.
    static let maximumBlocks = 4 * 65_536 * 8

    /// The cost in memory and time: a power of two.
    let n: Int
    /// The block size.
    let r: Int
    /// The parallelization parameter.
    let p: Int

    /// The parameters that cosign 2 writes.
    static let cosign = Scrypt(n: 65_536, r: 8, p: 1)

    /// True when the parameters are valid and within the limits.
    var isAcceptable: Bool {
        // Each factor is bounded before they are multiplied.
        guard n >= 2, n & (n - 1) == 0, n <= Self.maximumMemory, (1...64).contains(r), (1...64).contains(p) else {
            return false
        }
        return 128 * n * r <= Self.maximumMemory && n * r * p <= Self.maximumBlocks
    }

    /// Derives a key of 32 bytes.
    func key(password: [UInt8], salt: [UInt8]) throws(SigningError) -> [UInt8] {
        var key = [UInt8](repeating: 0, count: 32)
        let status = crypto_pwhash_scryptsalsa208sha256_ll(
            password, password.count, salt, salt.count, UInt64(n), UInt32(r), UInt32(p), &key, key.count)
        guard status == 0 else {
            throw SigningError(
                .failed,
                "the key cannot be derived from the password: \(128 * n * r >> 20) MiB of memory are not available")
        }
        return key
    }
}
