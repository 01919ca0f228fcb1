internal import CapsuleCore
internal import CapsuleDelivery
internal import OCI

extension ImageOptions {
    /// What to verify, for a release that the user named, with the configuration here or above.
    ///
    /// The configuration's `image` must be the release's when the configuration is about this release: `--config` names it,
    /// or the capsule stands where it says that capsules stand.
    func request(_ release: ReleaseArgument, _ session: Session) throws -> ReleaseVerification.Request {
        let capsule = try release.location(session)
        let configuration = try session.configuration()
        let applies = session.options.config != nil || configuration?.capsule == capsule.place
        return try request(capsule, applies ? configuration : nil)
    }

    /// What to verify, for a release of the application that the configuration describes.
    func request(
        _ release: ReleaseArgument, _ configuration: CapsuleConfiguration
    ) throws -> ReleaseVerification.Request {
        try request(release.location(configuration), configuration)
    }

    private func request(
        _ capsule: Location, _ configuration: CapsuleConfiguration?
    ) throws -> ReleaseVerification.Request {
        ReleaseVerification.Request(
            capsule: capsule, image: image, imageDigest: imageDigest, imageRepository: configuration?.image,
            packageKind: configuration?.package.kind,
            evidence: try trust.requirement(capsule.place, configuration))
    }
}
