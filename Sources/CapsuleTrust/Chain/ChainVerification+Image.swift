internal import CapsuleCore
internal import OCI

extension ChainVerification {
    /// Checks that the image has the digest that the release names.
    func imageDigest() -> CheckResult {
        let id = CheckID.imageDigest
        let facts: ImageFacts
        switch image {
        case .value(let value): facts = value
        case .rejected(let rejection): return id.fail(rejection.reason, remedy: rejection.remedy)
        case .notAttempted(let reason): return id.skip(reason)
        }
        var evidence = ["digest": facts.digest.description]
        switch facts.origin {
        case .seen(let store): evidence["seen in"] = store.description
        case .asserted: evidence["origin"] = "asserted, not seen"
        }
        if let expected = facts.expected, expected != facts.digest {
            return id.fail(
                "\(facts.reference ?? "the image") is \(facts.digest), not \(expected) as requested",
                remedy:
                    "the tag was moved, or the request names another image; do not use this release until you know which",
                evidence)
        }
        guard let release else { return id.skip("release.yaml could not be read", evidence) }
        if let named = release.image.digest, named != facts.digest {
            evidence["release.yaml"] = named.description
            return id.fail(
                "release.yaml names the image \(named), and \(facts.reference ?? "the assertion") is \(facts.digest)",
                remedy: "the image tag was moved after the release was built; restore it, or release a new commit",
                evidence)
        }
        if let problem = annotationProblem(CapsuleFormat.Annotation.imageDigest, facts.digest.description) {
            return id.fail(problem, remedy: Self.rebuild, evidence)
        }
        if release.image.digest == nil {
            guard facts.expected != nil || annotations[CapsuleFormat.Annotation.imageDigest] != nil else {
                return id.fail(
                    "neither release.yaml (\(release.schemaVersion)) nor the manifest names a digest, so the release does not identify "
                        + "its image",
                    remedy: "give the digest that was tested: --image REF@sha256:…", evidence)
            }
            evidence["release.yaml"] = "names no digest"
        }
        return id.pass(evidence)
    }

    /// Checks that the image repository in `release.yaml` is the configured one, and that of the capsule's annotation.
    func imageRepository() -> CheckResult {
        let id = CheckID.imageRepository
        guard let release else { return withoutRelease(id) }
        let named = release.image.repoURL
        let evidence = ["repository": named.description]
        if let expected = request.imageRepository, expected != named {
            return id.fail(
                "release.yaml names the image repository \(named), and the configuration \(expected)",
                remedy: "this capsule belongs to another application, or `image` in capsule.yaml is wrong", evidence)
        }
        if let problem = annotationProblem(
            CapsuleFormat.Annotation.imageRef, "\(named):\(release.image.tag)")
        {
            return id.fail(problem, remedy: Self.rebuild, evidence)
        }
        let lookedUp =
            if case .seen(.registry(let repository))? = image.value?.origin { repository == named } else { false }
        guard request.imageRepository != nil || lookedUp || annotations[CapsuleFormat.Annotation.imageRef] != nil else {
            return id.skip("there is nothing to compare the repository in release.yaml with", evidence)
        }
        return id.pass(evidence)
    }
}
