internal import CapsuleCore
internal import OCI
internal import Support

extension Examination {
    /// The tag names the digest that is pinned.
    func capsuleDigest() -> CheckResult {
        let id = CheckID.capsuleDigest
        if let first = capsule.expectedDigests.first, let other = capsule.expectedDigests.first(where: { $0 != first })
        {
            return id.fail(
                "the capsule was asked for as \(first), and \(other) is pinned",
                remedy: "promote the digest that the stage before this one holds",
                ["asked": "\(first)", "pinned": "\(other)"])
        }
        let descriptor: Descriptor
        switch capsule.descriptor {
        case .value(let value): descriptor = value
        case .refused(let refusal): return id.fail(refusal.reason, remedy: refusal.remedy)
        case .unknown(let reason): return id.skip(reason)
        }
        var evidence = ["digest": descriptor.digest.description]
        if let expected = capsule.expectedDigests.first, expected != descriptor.digest {
            return id.fail(
                "\(capsule.place) gave \(descriptor.digest) for \(expected)", remedy: Refusal.publishAgain, evidence)
        }
        switch capsule.tagged {
        case .value(let tagged):
            if let tag = capsule.tag { evidence["tag"] = tag.description }
            guard tagged.digest == descriptor.digest else {
                return id.fail(
                    "the tag \(capsule.tag.map { "\($0)" } ?? "") names \(tagged.digest) now, and \(descriptor.digest) is pinned",
                    remedy: "the tag was moved; keep to the pinned digest, and find out who moved it", evidence)
            }
        case .refused(let refusal):
            guard capsule.requestedTag == nil else {
                return id.fail(refusal.reason, remedy: refusal.remedy, evidence)
            }
            // Pinned by digest alone: a mirror need not carry the tag.
            evidence["tag"] = "not in \(capsule.place)"
        case .unknown(let reason): evidence["tag"] = reason
        }
        if !capsule.expectedDigests.isEmpty { evidence["pinned"] = "yes" }
        return id.pass(evidence)
    }

    /// The manifest has the shape of the format, and nothing else in it.
    func capsuleManifest() -> CheckResult {
        let id = CheckID.capsuleManifest
        let raw: RawManifest
        switch capsule.manifest {
        case .value(let value): raw = value
        case .refused(let refusal): return id.fail(refusal.reason, remedy: refusal.remedy)
        case .unknown(let reason): return id.skip(reason)
        }
        let evidence = ["mediaType": raw.descriptor.mediaType, "size": "\(raw.bytes.count)"]
        if raw.descriptor.mediaType != MediaType.imageManifest {
            let isIndex = MediaType.isIndex(raw.descriptor.mediaType)
            return id.fail(
                isIndex
                    ? "the tag names an index; a capsule is one image manifest"
                    : "the manifest is a \(quoted(raw.descriptor.mediaType)); a capsule is an OCI image manifest",
                remedy: Self.rebuild, evidence)
        }
        switch capsule.image {
        case .value(let manifest):
            guard let problem = shapeProblem(manifest, raw) else {
                return id.pass(evidence.merging(["artifactType": CapsuleFormat.artifactType]) { $1 })
            }
            return id.fail(problem, remedy: Self.rebuild, evidence)
        case .refused(let refusal): return id.fail(refusal.reason, remedy: refusal.remedy, evidence)
        case .unknown(let reason): return id.skip(reason, evidence)
        }
    }

    private func shapeProblem(_ manifest: ImageManifest, _ raw: RawManifest) -> String? {
        if manifest.artifactType != CapsuleFormat.artifactType {
            return "its artifactType is \(quoted(manifest.artifactType ?? "")), not \(CapsuleFormat.artifactType): "
                + "this is no capsule"
        }
        if manifest.config.mediaType != CapsuleFormat.configMediaType {
            return "its config is a \(quoted(manifest.config.mediaType)), not a \(CapsuleFormat.configMediaType)"
        }
        guard let layer = manifest.layers.first, manifest.layers.count == 1 else {
            return "it has \(manifest.layers.count) layers; a capsule has one"
        }
        if layer.mediaType != MediaType.layerTarGzip {
            return "its layer is a \(quoted(layer.mediaType)), not a \(MediaType.layerTarGzip)"
        }
        if layer.annotations?[CapsuleFormat.Annotation.title] != CapsuleFormat.layerTitle {
            return "its layer is not titled \(CapsuleFormat.layerTitle)"
        }
        let known = Set(CapsuleFormat.annotationKeys)
        if let key = annotations.keys.filter({ !known.contains($0) }).min() {
            return "it has the annotation \(quoted(key)), which is none of the format's"
        }
        let created = annotations[CapsuleFormat.Annotation.created]
        if created.map({ CapsuleFormat.seconds($0) == nil }) ?? !isLegacy {
            return "its annotation \(CapsuleFormat.Annotation.created) is \(quoted(created ?? "")), not a time such as "
                + "2026-01-02T03:04:05Z"
        }
        // Built again from those facts it must be the same, and so must its bytes: no subject, no URLs, no embedded data, no
        // unknown or repeated key.
        let expected = ImageManifest(
            artifactType: CapsuleFormat.artifactType, config: manifest.config.target,
            layers: [
                Descriptor(
                    mediaType: layer.mediaType, digest: layer.digest, size: layer.size,
                    annotations: [CapsuleFormat.Annotation.title: CapsuleFormat.layerTitle])
            ],
            annotations: manifest.annotations)
        guard manifest == expected, let encoded = try? RawManifest(encoding: expected), encoded.bytes == raw.bytes
        else {
            return "it holds more than the format allows, or is not written in its canonical form"
        }
        return nil
    }

    /// The layer is whole, keeps the rules of the archive, and carries the commit's time.
    func capsuleLayer() -> CheckResult {
        let id = CheckID.capsuleLayer
        switch capsule.layer {
        case .value: break
        case .refused(let refusal): return id.fail(refusal.reason, remedy: refusal.remedy)
        case .unknown(let reason): return id.skip(reason)
        }
        let descriptor = capsule.image.value?.layers.first
        var evidence = ["digest": descriptor?.digest.description ?? "", "size": "\(descriptor?.size ?? 0)"]
        switch capsule.contents {
        case .value(let contents):
            evidence["files"] = "\(contents.count)"
            if let created = annotations[CapsuleFormat.Annotation.created].flatMap({ CapsuleFormat.seconds($0) }),
                let modified = contents.modified, created != modified
            {
                return id.fail(
                    "its files are of \(CapsuleFormat.timestamp(modified)), and the manifest was created "
                        + CapsuleFormat.timestamp(created),
                    remedy: Self.rebuild, evidence)
            }
            return id.pass(evidence)
        case .refused(let refusal): return id.fail(refusal.reason, remedy: refusal.remedy, evidence)
        case .unknown(let reason): return id.skip(reason, evidence)
        }
    }
}
