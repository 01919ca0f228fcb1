public import CapsuleCore
public import CapsuleTrust
public import DeliveryConfiguration
public import GitOps
public import OCI
public import Signing
public import Support

/// Builds the capsule of a commit and publishes it: first the content, then signature and attestations, and the tag
/// last.
public struct ReleasePublishing: Sendable {
    /// A request to publish one release.
    public struct Request: Sendable {
        /// The build.
        public var build: ReleaseBuild.Request
        /// The configuration that completes the build request; nil without a `capsule.yaml`.
        public var configuration: CapsuleConfiguration?
        /// The repository, layout or archive to publish to. A tag or a digest asserts those of the capsule.
        public var destination: ArtifactReference
        /// The evidence to attach; nil publishes an unsigned release.
        public var evidence: Evidence?
        /// The trial render; nil renders nothing.
        public var trial: Trial?
        /// Writes the witness of a pair; nil for a capsule.
        public var witness: Witnessing?

        /// Creates a request.
        public init(
            build: ReleaseBuild.Request, configuration: CapsuleConfiguration?, to destination: ArtifactReference,
            evidence: Evidence? = nil, trial: Trial? = nil, witness: Witnessing? = nil
        ) {
            self.build = build
            self.configuration = configuration
            self.destination = destination
            self.evidence = evidence
            self.trial = trial
            self.witness = witness
        }
    }

    /// Writes the witness of a pair, when its package can be read by its digest and before the tag names it.
    public typealias Witnessing = @Sendable (ReleaseManifest) async throws -> WitnessPublishing.Report

    /// A trial render. Its errors end the run before anything is published.
    public typealias Trial = @Sendable (BuiltCapsule) async throws -> TrialRender.Report

    /// The signature and the attestations of a release that is being published.
    public struct Evidence: Sendable {
        /// The key that signs and attests.
        public var key: SigningKey
        /// The repository that signature and attestations name.
        public var repository: Repository
        /// The environment that the provenance describes; nil leaves the attestations of provenance and SBOM out.
        public var environment: BuildEnvironment?

        /// Creates the evidence settings.
        public init(key: SigningKey, repository: Repository, environment: BuildEnvironment?) {
            self.key = key
            self.repository = repository
            self.environment = environment
        }
    }

    /// The result.
    public struct Report: Codable, Sendable {
        /// The version of this document's schema.
        public var schemaVersion = CapsuleFormat.documentSchema
        /// The form; nil for a capsule.
        public var form: ReleaseForm?
        /// The store, tag and digest of the capsule.
        public var reference: String
        /// The capsule's digest.
        public var digest: Digest
        /// The capsule's tag.
        public var tag: Tag
        /// False when the same capsule was published before.
        public var published: Bool
        /// The content of `release.yaml`.
        public var release: ReleaseManifest
        /// Findings of the build that did not stop it.
        public var warnings: [Finding]
        /// The trial render; nil when none was requested.
        public var trial: TrialRender.Report?
        /// The signature; nil without a key.
        public var signature: ReleaseSigner.Report?
        /// The attestations; nil when none were requested.
        public var attestations: [ReleaseAttester.Report]?
        /// The witness of a pair; nil for a capsule.
        public var witness: WitnessPublishing.Report?
    }

    /// An event of a run, for progress output.
    public enum Event: Sendable {
        /// The capsule was built, and it is rendered for trial if that was requested.
        case built(BuiltCapsule)
        /// The capsule was rendered for trial.
        case rendered(TrialRender.Report)
        /// The capsule is about to be copied.
        case publishing(BuiltCapsule)
        /// The copy made progress.
        case copying(CopyEvent)
        /// The content is at the destination, and the signature is being written.
        case signing(Digest)
        /// The package of a pair is at the destination, and its witness is being written.
        case witnessing(BuiltCapsule)
    }

    private let git: Git
    private let opener: any ContentOpener

    /// Creates the workflow.
    public init(git: Git, opener: any ContentOpener) {
        self.git = git
        self.opener = opener
    }

