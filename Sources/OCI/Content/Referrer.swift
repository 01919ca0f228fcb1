/// A manifest that refers to another, as a store lists it.
public struct Referrer: Sendable {
    /// The descriptor in the list.
    public let descriptor: Descriptor
    /// The manifest, if the store read it to build the list; nil otherwise.
    public let manifest: RawManifest?

    /// Lists a manifest.
    public init(_ descriptor: Descriptor, manifest: RawManifest? = nil) {
        self.descriptor = descriptor
        self.manifest = manifest
    }
}

extension ContentSource {
    /// Lists the manifests that refer to `digest`, and reads none of them.
    public func listReferrers(of digest: Digest) async throws -> [Referrer] {
        try await referrers(of: digest).map { Referrer($0) }
    }
}
