package import OCI
internal import Support

/// The rules for a capsule's manifest, `format.md` §2. Every reader applies this one set, so that a manifest that `verify`
/// rejects cannot be inspected, compared, signed or attested either.
package struct CapsuleShape: Sendable {
    /// The manifest; nil when the bytes are not an image manifest.
    package let manifest: ImageManifest?
    /// The rules that the manifest breaks, in the order of the format; empty for a capsule's manifest.
    package let problems: [String]

    /// The remedy for the problems.
    package let remedy: String
    /// True for the manifest of a capsule that a copy has changed.
    package let isChanged: Bool
    /// The config of a manifest of another shape, when it may tell whether the manifest was a capsule's; nil otherwise.
    let foreignConfig: Descriptor?

    /// Checks a manifest.
    ///
    /// - Parameter config: the bytes of its config, which tell what a manifest of another shape is; nil when they are not
    ///   known.
    package init(_ raw: RawManifest, config: [UInt8]? = nil) {
        let manifest: ImageManifest?
        let problems: [String]
        do {
            (manifest, problems) = try Self.check(raw)
        } catch {
            (manifest, problems) = (nil, [error.message])
        }
        self.manifest = manifest
        guard let first = problems.first else {
            (self.problems, remedy, foreignConfig, isChanged) = ([], "", nil, false)
            return
        }
        let image = manifest ?? (try? raw.imageManifest())
        let isImage =
            image.map { [MediaType.imageConfig, MediaType.dockerConfig].contains($0.config.mediaType) } ?? false
        foreignConfig = isImage ? image?.config : nil
        let version = image?.annotations?[CapsuleFormat.Annotation.format]
        let form = ReleaseForm(formatVersion: version)
        isChanged = form != nil || version == nil && config.map(CapsuleConfig.isOfCapsule) == true
        if version != nil, form == nil {
            self.problems = problems
            remedy = "use a version of capsule that reads this format, or publish the release again with this one"
        } else if isChanged {
            self.problems = [Self.copied(first)] + problems.dropFirst()
            remedy =
                "copy the capsule again from where it was published, with a tool that does not change manifests: "
                + "`capsule copy`, `oras copy`, `crane copy`, or `skopeo copy --preserve-digests`"
        } else {
            let what = MediaType.isIndex(raw.descriptor.mediaType) ? "an index of images" : isImage ? "an image" : nil
            self.problems = what.map { ["it is \($0), not a capsule"] } ?? problems
            remedy = "name a capsule; `capsule list` shows those of a repository"
        }
    }

    private static func copied(_ problem: String) -> String {
        "it is not the capsule that was published: a copy changed its manifest (\(problem))"
    }

    private static func check(_ raw: RawManifest) throws(OCIError) -> (ImageManifest?, [String]) {
        let mediaType = raw.descriptor.mediaType
        guard mediaType == MediaType.imageManifest else {
            let what = MediaType.isIndex(mediaType) ? "an index" : quoted(mediaType)
            return (nil, ["it is \(what), not an image manifest"])
        }
        let manifest = try raw.imageManifest()
        var problems = [raw.descriptor.digest.problem(naming: "a capsule")].compactMap { $0 }
        problems += manifestProblems(manifest) + layerProblems(manifest)
        problems += annotationProblems(manifest.annotations ?? [:])
        // A manifest that breaks a named rule also fails this comparison, and the named rule has the more specific
        // message.
        if problems.isEmpty, !isCanonical(manifest, raw) {
            problems = ["it holds more than the format allows, or is not written in its canonical form"]
        }
        return (manifest, problems)
    }

    private static func manifestProblems(_ manifest: ImageManifest) -> [String] {
        var problems = [manifest.config.digest.problem(naming: "a config")].compactMap { $0 }
        if manifest.mediaType != MediaType.imageManifest {
            problems.append("it has no mediaType; a capsule's is \(MediaType.imageManifest)")
        }
        if let type = manifest.artifactType {
            problems.append("it has the artifactType \(quoted(type)); a capsule has none")
        }
        let config = manifest.config
        if config.mediaType != MediaType.imageConfig {
            problems.append("its config is \(quoted(config.mediaType)); a capsule's is \(MediaType.imageConfig)")
        }
        if config.size > Int64(CapsuleFormat.maximumConfigSize) {
            problems.append("its config has \(config.size) bytes; the limit is \(CapsuleFormat.maximumConfigSize)")
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

    private static func annotationProblems(_ annotations: [String: String]) -> [String] {
        let format = annotations[CapsuleFormat.Annotation.format]
        guard ReleaseForm(formatVersion: format) != nil else {
            return [
                "its annotation \(CapsuleFormat.Annotation.format) is \(quoted(format ?? "")); a capsule's is "
                    + CapsuleFormat.version
            ]
        }
        let unknown = Set(annotations.keys).subtracting(CapsuleFormat.annotationKeys).sorted()
        var problems = unknown.map { "it has the annotation \(quoted($0)), which is not one of the format's" }
        let created = annotations[CapsuleFormat.Annotation.created]
        if created.flatMap(CapsuleFormat.seconds) == nil {
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
            config: manifest.config.target, layers: [titled], annotations: manifest.annotations)
        return manifest == expected && (try? RawManifest.encode(expected)) == raw.bytes
    }
}
