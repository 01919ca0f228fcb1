internal import CapsuleCore
internal import CapsuleTrust
internal import DeliveryConfiguration
internal import FoundationEssentials
internal import OCI
internal import ReleaseWorkflows
internal import Support

extension BuildOptions {
    /// What `build` and `publish` print in JSON mode.
    private struct Result: Encodable {
        var schemaVersion = JSONOutput.schemaVersion
        var reference: String
        var digest: Digest
        var tag: Tag
        var published: Bool
        var release: ReleaseManifest
        var warnings: [Finding]
        var signature: ReleaseSigner.Report?
        var attestations: [ReleaseAttester.Report]?
    }

    /// The request that the options make, and the configuration that fills it up.
    func prepare(_ session: Session) async throws -> (ReleaseBuild, ReleaseBuild.Request, CapsuleConfiguration?) {
        guard FileManager.default.fileExists(atPath: source) else {
            throw UsageError("there is no directory \(quoted(source)); name the application's repository with --source")
        }
        let workflow = ReleaseBuild(git: session.git, opener: session.opener)
        var request = ReleaseBuild.Request()
        request.repository = source
        request.revision = commit
        request.sourceURL = sourceRepository
        request.image = image
        request.imageDigest = imageDigest
        request.imageRepository = package.imageRepository
        request.kind = package.packageKind
        request.packageSource = package.packageSource
        request.include = package.include.isEmpty ? nil : package.include
        request.entry = package.entry
        request.imageName = package.imageName
        request.sbom = try sbom.map { try InputFile.read($0, option: "--sbom") }
        request.provenance = try provenance.map { try InputFile.read($0, option: "--provenance") }
        request.run = try run.run()
        request.lockImages = lockImages
        request.strict = strict
        session.console.stage("reading \(commit) of \(source)")
        var configuration = try session.namedConfiguration()
        if configuration == nil { configuration = try await workflow.configuration(request) }
        if configuration == nil { configuration = try session.configuration(near: source) }
        return (workflow, request, configuration)
    }

    /// Puts the capsule where it goes, with its evidence where there is a key, and prints its reference.
    func publish(
        _ built: BuiltCapsule, to location: Location, _ session: Session, evidence: PublishedEvidence? = nil
    ) async throws -> ExitStatus {
        guard (location.tag ?? built.tag) == built.tag else {
            throw UsageError(
                "the capsule's tag is \(built.tag), not \(location.tag?.description ?? ""); leave it out of --to")
        }
        if let digest = location.digest, digest != built.digest {
            throw OCIError(.contentMismatch, "the capsule is \(built.digest), not \(digest); nothing was published")
        }
        for warning in built.warnings { session.console.note("\(warning)") }
        session.console.stage("publishing \(built.digest.short) to \(location.place)")
        let progress = CopyProgress(session.console, verb: "publishing")
        let (publication, written) = try await session.opener.withDestination(location.place) { store in
            let options = CopyOptions(progress: { progress.report($0) })
            guard let evidence else {
                return (
                    try await CapsulePublisher.publish(built, to: store, options: options),
                    PublishedEvidence.Report?.none
                )
            }
            var written: PublishedEvidence.Report?
            let publication = try await CapsulePublisher.publish(built, to: store, options: options) { capsule in
                session.console.stage("signing \(capsule.digest.short)")
                written = try await evidence.write(built, capsule, in: store)
            }
            return (publication, written)
        }
        let reference = Location(location.place, tag: built.tag, digest: built.digest)
        if case .unchanged = publication { session.console.note("\(built.tag) is there already, and is the same") }
        var published = true
        if case .unchanged = publication { published = false }
        session.console.result(
            Result(
                reference: "\(reference)", digest: built.digest, tag: built.tag, published: published,
                release: built.release, warnings: built.warnings, signature: written?.signature,
                attestations: written?.attestations),
            text: "\(reference)")
        return .ok
    }
}

extension RunOptions {
    func run() throws -> BuildRun? {
        guard let builderID else {
            guard runID == nil, runStarted == nil, runFinished == nil else {
                throw UsageError(
                    "--run-id, --run-started and --run-finished say something about a builder; add --builder-id URI")
            }
            return nil
        }
        return BuildRun(
            builderID: builderID, invocationID: runID, started: try time(runStarted, "--run-started"),
            finished: try time(runFinished, "--run-finished"))
    }

    private func time(_ text: String?, _ option: String) throws -> Int64? {
        guard let text else { return nil }
        guard let seconds = CapsuleFormat.seconds(text) else {
            throw UsageError("\(option) \(quoted(text)) is not a time; write 2026-01-05T09:00:00Z")
        }
        return seconds
    }
}
