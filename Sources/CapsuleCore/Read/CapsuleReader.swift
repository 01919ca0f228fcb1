internal import Documents
public import OCI

/// Reads capsules, whole or in part. The size and the digest of everything that is read are verified; every size is
/// checked against its limit before anything is read.
public enum CapsuleReader {
    /// Reads only the manifest, which suffices for a list.
    ///
    /// - Throws: `CapsuleError.Code.notACapsule` when it does not have the shape; `OCIError` when it cannot be read.
    package static func manifest(_ descriptor: Descriptor, from source: any ContentSource) async throws
        -> CapsuleManifest
    {
        guard MediaType.isManifest(descriptor.mediaType), !MediaType.isIndex(descriptor.mediaType) else {
            // An index and other content are rejected without reading them.
            return try CapsuleManifest(RawManifest(bytes: [], descriptor: descriptor))
        }
        return try await check(source.manifest(descriptor), from: source)
    }

    /// Reads a manifest as a capsule's.
    ///
    /// - Throws: `CapsuleError.Code.notACapsule` when it does not have the shape.
    package static func check(_ raw: RawManifest, from source: any ContentSource) async throws -> CapsuleManifest {
        do {
            return try CapsuleManifest(raw)
        } catch {
            guard let config = CapsuleShape(raw).foreignConfig else { throw error }
            // The config only explains the rejection, so it may be absent.
            return try CapsuleManifest(
                raw, config: try? await source.bytes(of: config, limit: Int64(CapsuleFormat.maximumConfigSize)))
        }
    }

    /// Reads the release from the config, without reading the layer. That of a pair is what its package says.
    ///
    /// - Throws: `CapsuleError.Code.notACapsule` when the config is not a release in canonical form; `OCIError`.
    package static func release(_ manifest: CapsuleManifest, from source: any ContentSource) async throws
        -> ReleaseManifest
    {
        let limit = Int64(CapsuleFormat.maximumConfigSize)
        let config = try await source.bytes(of: manifest.config, limit: limit)
        let package: ReleaseManifest.Package
        do throws(DocumentError) {
            let config = try CapsuleConfig(decoding: config)
            if let release = config.release { return release }
            package = config.package
        } catch {
            throw CapsuleError.inCapsule(manifest.digest, error)
        }
        return try manifest.claimedRelease(package)
    }

    /// The change that a copy made to the manifest of a capsule, and what to do; nil for a capsule, and for anything else.
    ///
    /// - Parameter tag: the tag that names it. Tags that are not release identities are ignored.
    package static func change(_ descriptor: Descriptor, tag: Tag?, in source: any ContentSource) async throws
        -> String?
    {
        guard let tag, (try? ReleaseIdentity(tag.description)) != nil, !MediaType.isIndex(descriptor.mediaType) else {
            return nil
        }
        let raw = try await source.manifest(descriptor)
        var shape = CapsuleShape(raw)
        // A capsule has one layer, and so has each copy.
        if !shape.isChanged, let config = shape.foreignConfig, try raw.imageManifest().layers.count == 1 {
            let limit = Int64(CapsuleFormat.maximumConfigSize)
            shape = CapsuleShape(raw, config: try? await source.bytes(of: config, limit: limit))
        }
        guard shape.isChanged, let problem = shape.problems.first else { return nil }
        return "\(problem); \(shape.remedy)"
    }

    /// Reads a whole capsule.
    ///
    /// - Throws: `CapsuleError.Code.notACapsule`; `OCIError.Code.contentMismatch` for bytes that are not those that the
    ///   manifest names, and what the store throws.
    public static func read(_ descriptor: Descriptor, tag: Tag?, from source: any ContentSource) async throws -> Capsule
    {
        try await read(manifest(descriptor, from: source), tag: tag, from: source)
    }

    private static func read(
        _ manifest: CapsuleManifest, tag: Tag?, from source: any ContentSource
    ) async throws -> Capsule {
        async let config = source.bytes(of: manifest.config, limit: Int64(CapsuleFormat.maximumConfigSize))
        async let layer = source.bytes(of: manifest.layer, limit: CapsuleFormat.maximumLayerSize)
        return try await Capsule(store: source.reference, tag: tag, shape: manifest, config: config, layer: layer)
    }

    /// Reads a whole capsule by its tag or digest.
    ///
    /// - Throws: `CapsuleError.Code.notFound` when there is no such capsule, `OCIError.Code.invalidName` for a digest that
    ///   is not SHA-256, and the errors of `read(_:tag:from:)`.
    public static func read(_ reference: ArtifactReference, from source: any ContentSource) async throws -> Capsule {
        _ = try reference.digest?.naming("a capsule")
        if reference.digest == nil, let tag = reference.tag {
            if let raw = try await source.manifest(tag) {
                return try await read(check(raw, from: source), tag: tag, from: source)
            }
        } else if let descriptor = try await source.resolve(reference) {
            return try await read(descriptor, tag: reference.tag, from: source)
        }
        throw CapsuleError(
            .notFound, "\(reference) does not exist; `capsule list \(reference.store)` shows the releases there")
    }
}
