/// The machine that an image in an index is for.
///
/// [image-spec, Image Index](https://github.com/opencontainers/image-spec/blob/v1.1.1/image-index.md)
public struct Platform: Hashable, Sendable, Codable {
    /// The processor, by Go's names: `amd64`, `arm64`.
    public var architecture: String
    /// The operating system, by Go's names: `linux`.
    public var os: String
    /// The version of the operating system.
    public var osVersion: String?
    /// The features that the operating system must have.
    public var osFeatures: [String]?
    /// The variant of the processor: `v8`.
    public var variant: String?

    /// Names a platform.
    public init(architecture: String, os: String, variant: String? = nil) {
        self.architecture = architecture
        self.os = os
        self.variant = variant
    }

    private enum CodingKeys: String, CodingKey {
        case architecture, os, variant
        case osVersion = "os.version"
        case osFeatures = "os.features"
    }
}
