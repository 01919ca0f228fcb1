internal import OCI

extension CapsuleFormat {
    /// The annotations of a release's manifest, which the builder writes and the verifier requires.
    ///
    /// - Parameters:
    ///   - form: the form of the artifact.
    ///   - committed: the commit's committer time in seconds since 1970.
    package static func annotations(
        of release: ReleaseManifest, form: ReleaseForm = .capsule, committed: Int64
    ) -> [String: String] {
        var annotations = identityAnnotations(of: release, form: form)
        annotations[Annotation.created] = timestamp(committed)
        return annotations
    }

    /// The annotations that `release.yaml` alone determines: all but the time.
    package static func identityAnnotations(
        of release: ReleaseManifest, form: ReleaseForm = .capsule
    ) -> [String: String] {
        var annotations = [
            Annotation.format: form.formatVersion,
            Annotation.revision: release.gitCommit.description,
            Annotation.version: release.identity.description,
            Annotation.title: "\(release.image.repoURL.lastSegment) \(release.identity)",
            Annotation.imageRef: "\(release.image.repoURL):\(release.image.tag)",
            Annotation.packageKind: release.package.kind.rawValue,
            Annotation.packagePath: release.package.path.description,
        ]
        annotations[Annotation.source] = release.source?.repository
        annotations[Annotation.imageDigest] = release.image.digest?.description
        annotations[Annotation.packageDigest] = release.package.digest?.description
        return annotations
    }
}
