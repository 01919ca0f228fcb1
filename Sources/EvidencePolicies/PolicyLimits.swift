internal import Documents

/// The limits of a policy.
enum PolicyLimits {
    /// The size of the file: room for a thousand revoked digests of each kind, at some 80 bytes, and for keys.
    static let document = YAMLLimits(
        bytes: 256 << 10, depth: 8, nodes: 20_000, documents: 1, allowsAliases: false, allowsTags: false)
    /// The size of a key file: a public key in PEM has 178 bytes; the rest is for comments around it.
    static let keyFile = 16 << 10
    /// The number of keys: more of them cannot be distinguished by their names.
    static let keys = 64
    /// The number of attestations that one stage requires, including those that every stage requires. All evidence is
    /// searched for each.
    static let attestations = 32
    /// The number of revoked digests of one kind. To revoke more releases, revoke their key.
    static let revoked = 1_000
    /// The length of builder, source, workflow and ref in bytes: a usual limit for URLs, which they are.
    static let text = 2_048
}