    /// Builds and publishes. A run that was interrupted is completed by running it again.
    ///
    /// - Throws: the errors of `ReleaseBuild.build`, of the trial and `CapsulePublisher.publish`; `CapsuleError.Code.invalidName`
    ///   and `OCIError.Code.contentMismatch` when the destination asserts another tag or digest.
    public func run(_ request: Request, progress: @escaping @Sendable (Event) -> Void = { _ in }) async throws -> Report
    {
        let built = try await ReleaseBuild(git: git, opener: opener)
            .build(request.build, configuration: request.configuration)
        let destination = request.destination
        guard (built.form == .pair) == (request.witness != nil) else {
            throw CapsuleError(
                .witnessRequired,
                built.form == .pair
                    ? "\(CapsuleConfiguration.fileName) has `form: pair`; name the file for the witness with --witness"
                    : "--witness is for `form: pair` in \(CapsuleConfiguration.fileName); a capsule has no witness")
        }
        guard (destination.tag ?? built.tag) == built.tag else {
            throw CapsuleError(
                .invalidName,
                "the capsule's tag is \(built.tag), not \(destination.tag?.description ?? ""); leave it out of \(destination)"
            )
        }
        if let digest = destination.digest, digest != built.digest {
            throw OCIError(.contentMismatch, "the capsule is \(built.digest), not \(digest); nothing was published")
        }
        progress(.built(built))
        let trial = try await request.trial?(built)
        if let trial { progress(.rendered(trial)) }
        progress(.publishing(built))
        return try await opener.withDestination(destination.store) { store in
            let witness = request.witness.map { write in
                let place = request.configuration?.capsule ?? destination.store
                return { @Sendable in try await write(built.witnessed(in: place)) }
            }
            let (publication, evidence, witnessed) = try await publish(
                built, request.evidence, witness, to: store, progress)
            let wasPublished = if case .unchanged = publication { false } else { true }
            return Report(
                form: built.form.reported,
                reference: "\(ArtifactReference(destination.store, tag: built.tag, digest: built.digest))",
                digest: built.digest,
                tag: built.tag, published: wasPublished, release: built.release, warnings: built.warnings,
                trial: trial, signature: evidence?.signature, attestations: evidence?.attestations,
                witness: witnessed)
        }
    }

    private typealias Written = (signature: ReleaseSigner.Report, attestations: [ReleaseAttester.Report]?)

    private func publish(
        _ built: BuiltCapsule, _ evidence: Evidence?,
        _ witness: (@Sendable () async throws -> WitnessPublishing.Report)?, to store: any ContentStore,
        _ progress: @escaping @Sendable (Event) -> Void
    ) async throws -> (Publication, Written?, WitnessPublishing.Report?) {
        let options = CopyOptions(progress: { progress(.copying($0)) })
        guard evidence != nil || witness != nil else {
            return (try await CapsulePublisher.publish(built, to: store, options: options), nil, nil)
        }
        var written: Written?
        var witnessed: WitnessPublishing.Report?
        let publication = try await CapsulePublisher.publish(built, to: store, options: options) { capsule in
            if let evidence {
                progress(.signing(capsule.digest))
                written = try await evidence.write(built, capsule, in: store)
            }
            if let witness {
                progress(.witnessing(built))
                witnessed = try await witness()
            }
        }
        return (publication, written, witnessed)
    }
}

extension ReleasePublishing.Evidence {
    /// Signs the capsule and attests its provenance and SBOM. The evidence is attached together.
    fileprivate func write(
        _ built: BuiltCapsule, _ capsule: Descriptor, in store: any ContentStore
    ) async throws -> (ReleaseSigner.Report, [ReleaseAttester.Report]?) {
        let signer = ReleaseSigner(key: key, repository: repository)
        guard let environment else { return (try await signer.sign(capsule, in: store), nil) }
        let predicates = [
            try environment.provenance(of: built.release),
            try AttestationPredicate(sbom: built.sbom, file: CapsuleFormat.sbomPath),
        ]
        let (signature, attestations) = try await signer.sign(capsule, attesting: predicates, in: store)
        return (signature, attestations)
    }
}
