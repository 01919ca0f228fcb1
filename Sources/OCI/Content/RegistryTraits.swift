/// What can be seen of a repository on a registry without writing to it.
package struct RegistryTraits: Hashable, Sendable {
    /// How the registry lists what is attached to a manifest.
    package enum Referrers: Hashable, Sendable {
        /// By the referrers API.
        case api
        /// Not at all; clients write a list under a tag.
        case fallbackTag
        /// It is not known, because the repository does not exist yet.
        case unknown
    }

    /// How it lists referrers.
    package var referrers: Referrers
    /// The forms in which evidence was stored before: `.sig`, `.att`, and types of artifacts.
    package var evidence: [String]

    /// The traits of a repository.
    package init(referrers: Referrers, evidence: [String]) {
        self.referrers = referrers
        self.evidence = evidence
    }
}

/// A repository on a registry, as `capsule doctor` examines it.
package protocol RegistryDescribing: Sendable {
    /// The kind of login, its user and the place where it was found; nil without a login. Never the secret.
    func login() async throws -> String?

    /// What can be seen of the repository.
    func traits() async throws -> RegistryTraits

    /// Removes a manifest, if the registry allows that.
    func remove(_ digest: Digest) async
}
