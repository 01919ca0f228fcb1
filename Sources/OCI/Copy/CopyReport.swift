/// What a copy did.
public struct CopyReport: Hashable, Sendable, Codable {
    /// How an item came to be at the other end.
    public enum Outcome: String, Hashable, Sendable, Codable {
        /// Its bytes were moved.
        case copied
        /// It was there before.
        case present
        /// The registry took it from another of its repositories; no bytes were moved.
        case mounted
    }

    /// The manifest that was copied.
    public var digest: Digest
    /// The tag that it has at the other end.
    public var tag: Tag?
    /// The digests of the manifests that are attached to it and came along, sorted.
    public var attached: [Digest] = []
    /// The tags of evidence (`sha256-<hex>.sig` and the like) that came along, sorted.
    public var evidenceTags: [Tag] = []
    /// How many blobs and manifests were moved.
    public var copied = 0
    /// How many were there before.
    public var present = 0
    /// How many were mounted from another repository.
    public var mounted = 0
    /// How many bytes were read from the source to be written at the other end.
    public var bytes: Int64 = 0
}
