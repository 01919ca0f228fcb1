internal import OCI

/// A capsule in a registry, by tag and, if the caller has it, by digest.
struct CapsuleReference: Hashable, Sendable {
    let repository: Repository
    let tag: Tag
    let digest: Digest?
}
