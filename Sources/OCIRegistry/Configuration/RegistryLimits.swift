/// Limits on what a registry can make the client do. Each is far above what registries need.
package struct RegistryLimits: Hashable, Sendable {
    /// Redirects from a registry to its blob storage: registries need one, content delivery networks one or two more.
    package var redirects = 5
    /// Pages of one tag or referrers list.
    package var pages = 1_000
    /// Tags of one repository: a commit every five minutes for a year.
    package var tags = 100_000
    /// Manifests that refer to one manifest. Hundreds of signatures and promotions are plausible, thousands are an attack.
    package var referrers = 5_000
    /// Bytes of one page of a list of referrers: as many as a manifest may have.
    package var pageSize = 4 << 20
    /// Bytes of one page of a list of tags. Some registries answer with all of them: the most tags that are read, 128
    /// characters each.
    package var tagPageSize = 16 << 20
    /// Bytes of an error or token response that are read.
    package var answerSize = 64 << 10

    /// The limits with their defaults.
    package init() {}
}

/// The time-outs of the client.
public struct RegistryTimeouts: Hashable, Sendable {
    /// The time limit for making a connection, TLS included.
    public var connect: Duration = .seconds(15)
    /// The time limit for the next bytes of a response, and for a server to accept the next bytes of an upload.
    public var idle: Duration = .seconds(60)
    /// The time limit for the head of a response after the request was sent, and the time over which `minimumRate` is
    /// measured.
    public var exchange: Duration = .seconds(120)
    /// The lowest acceptable rate of all transfers together, in bytes a second. A link of 50 KB/s is slow; below this rate
    /// something is broken.
    public var minimumRate: Int64 = 8 << 10

    /// The time-outs with their defaults.
    public init() {}
}

/// Settings of blob uploads.
package struct UploadOptions: Hashable, Sendable {
    /// Blobs up to this size are uploaded in one request: sending 16 MiB again costs less than the extra round trips.
    package var monolithicLimit: Int64 = 16 << 20
    /// The chunk size for larger blobs. A broken connection loses at most one chunk; registries behind common proxies accept
    /// this size.
    package var chunkSize: Int64 = 64 << 20

    /// The options with their defaults.
    package init() {}
}
