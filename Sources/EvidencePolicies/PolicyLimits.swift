internal import Documents

/// The limits of a policy.
enum PolicyLimits {
    /// The file: room for a thousand revoked digests of each kind, at some 80 bytes, and for keys.
    static let document = YAMLLimits(
        bytes: 256 << 10, depth: 8, nodes: 20_000, documents: 1, allowsAliases: false, allowsTags: false)
    /// A public key in PEM has 178 bytes; the rest is for comments around it.
    static let keyFile = 16 << 10
    /// The keys: nobody can tell more of them apart by their names.
    static let keys = 64
    /// The attestations that one stage requires, with those that every stage requires. All evidence is searched for each.
    static let attestations = 32
    /// The revoked digests of one kind. To revoke more releases, revoke their key.
    static let revoked = 1_000
    /// The bytes of builder, source, workflow and ref, which are web addresses: a usual limit for those.
    static let text = 2_048
}
