/// Bounds on what a registry may make the client do. Each is far beyond what honest registries send.
public struct RegistryLimits: Hashable, Sendable {
    /// Hops from a registry to where it keeps its blobs: registries need one, distribution networks one or two more.
    public var redirects = 5
    /// Pages of one tag or referrers list.
    public var pages = 1_000
    /// Tags of one repository: a commit every five minutes for a year.
    public var tags = 100_000
    /// Manifests that refer to one manifest. Hundreds of signatures and promotions are plausible, thousands are an attack.
    public var referrers = 5_000
    /// Bytes of one page of a list, as of a manifest.
    public var pageSize = 4 << 20
    /// Bytes of an error or token answer that are read.
    public var answerSize = 64 << 10

    /// The limits with their defaults.
    public init() {}
}

/// How long the client waits for what.
public struct RegistryTimeouts: Hashable, Sendable {
    /// For a connection, TLS included.
    public var connect: Duration = .seconds(15)
    /// For the next bytes of an answer, and for a server to take the next bytes of an upload.
    public var idle: Duration = .seconds(60)
    /// For one whole exchange, on top of what its bytes need at `minimumRate`.
    public var exchange: Duration = .seconds(120)
    /// Bytes a second below which a transfer is given up: a server that sends one byte a minute is not a registry.
    public var minimumRate: Int64 = 32 << 10

    /// The time-outs with their defaults.
    public init() {}

    /// How long moving `bytes` may take in all.
    func total(for bytes: Int64) -> Duration { exchange + .seconds(bytes / max(1, minimumRate)) }
}

/// How blobs are sent.
public struct UploadOptions: Hashable, Sendable {
    /// Blobs up to this size go up in one piece: sending 16 MiB again costs less than the extra round trips.
    public var monolithicLimit: Int64 = 16 << 20
    /// The size of a piece of a larger blob. A broken connection loses at most this; registries behind common proxies
    /// accept it.
    public var chunkSize: Int64 = 64 << 20

    /// The options with their defaults.
    public init() {}
}
