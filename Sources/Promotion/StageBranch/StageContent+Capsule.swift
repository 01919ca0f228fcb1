internal import CapsuleCore
package import CapsuleTrust
package import Rendering

extension StageContent {
    /// The content that a promotion of this capsule writes to the stage branch for the given render.
    package init(
        _ capsule: VerifiedCapsule, _ rendered: RenderedManifests, for deployment: Deployment, policy: PolicyTree
    ) {
        self.init(
            release: ReleaseRecord.Release(capsule),
            render: .init(
                deployment: deployment.name, envType: deployment.envType, namespace: deployment.namespace,
                gitops: .init(repository: policy.repository, commit: policy.commit), renderer: rendered.renderer,
                digest: rendered.digest),
            files: rendered.files, committed: capsule.committed, source: capsule.release.source?.repository)
    }
}

extension ReleaseRecord.Release {
    /// The release of a verified capsule.
    package init(_ capsule: VerifiedCapsule) {
        let release = capsule.release
        let freight = capsule.freight
        self.init(
            gitCommit: release.gitCommit,
            image: .init(repoURL: freight.image.repoURL, tag: freight.image.tag, digest: freight.image.digest),
            capsule: .init(
                repoURL: freight.capsule.repoURL, tag: freight.capsule.tag, digest: freight.capsule.digest,
                packageKind: release.package.kind, packagePath: release.package.path,
                packageDigest: capsule.packageDigest),
            witness: capsule.witness)
    }
}
