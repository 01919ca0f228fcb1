/// How a copy goes.
public struct CopyOptions: Sendable {
    /// How many blobs move side by side. Four fill a link without making a registry refuse us.
    public var width: Int
    /// Whether everything that is attached (signatures, attestations, SBOMs) comes along.
    public var referrers: Bool
    /// Whether a tag that names other content at the other end is moved. Otherwise that is an error.
    public var replaceTag: Bool
    /// Is told what happens, from whichever task it happens in.
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
    /// The graph is known: so many blobs and manifests, so many bytes together.
    case planned(items: Int, bytes: Int64)
    /// So many bytes of one item have come, counted from its start.
    case progressed(Descriptor, bytes: Int64)
    /// One item is at the other end.
    case finished(Descriptor, CopyReport.Outcome)
    /// A tag names the manifest at the other end.
    case tagged(Tag, Descriptor)
}

/// How large a graph may be that is copied. What is copied comes from somebody else's registry.
enum CopyLimits {
    /// Manifests and blobs together: a hundred platforms of a hundred layers.
    static let items = 10_000
    /// Indexes in indexes. Real images have one level.
    static let depth = 8
    /// Manifests attached to anything in the graph: a long-lived release has some dozens.
    static let attached = 1_000
    /// Attached to what is attached: a signature on an attestation is the second level.
    static let attachedDepth = 4
}
