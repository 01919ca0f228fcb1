/// The options of a copy.
public struct CopyOptions: Sendable {
    /// The number of blobs that are transferred concurrently. Four fill a link without causing a registry to throttle
    /// us.
    public var width: Int
    /// True when everything that is attached (signatures, attestations, SBOMs) is copied too.
    public var referrers: Bool
    /// True when a tag that names other content at the destination is moved. Otherwise that is an error.
    public var replaceTag: Bool
    /// Receives each event, in the task in which it happens.
    public var progress: (@Sendable (CopyEvent) -> Void)?

    /// Sets the options.
    public init(
        width: Int = 4, referrers: Bool = true, replaceTag: Bool = false,
        progress: (@Sendable (CopyEvent) -> Void)? = nil
    ) {
        self.width = max(1, width)
        self.referrers = referrers
        self.replaceTag = replaceTag
        self.progress = progress
    }
}

/// A step of a copy, for a progress display.
public enum CopyEvent: Sendable, Hashable {
    /// The graph is known: the number of its blobs and manifests, and their bytes together.
    case planned(items: Int, bytes: Int64)
    /// Part of an item was read; `bytes` counts from the start of the item.
    case progressed(Descriptor, bytes: Int64)
    /// One item is stored at the destination.
    case finished(Descriptor, CopyReport.Outcome)
    /// A tag names the manifest at the destination.
    case tagged(Tag, Descriptor)
}

/// The limits of the graph that is copied, which may come from an untrusted registry.
enum CopyLimits {
    /// Manifests and blobs together: a hundred platforms of a hundred layers.
    static let items = 10_000
    /// Indexes in indexes. Real images have one level.
    static let depth = 8
    /// Manifests attached to anything in the graph: a long-lived release has some dozens.
    static let attached = 1_000
    /// The size in bytes up to which an attached manifest is kept until it is examined; those of signatures have some
    /// hundred bytes. Larger ones are read again.
    static let keptManifest = 16 << 10
    /// Levels of attached manifests: a signature on an attestation is the second level.
    static let attachedDepth = 4
}
