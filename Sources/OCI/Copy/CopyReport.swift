/// The result of a copy.
public struct CopyReport: Hashable, Sendable, Codable {
    /// The way in which an item reached the destination.
    public enum Outcome: String, Hashable, Sendable, Codable {
        /// Its bytes were moved.
        case copied
        /// The item existed at the destination.
        case present
        /// The registry took it from another of its repositories; no bytes were moved.
        case mounted
    }

    /// The manifest that was copied.
    public var digest: Digest
    /// The tag that it has at the destination.
    public var tag: Tag?
    /// The digests of the attached manifests that were copied, sorted.
    public var attached: [Digest] = []
    /// The digests of manifests that a list names as attached and that refer to another manifest, sorted. They were not copied.
    public var passedOver: [Digest] = []
    /// The tags of evidence (`sha256-<hex>.sig` and the like) that were copied, sorted.
    public var evidenceTags: [Tag] = []
    /// The number of blobs and manifests that were transferred.
    public var copied = 0
    /// The number of blobs and manifests that existed before.
    public var present = 0
    /// The number of blobs that were mounted from another repository.
    public var mounted = 0
    /// The number of bytes that were read from the source and written to the destination.
    public var bytes: Int64 = 0
}
