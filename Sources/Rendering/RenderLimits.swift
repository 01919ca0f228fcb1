/// The limits of a render.
public struct RenderLimits: Hashable, Sendable {
    /// The time limit of a render. Real packages take less than a second, and up to a minute on a slow disk.
    public var deadline: Duration = .seconds(120)
    /// The time limit for reading a renderer's version.
    public var versionDeadline: Duration = .seconds(20)
    /// The maximum number of bytes of manifests: the limit of the capsule format for an unpacked package.
    public var outputSize = 64 << 20
    /// The maximum number of objects: the limit of the capsule format for the files of a package.
    public var objects = 10_000
    /// The maximum number of bytes of one object: etcd accepts 1.5 MiB; the rest is for formatting.
    public var objectSize = 4 << 20
    /// The maximum number of bytes of environment policy in one render.
    public var policySize = 64 << 20
    /// The maximum number of characters of a renderer's error output in a message.
    public var errorText = 4096

    /// Creates the default limits.
    public init() {}
}
