package import CapsuleCore
public import CapsuleTrust
internal import Support

extension Renderer {
    /// Renders a verified release for a deployment, from the very bytes that were verified.
    ///
    /// - Parameters:
    ///   - policy: the environment policy at one commit; only what the render refers to is read.
    /// - Throws: `RenderRejection` when the scan or a proof refuses the release; `RenderError` when the render could not be
    ///   carried out; `CancellationError`.
    public func render(
        _ capsule: VerifiedCapsule, for deployment: Deployment, policy: PolicyTree,
        options: RenderOptions = RenderOptions()
    ) async throws -> RenderedManifests {
        let package = try await awaitBlocking { try capsule.package() }
        return try await render(
            RenderInput(
                release: capsule.pinnedRelease, package: package, packageDigest: capsule.packageDigest,
                deployment: deployment,
                policy: policy,
                options: options))
    }

    /// Renders an unpacked release for a deployment. The files on disk are for people and other tools; what is rendered are
    /// the bytes that were verified, which nobody can have changed since.
    public func render(
        _ capsule: UnpackedCapsule, for deployment: Deployment, policy: PolicyTree,
        options: RenderOptions = RenderOptions()
    ) async throws -> RenderedManifests {
        try await render(capsule.capsule, for: deployment, policy: policy, options: options)
    }
}

extension VerifiedCapsule {
    /// What `release.yaml` says, with the image's digest: a document of the first draft may lack it; what was verified has it.
    package var pinnedRelease: ReleaseManifest {
        var release = release
        release.image.digest = freight.image.digest
        return release
    }
}
