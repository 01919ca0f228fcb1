/// How much a renderer may take and give.
public struct RenderLimits: Hashable, Sendable {
    /// How long one render may run. Real packages take well under a second; a minute is a slow disk, two are a hang.
    public var deadline: Duration = .seconds(120)
    /// How long the question for the renderer's version may take.
    public var versionDeadline: Duration = .seconds(20)
    /// The most bytes of manifests: as much as the capsule format lets a whole package unpack to.
    public var outputSize = 64 << 20
    /// The most objects: as many as the capsule format lets a package have files.
    public var objects = 10_000
    /// The most bytes of one object: etcd takes 1.5 MiB, this leaves room for formatting.
    public var objectSize = 4 << 20
    /// The most bytes of environment policy that go into one render.
    public var policySize = 64 << 20
    /// A renderer's own error text is cut here: enough to say what is wrong, too little to flood a log.
    public var errorText = 4096

    /// The limits above.
    public init() {}
}
