public import CapsuleCore
public import CapsuleTrust
internal import OCI

/// What a promotion puts on a stage branch: the rendered manifests and the record of their inputs.
///
/// Outside this module it is made from a verified capsule and rendered manifests only.
public struct StageContent: Sendable {
    /// The release.
    public let release: ReleaseRecord.Release
    /// How it was rendered.
    public let render: ReleaseRecord.Render
    /// The rendered files, with paths below `deploy/`.
    public let files: [PackageFile]
    /// When the release's commit was made, in seconds since 1970.
    public let committed: Int64?
    /// The application's repository, without credentials.
    public let source: String?

    /// Joins what was verified with what was rendered from it.
    ///
    /// - Parameters:
    ///   - capsule: the verified capsule.
    ///   - manifests: what the renderer made of it.
    ///   - deployment: the deployment that it was rendered for.
    ///   - policy: the environment policy that it was rendered with.
    public init(
        capsule: VerifiedCapsule, manifests: RenderedManifests, deployment: Deployment, policy: PolicyTree
    ) {
        let freight = capsule.freight
        let package = capsule.release.package
        self.init(
            release: ReleaseRecord.Release(
                gitCommit: capsule.release.gitCommit,
                image: ReleaseRecord.Image(
                    repoURL: freight.image.repoURL, tag: freight.image.tag, digest: freight.image.digest),
                capsule: ReleaseRecord.Capsule(
                    repoURL: freight.capsule.repoURL, tag: freight.capsule.tag, digest: freight.capsule.digest,
                    packageKind: package.kind, packagePath: package.path, packageDigest: capsule.package.digest)),
            render: ReleaseRecord.Render(
                deployment: deployment.name, envType: deployment.envType, namespace: deployment.namespace,
                gitops: ReleaseRecord.GitOps(repository: policy.repository, commit: policy.commit),
                renderer: manifests.renderer, digest: manifests.digest),
            files: manifests.files, committed: capsule.committed, source: capsule.release.source?.repository)
    }

    init(
        release: ReleaseRecord.Release, render: ReleaseRecord.Render, files: [PackageFile], committed: Int64?,
        source: String?
    ) {
        self.release = release
        self.render = render
        self.files = files
        self.committed = committed
        self.source = source
    }

    /// The record.
    public var record: ReleaseRecord { ReleaseRecord(release: release, render: render) }
}
