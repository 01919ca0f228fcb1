internal import CapsuleDelivery
internal import OCI

extension ImageOptions {
    /// What to verify, for a release that the user named.
    ///
    /// The configuration's `image` must be the release's when the configuration is about this release: `--config` names it,
    /// or the capsule stands where it says that capsules stand.
    func request(_ release: ReleaseArgument, _ session: Session) throws -> ReleaseVerification.Request {
        let capsule = try release.location(session)
        let configuration = try session.namedConfiguration() ?? session.configuration(near: ".")
        let applies = session.options.config != nil || configuration?.capsule == capsule.place
        return ReleaseVerification.Request(
            capsule: capsule, image: image, imageDigest: imageDigest,
            imageRepository: applies ? configuration?.image : nil,
            packageKind: applies ? configuration?.package.kind : nil)
    }
}
