internal import Documents

/// The limits for reading evidence. Everyone with push access can add evidence, and must not be able to overload
/// verifiers.
enum EvidenceLimits {
    /// The maximum number of signatures in a `.sig` manifest, or envelopes in an `.att` manifest. A release has one or two.
    static let listed = 100
    /// The maximum number of bundles: each promotion of a release adds one, and hundreds of them are plausible.
    static let bundles = 500
    /// The largest signed payload of a signature: some hundred bytes.
    static let payload: Int64 = 256 << 10
    /// The largest bundle or envelope: an SBOM of 10 MiB, the capsule's own limit for a file, in base64.
    static let envelope: Int64 = 15 << 20
    /// The maximum number of bytes of all documents together. Small ones are read first, so that large ones do not prevent reading
    /// them.
    static let total: Int64 = 64 << 20
    /// The number of documents that are read concurrently.
    static let width = 8

    /// The limits for reading an envelope: a few strings, one of which is long.
    static let outer = JSONLimits(bytes: Int(envelope), depth: 16, values: 10_000)
    /// The limits for reading a statement: an SBOM and a few fields around it.
    static let statement = JSONLimits(bytes: 11 << 20, depth: 65, values: 1_000_010)
    /// The limits for reading a predicate.
    static let predicate = JSONLimits.metadata
}
