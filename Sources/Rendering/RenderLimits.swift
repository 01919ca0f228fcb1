/// The limits of a render.
struct RenderLimits: Hashable, Sendable {
    /// The time limit of a render. Real packages take less than a second, and up to a minute on a slow disk.
    var deadline: Duration = .seconds(120)
    /// The time limit for reading a renderer's version.
    var versionDeadline: Duration = .seconds(20)
    /// The maximum number of bytes of manifests: the limit of the capsule format for an unpacked package.
    var outputSize = 64 << 20
    /// The maximum number of objects: the limit of the capsule format for the files of a package.
    var objects = 10_000
    /// The maximum number of bytes of one object: etcd accepts 1.5 MiB; the rest is for formatting.
    var objectSize = 4 << 20
    /// The maximum number of bytes of environment policy in one render.
    var policySize = 64 << 20
    /// The maximum number of characters of a renderer's error output in a message.
    var errorText = 4096

    /// The maximum number of bytes of memory of one renderer (`RLIMIT_DATA`: heap and private mappings, without what a program
    /// in Go only reserves). kustomize takes 330 MB for 10,000 objects of 16 MB together, and helm 70 MB for most charts; a
    /// small chart can make either take all that the machine has.
    var memory = Self.defaultMemory

    /// 2 GiB, for each of two renderers that run side by side.
    static let defaultMemory = 2 << 30

    /// Creates limits, with another limit of memory.
    init(memory: Int? = nil) { self.memory = memory ?? Self.defaultMemory }
}
