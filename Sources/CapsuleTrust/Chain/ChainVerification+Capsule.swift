internal import CapsuleCore
internal import OCI
internal import Support

extension ChainVerification {
    /// Checks that the tag names the pinned digest.
    func capsuleDigest() -> CheckResult {
        let id = CheckID.capsuleDigest
        if let first = capsule.expectedDigests.first, let other = capsule.expectedDigests.first(where: { $0 != first })
        {
            return id.fail(
                "the request names the capsule \(first), and \(other) is pinned",
                remedy: "promote the digest that the upstream stage holds",
                ["asked": "\(first)", "pinned": "\(other)"])
        }
        let descriptor: Descriptor
        switch capsule.descriptor {
        case .value(let value): descriptor = value
        case .rejected(let rejection): return id.fail(rejection.reason, remedy: rejection.remedy)
        case .notAttempted(let reason): return id.skip(reason)
        }
        var evidence = ["digest": descriptor.digest.description]
        if let expected = capsule.expectedDigests.first, expected != descriptor.digest {
            return id.fail(
                "\(capsule.store) gave \(descriptor.digest) for \(expected)", remedy: RejectionReason.publishAgain,
                evidence)
        }
        switch capsule.tagged {
        case .value(let tagged):
            if let tag = capsule.tag { evidence["tag"] = tag.description }
            guard tagged.digest == descriptor.digest else {
                return id.fail(
                    "the tag \(capsule.tag.map { "\($0)" } ?? "") names \(tagged.digest) now, and \(descriptor.digest) is pinned",
                    remedy: "the tag was moved; use the pinned digest, and find out who moved the tag", evidence)
            }
        case .rejected(let rejection):
            guard capsule.requestedTag == nil else {
                return id.fail(rejection.reason, remedy: rejection.remedy, evidence)
            }
            // The request pins the digest and has no tag: a mirror need not have the tag.
            evidence["tag"] = "not in \(capsule.store)"
        case .notAttempted(let reason): evidence["tag"] = reason
        }
        if !capsule.expectedDigests.isEmpty { evidence["pinned"] = "yes" }
        return id.pass(evidence)
    }

    /// Checks that the manifest has the shape of `format.md` §2.
    func capsuleManifest() -> CheckResult {
        let id = CheckID.capsuleManifest
        let raw: RawManifest
        switch capsule.manifest {
        case .value(let value): raw = value
        case .rejected(let rejection): return id.fail(rejection.reason, remedy: rejection.remedy)
        case .notAttempted(let reason): return id.skip(reason)
        }
        let evidence = ["mediaType": raw.descriptor.mediaType, "size": "\(raw.bytes.count)"]
        let shape = CapsuleShape(raw, config: capsule.config.value)
        if let problem = shape.problems.first { return id.fail(problem, remedy: shape.remedy, evidence) }
        return id.pass(evidence.merging(["format": capsule.form.formatVersion]) { $1 })
    }

    /// Checks that the layer is complete, follows the rules for archives, and has the commit's time.
    func capsuleLayer() -> CheckResult {
        let id = CheckID.capsuleLayer
        switch capsule.layer {
        case .value: break
        case .rejected(let rejection): return id.fail(rejection.reason, remedy: rejection.remedy)
        case .notAttempted(let reason): return id.skip(reason)
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
                    "its files are dated \(CapsuleFormat.timestamp(modified)), and the manifest was created "
                        + CapsuleFormat.timestamp(created),
                    remedy: Self.rebuild, evidence)
            }
            if let config = config.value, config.unpackedLayer != contents.unpacked {
                return id.fail(
                    "it unpacks to \(contents.unpacked), and the config says \(config.unpackedLayer)",
                    remedy: Self.rebuild, evidence)
            }
            return id.pass(evidence)
        case .rejected(let rejection): return id.fail(rejection.reason, remedy: rejection.remedy, evidence)
        case .notAttempted(let reason): return id.skip(reason, evidence)
        }
    }
}
