internal import CapsuleCore
internal import CommandParser
internal import DeliveryConfiguration
internal import FoundationEssentials
internal import GitOps
internal import OCI
internal import ReleaseWorkflows
internal import Rendering
internal import Support

/// The trial render of a release before it is published, for `build` and `publish`.
struct TrialOptions: ParsableArguments, Sendable {
    @Flag(
        help: ArgumentHelp(
            "Render the release for trial before it is published, and fail when that is rejected or not possible."))
    var check = false

    @Option(
        help: ArgumentHelp(
            "The GitOps repository whose policies the trial render uses: a URL or a directory. It implies --check "
                + "(default: the repository that capsule.yaml is in, or that it names by a path).",
            valueName: "repository"),
        completion: .directory)
    var gitops: String?

    /// True when the user requires a trial render.
    var isRequired: Bool { check || gitops != nil }
}

/// The GitOps repository of a trial render.
private struct TrialRepository: Sendable {
    let remote: GitRemote
    var revision: String?
    /// The configuration; nil for the one in the repository.
    var configuration: CapsuleConfiguration?
}

extension TrialOptions {
    /// The trial of a build.
    ///
    /// A trial that is not required renders only with policies that are on this machine, and is left out when it is not
    /// possible.
    ///
    /// - Parameters:
    ///   - source: the application's repository.
    ///   - configuration: the configuration of the build.
    func trial(
        source: String, _ configuration: CapsuleConfiguration?, to store: StoreReference, _ session: Session
    ) throws -> ReleasePublishing.Trial {
        let repository = try repository(source, configuration, session)
        let render = { @Sendable (built: BuiltCapsule) async throws -> TrialRender.Report in
            let trial = TrialRender(renderer: try session.renderer(), opener: session.opener)
            guard let repository else {
                return try await trial.render(built, for: store, configuration: configuration)
            }
            return try await GitOpsWorkspace.with(
                repository.remote, revision: repository.revision, configuration: repository.configuration,
                git: session.git, cacheDirectory: "\(try session.cacheDirectory())/git"
            ) { workspace in
                try await trial.render(built, for: store, in: workspace)
            }
        }
        if isRequired {
            return { built in
                let report = try await render(built)
                guard let reason = report.skipped else { return report }
                throw CapsuleError(
                    .notFound, "the release cannot be rendered for trial: \(reason); nothing was published")
            }
        }
        return { built in
            guard repository != nil else {
                return TrialRender.Report(
                    skipped: "no GitOps repository is on this machine; name one with --gitops")
            }
            do {
                return try await render(built)
            } catch let error where error is TrialRejection || error is VerificationRejection {
                throw error
            } catch let error as CancellationError {
                throw error
            } catch {
                return TrialRender.Report(skipped: ErrorOutput(error).error.message)
            }
        }
    }

    /// The repository that the options name, else the one around `capsule.yaml`, else the one that it names by a path.
    private func repository(
        _ source: String, _ configuration: CapsuleConfiguration?, _ session: Session
    ) throws -> TrialRepository? {
        let named = try session.namedConfiguration()
        if let gitops {
            let remote = try GitRemote(gitops, plainHTTPHosts: session.options.plainHTTPHosts)
            return TrialRepository(remote: remote, configuration: named)
        }
        let here = FileManager.default.currentDirectoryPath
        func absolute(_ path: String) -> String { path.hasPrefix("/") ? path : "\(here)/\(path)" }
        if let path = session.options.config ?? CapsuleConfiguration.find(from: absolute(source)),
            let tree = try? GitOpsWorkingTree(
                configuration: absolute(path), plainHTTPHosts: session.options.plainHTTPHosts), tree.hasDeployments
        {
            // The commit that is checked out, whatever its branch is: nothing is promoted.
            return TrialRepository(
                remote: try GitRemote(tree.top), revision: "HEAD", configuration: tree.configuration)
        }
        guard let remote = configuration?.gitops.repository, remote.isHere else { return nil }
        // A configuration without stages is that of an application; the one with the stages is in the repository.
        return TrialRepository(
            remote: remote, configuration: named ?? (configuration?.stages.isEmpty == false ? configuration : nil))
    }
}
