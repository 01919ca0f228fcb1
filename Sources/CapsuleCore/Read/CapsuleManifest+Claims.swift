internal import OCI

extension CapsuleManifest {
    /// What an artifact says about its release without `release.yaml`: the annotations of a pair's package, and the
    /// package section of its config. The source's path and further images are in the witness alone.
    ///
    /// - Throws: `CapsuleError.Code.notACapsule`
    func claimedRelease(_ package: ReleaseManifest.Package) throws(CapsuleError) -> ReleaseManifest {
        typealias Annotation = CapsuleFormat.Annotation
        guard let commit = annotations[Annotation.revision].flatMap({ try? CommitID($0) }),
            let reference = annotations[Annotation.imageRef].flatMap({ try? ArtifactReference($0) }),
            case .registry(let repository) = reference.store, let tag = reference.tag
        else {
            throw CapsuleError(
                .notACapsule,
                "\(digest) is not a valid package: its annotations do not name a commit and an image; do not use it, build "
                    + "and publish a new release")
        }
        return ReleaseManifest(
            gitCommit: commit, source: annotations[Annotation.source].map { .init(repository: $0, path: nil) },
            image: .init(
                repoURL: repository, tag: tag, digest: annotations[Annotation.imageDigest].flatMap { try? Digest($0) }),
            package: package, metadata: nil, packing: nil)
    }
}

extension Capsule {
    /// The form of the release.
    package var form: ReleaseForm { shape.form }
}
