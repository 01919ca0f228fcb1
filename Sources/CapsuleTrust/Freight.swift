internal import CapsuleCore
public import OCI

/// The image and the capsule of one release, each by repository, tag and digest. A promotion moves freight, as in
/// Kargo.
public struct Freight: Hashable, Sendable, Codable {
    /// The application image.
    public struct Image: Hashable, Sendable, Codable {
        /// The repository that `release.yaml` records, even when the image was looked up in another one.
        public var repoURL: Repository
        /// The tag.
        public var tag: Tag
        /// The digest.
        public var digest: Digest

        /// Names an image.
        public init(repoURL: Repository, tag: Tag, digest: Digest) {
            self.repoURL = repoURL
            self.tag = tag
            self.digest = digest
        }
    }

    /// The capsule.
    public struct Capsule: Hashable, Sendable, Codable {
        /// The text of the store that the capsule was read from.
        public var repoURL: String
        /// The tag.
        public var tag: Tag
        /// The digest.
        public var digest: Digest

        /// Names a capsule.
        public init(repoURL: String, tag: Tag, digest: Digest) {
            self.repoURL = repoURL
            self.tag = tag
            self.digest = digest
        }
    }

    /// The application image.
    public var image: Image
    /// The capsule.
    public var capsule: Capsule

    /// Pairs an image and a capsule.
    public init(image: Image, capsule: Capsule) {
        self.image = image
        self.capsule = capsule
    }
}
