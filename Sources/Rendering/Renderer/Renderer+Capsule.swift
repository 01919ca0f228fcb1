package import CapsuleCore
package import CapsuleTrust
internal import Support

extension Renderer {
    /// Renders a verified release for a deployment, from the bytes that were verified.
    ///
    /// - Parameters:
    ///   - policy: the environment policy at one commit; only referenced files are read.
    /// - Throws: `RenderRejection` when the scan or a proof rejects the release; `RenderError` when the renderer
    ///   fails; `CancellationError`.
    package func render(
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

    /// Renders an unpacked release for a deployment. The render uses the verified bytes in memory; the files on disk
    /// are for people and other tools.
    package func render(
        _ capsule: UnpackedCapsule, for deployment: Deployment, policy: PolicyTree,
        options: RenderOptions = RenderOptions()
    ) async throws -> RenderedManifests {
        try await render(capsule.capsule, for: deployment, policy: policy, options: options)
    }
}

extension VerifiedCapsule {
    /// The content of `release.yaml` with the image's digest, which a document of the first draft may lack but the
    /// verified release has.
    package var pinnedRelease: ReleaseManifest {
        var release = release
        release.image.digest = freight.image.digest
        return release
    }
}
