/// What a signed statement must name for it to count, apart from the key that made it.
public enum EvidenceBinding: String, Hashable, Sendable, Codable, CaseIterable {
    /// The digest of the capsule. A statement may leave out the repository, as `cosign sign` of cosign 3 does; a copy of the
    /// capsule in another repository then carries the statement along. A statement that names another repository does not
    /// count.
    case digest
    /// The digest of the capsule and its repository.
    case name
}
