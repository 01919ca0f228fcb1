internal import CapsuleCore
public import DeliveryConfiguration
internal import Documents
internal import FoundationEssentials
public import GitOps
public import OCI
public import Processes
public import Rendering
internal import Support

/// Finds out whether this machine, these logins and this configuration can do the job.
public struct Doctor: Sendable {
    /// How a check came out.
    public enum Status: String, Sendable, Codable {
        /// It is as it should be.
        case ok
        /// Some jobs need it, and it is not there.
        case warn
        /// The job cannot be done.
        case fail
    }

    /// One thing that was looked at.
    public struct Check: Sendable, Codable, Hashable {
        /// What was looked at, such as `renderer.kustomize`.
        public var id: String
        /// How it came out.
        public var status: Status
        /// What was seen.
        public var detail: String
        /// What to do.
        public var remedy: String?
    }

    /// Everything that was looked at.
    public struct Report: Sendable, Codable {
        /// The version of this document.
        public var schemaVersion = ReleaseManifest.currentSchema
        /// Whether nothing failed.
        public var ok: Bool
        /// The checks.
        public var checks: [Check]
    }

    /// What to look at besides the machine.
    public struct Subject: Sendable {
        /// The configuration's path; nil when there is none.
        public var configurationPath: String?
        /// The configuration as it could be read; nil when there is none.
        public var configuration: Result<CapsuleConfiguration, any Error>?
        /// The GitOps repository, where it is not the configuration's.
        public var gitops: GitRemote?
        /// The cache.
        public var cacheDirectory: String
        /// The system's libraries that the program has loaded, by name and version.
        public var libraries: [String]

        /// Names what to look at.
        public init(
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

    /// Git 2.34 (November 2021) is the oldest that the tests were run with an eye on: it knows every option that is used.
    static let minimumGit = [2, 34]

    let runner: any CommandRunner
    let git: Git
    let opener: any ContentOpener
    let renderer: Renderer
    let now: @Sendable () -> Int64

    /// Takes what the commands work with, so that it is their surroundings that are looked at.
    ///
    /// - Parameter now: the time in seconds since 1970, for keys that count for a while.
    public init(
        runner: any CommandRunner, git: Git, opener: any ContentOpener, renderer: Renderer,
        now: @escaping @Sendable () -> Int64
    ) {
        self.runner = runner
        self.git = git
        self.opener = opener
        self.renderer = renderer
        self.now = now
    }

    /// Looks at everything. What is wrong is in the report; nothing but cancellation is thrown.
    public func examine(
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
            progress("asking \(configuration.image.registry)")
            checks.append(try await place(.registry(configuration.image), id: "image"))
            progress("asking \(configuration.capsule)")
            checks.append(try await place(configuration.capsule, id: "capsule"))
        }
        if let remote = subject.gitops ?? configuration?.gitops.repository {
            progress("asking \(remote)")
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
            return Check(id: "cache", status: .ok, detail: directory)
        } catch {
            return Check(
                id: "cache", status: .warn, detail: "\(directory) cannot be written",
                remedy: "name another with --cache-dir; without one, every run fetches and renders everything again")
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

    /// Asks for a tag that no release has: a registry that says "not there" is one that answers and lets this login read.
    private func place(_ place: Place, id: String) async throws -> Check {
        do {
            let tag = try Tag("git-\(String(repeating: "0", count: 40))")
            _ = try await opener.source(place).resolve(tag)
            return Check(id: id, status: .ok, detail: "\(place) can be read")
        } catch let error as OCIError {
            if error.code == .notFound, case .layout = place {
                return Check(id: id, status: .warn, detail: error.message, remedy: "the first publish makes it")
            }
            var remedy = "check the name and the network"
            if error.code == .unauthorized, case .registry(let repository) = place {
                remedy = "docker login \(repository.registry)"
            }
            return Check(id: id, status: .fail, detail: error.message, remedy: remedy)
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
                return [read] + (try await deployments(workspace)) + (try await policy(workspace))
            }
        } catch let error as GitError {
            return [
                Check(
                    id: "gitops", status: .fail, detail: error.message,
                    remedy: error.code == .unauthorized
                        ? "give this user a login for it: a credential helper or an SSH key" : nil)
            ]
        } catch let error as any Failure where error is CapsuleError || error is DocumentError {
            return [Check(id: "gitops", status: .fail, detail: error.message)]
        }
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

extension Doctor.Report {
    /// The report for a person.
    public func text() -> String {
        let width = checks.map(\.id.count).max() ?? 0
        return checks.map { check in
            let mark = check.status == .ok ? "✓" : check.status == .warn ? "!" : "✗"
            let name = check.id + String(repeating: " ", count: width - check.id.count)
            let remedy = check.remedy.map { "\n\(String(repeating: " ", count: width + 4))→ \($0)" } ?? ""
            return "\(mark) \(name)  \(check.detail)\(remedy)\n"
        }.joined()
    }
}
