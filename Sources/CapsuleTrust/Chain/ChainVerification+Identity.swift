internal import CapsuleCore
internal import OCI
internal import Support

extension ChainVerification {
    /// Checks that the image tag is a release identity; the whole tag must match.
    func identityTag() -> CheckResult {
        let id = CheckID.identityTag
        guard let tag = imageTag else { return id.skip("release.yaml could not be read, and no image tag was given") }
        guard let identity = try? ReleaseIdentity(tag.description) else {
            return id.fail(
                "the image tag \(quoted(tag.description)) is not a release identity",
                remedy: "tag the image git-<full commit id>, lowercase, and publish the release with it")
        }
        return id.pass(["tag": identity.description])
    }

    /// Checks that the capsule's tag equals the image's.
    func identityPair() -> CheckResult {
        let id = CheckID.identityPair
        guard let capsuleTag = capsule.tag else {
            return id.skip("the request names the capsule by digest, and its manifest has no tag")
        }
        var tags: [(String, Tag)] = []
        if let tag = image.value?.tag { tags.append(("the image's tag", tag)) }
        if let tag = release?.image.tag { tags.append(("the image tag in release.yaml", tag)) }
        guard !tags.isEmpty else { return id.skip("release.yaml could not be read, and no image was looked up") }
        for (what, tag) in tags where tag != capsuleTag {
            return id.fail(
                "the capsule's tag is \(capsuleTag) and \(what) is \(tag): these are two releases",
                remedy: "name the capsule and the image of one release",
                ["capsule": "\(capsuleTag)", "image": "\(tag)"])
        }
        if let problem = annotationProblem(CapsuleFormat.Annotation.version, capsuleTag.description) {
            return id.fail(
                problem, remedy: "the capsule was published under another tag than its own; \(Self.rebuild)",
                ["capsule": "\(capsuleTag)"])
        }
        return id.pass(["tag": capsuleTag.description])
    }

    /// Checks that `gitCommit` is the commit of the identity.
    func releaseCommit() -> CheckResult {
        let id = CheckID.releaseCommit
        guard let release else { return withoutRelease(id) }
        let identity = capsule.identity ?? imageTag.flatMap { try? ReleaseIdentity($0.description) }
        guard let identity else { return id.skip("no tag is a release identity to compare gitCommit with") }
        guard release.gitCommit == identity.commit else {
            return id.fail(
                "release.yaml says commit \(release.gitCommit) and the tag \(identity)",
                remedy: Self.rebuild, ["gitCommit": "\(release.gitCommit)", "tag": "\(identity)"])
        }
        if let problem = annotationProblem(CapsuleFormat.Annotation.revision, release.gitCommit.description) {
            return id.fail(problem, remedy: Self.rebuild, ["gitCommit": "\(release.gitCommit)"])
        }
        return id.pass(["gitCommit": release.gitCommit.description])
    }
}
