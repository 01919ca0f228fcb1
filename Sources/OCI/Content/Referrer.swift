/// A manifest that refers to another, as a place lists it.
public struct Referrer: Sendable {
    /// The descriptor in the list.
    public let descriptor: Descriptor
    /// The manifest itself, where the place had to read it to be able to tell; nil where it is still to be read.
    public let manifest: RawManifest?

    /// Lists a manifest.
    public init(_ descriptor: Descriptor, manifest: RawManifest? = nil) {
        self.descriptor = descriptor
        self.manifest = manifest
    }
}

extension ContentSource {
    /// Lists what refers to a manifest; nothing was read.
    public func listReferrers(of digest: Digest) async throws -> [Referrer] {
        try await referrers(of: digest).map { Referrer($0) }
    }
}
