internal import CapsuleCore
package import DeliveryConfiguration
internal import Documents
internal import FoundationEssentials
package import GitOps
package import OCI
package import Processes
package import Rendering
internal import Support

/// Checks the tools, the logins and the configuration that the other commands require.
package struct Doctor: Sendable {
    /// The outcome of a check.
    package enum Status: String, Sendable, Codable {
        /// The check passed.
        case ok
        /// Something that some commands require is missing.
        case warn
        /// The check failed.
        case fail
    }

    /// The result of one check.
    package struct Check: Sendable, Codable, Hashable {
        /// The identifier of the check, such as `renderer.kustomize`.
        package var id: String
        /// The outcome.
        package var status: Status
        /// The finding.
        package var detail: String
        /// The remedy; nil when there is nothing to do.
        package var remedy: String?
    }

    /// The results of all checks.
    package struct Report: Sendable, Codable {
        /// The version of this document's schema.
        package var schemaVersion = CapsuleFormat.documentSchema
        /// True when no check failed.
        package var ok: Bool
        /// The checks.
        package var checks: [Check]
    }

    /// The configuration and directories to check.
    package struct Subject: Sendable {
        /// The path of the configuration; nil when there is none.
        package var configurationPath: String?
        /// The configuration, or the error of reading it; nil when there is none.
        package var configuration: Result<CapsuleConfiguration, any Error>?
        /// The GitOps repository, if it is not that of the configuration.
        package var gitops: GitRemote?
        /// The directory of the cache.
        package var cacheDirectory: String
        /// The names and versions of the system's libraries in this process.
        package var libraries: [String]

        /// Creates a subject.
        package init(
            configurationPath: String?, configuration: Result<CapsuleConfiguration, any Error>?, gitops: GitRemote?,
            cacheDirectory: String, libraries: [String]
        ) {
            self.configurationPath = configurationPath
            self.configuration = configuration
            self.gitops = gitops
            self.cacheDirectory = cacheDirectory
            self.libraries = libraries
        }
    }

    /// The oldest supported version of Git: 2.34 (November 2021) has every option in use.
    static let minimumGit = [2, 34]

    let runner: any CommandRunner
    let git: Git
    let opener: any ContentOpener
    let renderer: Renderer
    let now: @Sendable () -> Int64

    /// Creates a doctor that uses the clients and programs of the other commands, so that it checks their environment.
    ///
    /// - Parameter now: the time in seconds since 1970, for keys with a period of validity.
    package init(
        runner: any CommandRunner, git: Git, opener: any ContentOpener, renderer: Renderer,
        now: @escaping @Sendable () -> Int64
    ) {
        self.runner = runner
        self.git = git
        self.opener = opener
        self.renderer = renderer
        self.now = now
    }

    /// Runs all checks. Problems are part of the report; only cancellation is thrown.
    package func examine(
        _ subject: Subject, progress: @Sendable (String) -> Void = { _ in }
    ) async throws -> Report {
        let configuration = try? subject.configuration?.get()
        var checks = [
            Check(id: "libraries", status: .ok, detail: subject.libraries.joined(separator: ", ")),
            await gitProgram(), cache(subject.cacheDirectory), self.configuration(subject),
        ]
        for kind in PackageKind.allCases {
            progress("looking for a \(kind.rawValue) renderer")
            checks.append(try await renders(kind, configuration))
        }
        if let configuration {
            progress("checking \(configuration.image.registry)")
            checks += try await registry(.registry(configuration.image), id: "image", isWritten: false)
            progress("checking \(configuration.capsule)")
            checks += try await registry(configuration.capsule, id: "capsule", isWritten: true)
        }
        if let remote = subject.gitops ?? configuration?.gitops.repository {
            progress("checking \(remote)")
            checks += try await gitops(remote, configuration, subject.cacheDirectory)
        }
        return Report(ok: checks.allSatisfy { $0.status != .fail }, checks: checks)
    }

    private func gitProgram() async -> Check {
        let remedy = "install Git \(Self.minimumGit.map(String.init).joined(separator: ".")) or newer"
        guard let path = runner.find("git") else {
            return Check(id: "git", status: .fail, detail: "there is no git on PATH", remedy: remedy)
        }
        let command = Command(path, ["--version"], environment: ["LC_ALL": "C"], deadline: .seconds(10))
        let text = (try? await runner.run(command))?.text ?? ""
        let version = text.split(separator: " ").dropFirst(2).first ?? ""
        let numbers = version.split(separator: ".").prefix(2).compactMap { Int($0) }
        guard numbers.count == 2, !numbers.lexicographicallyPrecedes(Self.minimumGit) else {
            return Check(id: "git", status: .fail, detail: "\(path) is \(quoted(version))", remedy: remedy)
        }
        return Check(id: "git", status: .ok, detail: "\(version) at \(path)")
    }

    private func cache(_ directory: String) -> Check {
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            let probe = "\(directory)/.probe-\(UInt64.random(in: 0 ... .max))"
            try Data().write(to: URL(filePath: probe))
            try FileManager.default.removeItem(atPath: probe)
            for name in ["git", "renders", "content"] { try CacheDirectory.prepare("\(directory)/\(name)") }
            return Check(id: "cache", status: .ok, detail: directory)
        } catch let error as FileError {
            return Check(id: "cache", status: .warn, detail: error.message)
        } catch {
            return Check(
                id: "cache", status: .warn, detail: "\(directory) cannot be written",
                remedy:
                    "name another directory with --cache-dir; without a cache, every run fetches and renders everything again"
            )
        }
    }

    private func configuration(_ subject: Subject) -> Check {
        let id = "configuration"
        switch subject.configuration {
        case nil:
            return Check(
                id: id, status: .warn, detail: "there is no \(CapsuleConfiguration.fileName) here or above",
                remedy: "write one with `capsule init`, or name one with --config")
        case .failure(let error):
            return Check(id: id, status: .fail, detail: error.message, remedy: "correct the file")
        case .success(let configuration):
            let stages = configuration.stages.count
            return Check(
                id: id, status: .ok,
                detail: "\(subject.configurationPath ?? CapsuleConfiguration.fileName), \(stages) stages")
        }
    }

    private func renders(_ kind: PackageKind, _ configuration: CapsuleConfiguration?) async throws -> Check {
        let id = "renderer.\(kind.rawValue)"
        let needed = configuration?.package.kind == kind
        do {
            return Check(
                id: id, status: .ok,
                detail: "\(try await renderer.identity(for: kind, choice: configuration?.renderer ?? .automatic))")
        } catch let error as RenderError {
            return Check(id: id, status: needed ? .fail : .warn, detail: error.message)
        }
    }

    private func gitops(
        _ remote: GitRemote, _ configuration: CapsuleConfiguration?, _ cacheDirectory: String
    ) async throws -> [Check] {
        do {
            return try await GitOpsWorkspace.with(
                remote, revision: nil, configuration: configuration, git: git,
                cacheDirectory: "\(cacheDirectory)/git"
            ) { workspace in
                let commit = workspace.snapshot.commit.id
                let read = Check(id: "gitops", status: .ok, detail: "\(remote) at \(commit.short) can be read")
                return [read] + (try branches(workspace)) + (try await deployments(workspace))
                    + (try await policy(workspace)) + (try await witnesses(workspace))
            }
        } catch let error as GitError {
            return [
                Check(
                    id: "gitops", status: .fail, detail: error.message,
                    remedy: error.code == .unauthorized
                        ? "give this user a login to the repository: a credential helper or an SSH key" : nil)
            ]
        } catch let error as any Failure where error is CapsuleError || error is DocumentError {
            return [Check(id: "gitops", status: .fail, detail: error.message)]
        }
    }

    /// Checks that the branches of the ladder can exist, and says which of them need protection, which the Git protocol
    /// does not show.
    private func branches(_ workspace: GitOpsWorkspace) throws -> [Check] {
        let configuration = workspace.configuration
        let heads = workspace.snapshot.repository.heads
        let stages = try configuration.stages.map { (stage) throws(CapsuleError) in
            try configuration.stageBranch(stage.name)
        }
        for branch in stages {
            guard let obstacle = heads.obstacle(to: branch) else { continue }
            return [
                Check(
                    id: "branches", status: .fail,
                    detail: "the branch \(branch) cannot be created, because there is a branch \(obstacle)",
                    remedy: "rename or delete that branch, or change gitops.stageBranch")
            ]
        }
        let policy = configuration.gitops.branch
        if let main = heads.defaultBranch, main != policy {
            return [
                Check(
                    id: "branches", status: .warn,
                    detail:
                        "the policy branch is \(policy), which \(CapsuleConfiguration.fileName) on the default branch "
                        + "\(main) names",
                    remedy: "protect both: whoever can push to \(main) can name another policy branch")
            ]
        }
        let names = ([policy] + stages).map(\.description).joined(separator: ", ")
        return [Check(id: "branches", status: .ok, detail: "to be protected against direct pushes: \(names)")]
    }

    private func deployments(_ workspace: GitOpsWorkspace) async throws -> [Check] {
        let names = workspace.configuration.stages.map(\.name)
        let policy = try await workspace.snapshot.environmentPolicy(
            root: workspace.configuration.gitops.root, deployments: names)
        return names.map { name in
            do {
                let deployment = try policy.deployment(name)
                return Check(
                    id: "stage.\(name)", status: .ok,
                    detail: "envType \(deployment.envType), namespace \(deployment.namespace)")
            } catch {
                return Check(
                    id: "stage.\(name)", status: .fail, detail: error.message,
                    remedy: "correct the GitOps repository")
            }
        }
    }
}
