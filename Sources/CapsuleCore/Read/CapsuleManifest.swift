package import OCI
package import Support

/// A manifest with the shape of a capsule's, `format.md` §2. Its claims are not verified.
package struct CapsuleManifest: Sendable {
    /// The bytes, whose digest is the capsule's.
    package let raw: RawManifest
    /// The config: the release.
    package let config: Descriptor
    /// The one layer.
    package let layer: Descriptor
    /// The annotations.
    package let annotations: [String: String]

    /// The capsule's digest.
    package var digest: Digest { raw.descriptor.digest }

    /// The commit's time, seconds since 1970, from the annotation; nil when a legacy release lacks it.
    package var created: Int64? { annotations[CapsuleFormat.Annotation.created].flatMap(CapsuleFormat.seconds) }

    /// Reads a manifest as a capsule's.
    ///
    /// - Throws: `CapsuleError.Code.notACapsule` with a finding for each rule of `format.md` §2 that the manifest breaks.
    package init(_ raw: RawManifest) throws(CapsuleError) {
        let shape = CapsuleShape(raw, mayLackTime: true)
        guard let manifest = shape.manifest, let layer = manifest.layers.first, shape.problems.isEmpty else {
            throw Self.rejection(of: raw, shape)
        }
        self.raw = raw
        config = manifest.config
        self.layer = layer
        annotations = manifest.annotations ?? [:]
    }

    /// A finding for each rule of `format.md` §2 that a manifest breaks; empty for a capsule's manifest.
    package static func findings(_ raw: RawManifest) -> [Finding] {
        findings(CapsuleShape(raw, mayLackTime: true))
    }

    /// Requires the commit's time, which only a release of the legacy schema may lack.
    func requireTime(in config: [UInt8]) throws(CapsuleError) {
        guard created == nil else { return }
        let release = try? ReleaseManifest.decode(config: config)
        guard release?.schemaVersion != ReleaseManifest.legacySchema else { return }
        throw Self.rejection(of: raw, CapsuleShape(raw, mayLackTime: false))
    }

    private static func rejection(of raw: RawManifest, _ shape: CapsuleShape) -> CapsuleError {
        CapsuleError(.notACapsule, "\(raw.descriptor.digest) is not a capsule", findings: findings(shape))
    }

    private static func findings(_ shape: CapsuleShape) -> [Finding] {
        shape.problems.map { problem in
            Finding(
                rule: "capsule.manifest", message: problem,
                remedy: "name a capsule; `capsule list` shows those of a repository")
        }
    }
}
