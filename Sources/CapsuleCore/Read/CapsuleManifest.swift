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

    /// The commit's time, seconds since 1970, from the annotation.
    package let created: Int64

    /// The form, from the annotation.
    package let form: ReleaseForm

    /// Reads a manifest as a capsule's.
    ///
    /// - Parameter config: the bytes of its config, if they were read. They say what a manifest of another shape is.
    /// - Throws: `CapsuleError.Code.notACapsule` with a finding for each rule of `format.md` §2 that the manifest breaks.
    package init(_ raw: RawManifest, config: [UInt8]? = nil) throws(CapsuleError) {
        let shape = CapsuleShape(raw, config: config)
        guard let manifest = shape.manifest, let layer = manifest.layers.first, shape.problems.isEmpty,
            let created = manifest.annotations?[CapsuleFormat.Annotation.created].flatMap(CapsuleFormat.seconds),
            let form = ReleaseForm(formatVersion: manifest.annotations?[CapsuleFormat.Annotation.format])
        else {
            throw CapsuleError(
                .notACapsule, "\(raw.descriptor.digest) is not a capsule", findings: Self.findings(shape))
        }
        self.raw = raw
        self.config = manifest.config
        self.layer = layer
        annotations = manifest.annotations ?? [:]
        self.created = created
        self.form = form
    }

    /// A finding for each rule of `format.md` §2 that a manifest breaks; empty for a capsule's manifest.
    package static func findings(_ raw: RawManifest) -> [Finding] { findings(CapsuleShape(raw)) }

    private static func findings(_ shape: CapsuleShape) -> [Finding] {
        shape.problems.map { problem in
            Finding(rule: "capsule.manifest", message: problem, remedy: shape.remedy)
        }
    }
}
