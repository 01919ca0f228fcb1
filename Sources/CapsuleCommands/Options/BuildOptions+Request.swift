internal import CapsuleCore
internal import DeliveryConfiguration
internal import FoundationEssentials
internal import OCI
internal import ReleaseWorkflows
internal import Support

extension BuildOptions {
    /// The build that the options request.
    func request() throws -> ReleaseBuild.Request {
        guard FileManager.default.fileExists(atPath: source) else {
            throw UsageError("there is no directory \(quoted(source)); name the application's repository with --source")
        }
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
        return request
    }

    /// The configuration of the build: that of `--config`, else that of the commit, else the one in `--source` or
    /// above it.
    func configuration(_ request: ReleaseBuild.Request, _ session: Session) async throws -> CapsuleConfiguration? {
        if let named = try session.namedConfiguration() { return named }
        session.console.stage("reading \(commit) of \(source)")
        let build = ReleaseBuild(git: session.git, opener: session.opener)
        return try await build.configuration(request) ?? session.configuration(near: source)
    }
}

extension RunOptions {
    /// The run that the provenance describes; nil without `--builder-id`.
    func run() throws -> BuildRun? {
        guard let builderID else {
            guard runID == nil, runStarted == nil, runFinished == nil else {
                throw UsageError(
                    "--run-id, --run-started and --run-finished describe a run of a builder; add --builder-id URI")
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
