internal import Documents

/// How much a policy may hold.
enum PolicyLimits {
    /// The file: room for a thousand revoked digests of each kind, at some 80 bytes, beside keys that stand in it.
    static let document = YAMLLimits(
        bytes: 256 << 10, depth: 8, nodes: 20_000, documents: 1, allowsAliases: false, allowsTags: false)
    /// A public key in PEM has 178 bytes; the rest is for comments around it.
    static let keyFile = 16 << 10
    /// Nobody keeps more keys apart by their names.
    static let keys = 64
    /// What one stage asks for, with what all ask for. Each costs a look at every piece of evidence.
    static let attestations = 32
    /// Revoked digests of one kind. Whoever revokes more withdraws a key instead.
    static let revoked = 1_000
    /// Builder, source, workflow and ref: web addresses, whose length has a limit of this kind everywhere.
    static let text = 2_048
}
