internal import CapsuleTrust
internal import DeliveryConfiguration
internal import EvidencePolicies
internal import OCI
internal import ReleaseWorkflows
internal import Support

extension ImageOptions {
    /// The verification of a release that the user named, with the configuration in this directory or above it.
    ///
    /// The release must have the `image` of the configuration when the configuration is about this release: `--config`
    /// names it, or the capsule is in the repository that it names.
    ///
    /// - Parameter stage: the stage whose rules of `--policy` apply; nil for the rules of every stage.
    func request(
        _ release: ReleaseArgument, _ session: Session, stage: String? = nil
    ) throws -> ReleaseVerification.Request {
        let request = try bare(release, session)
        let applying = try session.configuration(about: request.capsule.store)
        guard let policy = request.policy else { return request }
        if let applying { try policy.check(against: applying.stages) }
        if let stage { _ = try policy.stages(stage, of: applying) }
        guard stage != nil || !policy.rules(for: nil).isEmpty || !policy.revokedReleases.isEmpty else {
            throw UsageError("\(policy.name) requires nothing of every stage; name a stage with --stage")
        }
        return try request.requiringEvidence(policy, for: stage, applying, now: WallClock.system())
    }

    /// The same verification without the requirements of `--policy`.
    func bare(_ release: ReleaseArgument, _ session: Session) throws -> ReleaseVerification.Request {
        let capsule = try release.reference(session)
        return try request(capsule, session.configuration(about: capsule.store))
    }

    /// The verification of a release of the application that the configuration describes.
    func request(
        _ release: ReleaseArgument, _ configuration: CapsuleConfiguration
    ) throws -> ReleaseVerification.Request {
        try request(release.reference(configuration), configuration)
    }

    /// Runs `body`, and starts to read the release meanwhile if the command line or the configuration on this machine names
    /// its repository. `body` uses what was read only if the configuration of the GitOps repository names the same release.
    func reading<Result: Sendable>(
        _ release: ReleaseArgument, _ session: Session, _ body: (StartedReading?) async throws -> Result
    ) async throws -> Result {
        guard let capsule = try? release.reference(session) else { return try await body(nil) }
        return try await StartedReading.with(
            ReleaseVerification.Request(capsule: capsule, image: image, imageDigest: imageDigest),
            opener: session.opener, body)
    }

    private func request(
        _ capsule: ArtifactReference, _ configuration: CapsuleConfiguration?
    ) throws -> ReleaseVerification.Request {
        ReleaseVerification.Request(
            capsule: capsule, image: image, imageDigest: imageDigest, imageRepository: configuration?.image,
            packageKind: configuration?.package.kind,
            evidence: try trust.requirement(capsule.store, configuration), policy: try trust.policy.load(),
            repository: trust.signedFor.repository)
    }
}
