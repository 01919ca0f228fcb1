package import OCI
internal import Support

/// The rules for a capsule's manifest, `format.md` §2. Every reader applies this one set, so that a manifest that `verify`
/// rejects cannot be inspected, compared, signed or attested either.
package struct CapsuleShape: Sendable {
    /// The manifest; nil when the bytes are not an image manifest.
    package let manifest: ImageManifest?
    /// The rules that the manifest breaks, in the order of the format; empty for a capsule's manifest.
    package let problems: [String]

    /// Checks a manifest.
    ///
    /// - Parameter mayLackTime: accepts a manifest without the commit's time. Releases of the legacy schema may lack it,
    ///   and the manifest alone does not say which schema `release.yaml` has.
    package init(_ raw: RawManifest, mayLackTime: Bool) {
        let mediaType = raw.descriptor.mediaType
        guard mediaType == MediaType.imageManifest else {
            let what = MediaType.isIndex(mediaType) ? "an index" : quoted(mediaType)
            manifest = nil
            problems = ["it is \(what), not an image manifest"]
            return
        }
        do {
            let manifest = try raw.imageManifest()
            var problems = [raw.descriptor.digest.problem(naming: "a capsule")].compactMap { $0 }
            problems += Self.manifestProblems(manifest) + Self.layerProblems(manifest)
            problems += Self.annotationProblems(manifest.annotations ?? [:], mayLackTime: mayLackTime)
            // A manifest that breaks a named rule also fails this comparison, and the named rule has the more specific
            // message.
            if problems.isEmpty, !Self.isCanonical(manifest, raw) {
                problems = ["it holds more than the format allows, or is not written in its canonical form"]
            }
            self.manifest = manifest
            self.problems = problems
        } catch {
            manifest = nil
            problems = [error.message]
        }
    }

    private static func manifestProblems(_ manifest: ImageManifest) -> [String] {
        var problems = [manifest.config.digest.problem(naming: "a config")].compactMap { $0 }
        if manifest.mediaType != MediaType.imageManifest {
            problems.append("it has no mediaType; a capsule's is \(MediaType.imageManifest)")
        }
        if manifest.artifactType != CapsuleFormat.artifactType {
            problems.append(
                "its artifactType is \(quoted(manifest.artifactType ?? "")); a capsule's is \(CapsuleFormat.artifactType)"
            )
        }
        let config = manifest.config
        if config.mediaType != CapsuleFormat.configMediaType {
            problems.append(
                "its config is \(quoted(config.mediaType)); a capsule's is \(CapsuleFormat.configMediaType)")
        }
        if config.size > Int64(CapsuleFormat.maximumReleaseSize) {
            problems.append("its config has \(config.size) bytes; the limit is \(CapsuleFormat.maximumReleaseSize)")
        }
        if manifest.subject != nil { problems.append("it has a subject, which is more than the format allows") }
        return problems
    }

    private static func layerProblems(_ manifest: ImageManifest) -> [String] {
        guard manifest.layers.count == 1, let layer = manifest.layers.first else {
            return ["it has \(manifest.layers.count) layers; a capsule has one"]
        }
        var problems = [layer.digest.problem(naming: "a layer")].compactMap { $0 }
        if layer.mediaType != MediaType.layerTarGzip {
            problems.append("its layer is a \(quoted(layer.mediaType)); a capsule's is \(MediaType.layerTarGzip)")
        }
        if layer.size > CapsuleFormat.maximumLayerSize {
            problems.append("its layer has \(layer.size) bytes; the limit is \(CapsuleFormat.maximumLayerSize)")
        }
        if layer.annotations?[CapsuleFormat.Annotation.title] != CapsuleFormat.layerTitle {
            problems.append("its layer is not titled \(CapsuleFormat.layerTitle)")
        }
        return problems
    }

    private static func annotationProblems(_ annotations: [String: String], mayLackTime: Bool) -> [String] {
        let unknown = Set(annotations.keys).subtracting(CapsuleFormat.annotationKeys).sorted()
        var problems = unknown.map { "it has the annotation \(quoted($0)), which is not one of the format's" }
        let created = annotations[CapsuleFormat.Annotation.created]
        if created.map({ CapsuleFormat.seconds($0) == nil }) ?? !mayLackTime {
            problems.append(
                "its annotation \(CapsuleFormat.Annotation.created) is \(quoted(created ?? "")), not a time such as "
                    + "2026-01-02T03:04:05Z")
        }
        return problems
    }

    /// True when encoding the manifest again from the fields that the format defines gives the same bytes: no URLs, no
    /// embedded data, no unknown or repeated key, no white space.
    private static func isCanonical(_ manifest: ImageManifest, _ raw: RawManifest) -> Bool {
        guard let layer = manifest.layers.first else { return false }
        var titled = layer.target
        titled.annotations = [CapsuleFormat.Annotation.title: CapsuleFormat.layerTitle]
        let expected = ImageManifest(
            artifactType: CapsuleFormat.artifactType, config: manifest.config.target, layers: [titled],
            annotations: manifest.annotations)
        return manifest == expected && (try? RawManifest(encoding: expected))?.bytes == raw.bytes
    }
}
