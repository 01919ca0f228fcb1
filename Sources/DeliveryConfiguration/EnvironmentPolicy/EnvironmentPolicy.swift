package import CapsuleCore
internal import Documents
package import GitOps
internal import OCI
package import Rendering
internal import Support

/// The application's part of a GitOps repository at one commit: the names of all deployments, and the policy of the
/// requested deployments.
package struct EnvironmentPolicy: Sendable {
    /// The maximum number of policy files, far above any real repository.
    package static let maximumFiles = 10_000

    /// The repository, without credentials.
    package let repository: String
    /// The commit.
    package let commit: CommitID
    /// The application's directory; nil for the root of the repository.
    package let root: RelativePath?
    /// The names of all deployments.
    package let deployments: [String]

    private let files: [PackageFile]

    init(repository: String, commit: CommitID, root: RelativePath?, deployments: [String], files: [PackageFile]) {
        self.repository = repository
        self.commit = commit
        self.root = root
        self.deployments = deployments
        self.files = files
    }

    /// The deployment that `deployments/<name>/deployment.yaml` describes.
    ///
    /// - Throws: `CapsuleError`: `.notFound`, listing the deployments of the application; `.invalidDocument`
    package func deployment(_ name: String) throws -> Deployment {
        let path = "deployments/\(name)/deployment.yaml"
        let shown = (root.map { "\($0)/" } ?? "") + path
        guard isDNSLabel(name), let file = files.first(where: { $0.path.description == path }) else {
            let list = deployments.isEmpty ? "none" : deployments.joined(separator: ", ")
            throw CapsuleError(
                .notFound,
                "the GitOps repository has no deployment \(quoted(name)): there is no \(quoted(shown)) at commit "
                    + "\(commit.short) of \(repository); the deployments there are: \(list)")
        }
        return try Deployment(name: name, yaml: file.content, file: shown)
    }

    /// The files that a render of the deployment may read.
    package func tree(for deployment: Deployment) -> PolicyTree {
        let own = "deployments/\(deployment.name)/"
        return PolicyTree(
            repository: repository, commit: commit,
            files: files.filter {
                !$0.path.description.hasPrefix("deployments/") || $0.path.description.hasPrefix(own)
            })
    }
}

extension GitOpsSnapshot {
    /// Reads environment policy: `envTypes/`, and those directories of `deployments/` that are named.
    ///
    /// Rendered output in a deployment's directory on this branch (the record, and a `deploy/` without a kustomization)
    /// is not policy.
    ///
    /// - Throws: `CapsuleError.Code.invalidPackage` for a symlink or submodule, naming it; `GitError`
    package func environmentPolicy(root: RelativePath?, deployments names: [String]) async throws -> EnvironmentPolicy {
        let prefix = root.map { "\($0)/" } ?? ""
        let all = try await policyEntries(prefix, deployments: names)
        var wanted: [(entry: GitTreeEntry, path: RelativePath)] = []
        var there: Set<String> = []
        let overlays = Set(
            all.map(\.path).filter { path in FileTree.kustomizationNames.contains { path.hasSuffix("/deploy/\($0)") } }
                .map { $0.dropLast($0.split(separator: "/").last?.count ?? 0) })
        for entry in all {
            let path = entry.path.dropFirst(prefix.count)
            let segments = path.split(separator: "/", maxSplits: 2)
            if segments.first == "deployments", segments.count > 1 {
                if segments.last == "deployment.yaml" { there.insert(String(segments[1])) }
                guard names.contains(String(segments[1])), segments.count == 3 else { continue }
                let isRendered =
                    segments[2].hasPrefix("deploy/")
                    && !overlays.contains("\(prefix)deployments/\(segments[1])/deploy/")
                guard !isRendered, segments[2] != "release-metadata.yaml" else { continue }
            }
            guard entry.kind == .file else {
                let finding = Finding(
                    rule: "policy.special-file", file: entry.path,
                    message: "is a \(entry.kind == .submodule ? "submodule" : "symlink")",
                    remedy: "replace it with a regular file; environment policy is regular files only")
                throw CapsuleError(
                    .invalidPackage,
                    "the environment policy at commit \(commit.id.short) of \(repository.remote) is rejected",
                    findings: [finding])
            }
            wanted.append((entry, try RelativePath(String(path))))
        }
        guard wanted.count <= EnvironmentPolicy.maximumFiles else {
            throw CapsuleError(
                .limitExceeded,
                "the environment policy has \(wanted.count) files; at most \(EnvironmentPolicy.maximumFiles) are read")
        }
        let ids = wanted.map(\.entry.id)
        let contents = try await repository.repairing {
            try await repository.ensure([commit.id])
            return try await repository.contents(ids, of: [commit.id])
        }
        for (wanted, content) in zip(wanted, contents) { try requireContent(content, of: wanted.entry.path) }
        let files = zip(wanted, contents).map { PackageFile(path: $0.0.path, content: Array($0.1)) }
        return EnvironmentPolicy(
            repository: repository.remote.description, commit: commit.id, root: root, deployments: there.sorted(),
            files: files)
    }

    /// The entries of `envTypes/` and of `deployments/`, without those below the other deployments' directories.
    private func policyEntries(_ prefix: String, deployments names: [String]) async throws -> [GitTreeEntry] {
        let directories = try ["envTypes", "deployments"].map { (name) throws(CapsuleError) in
            try RelativePath(prefix + name)
        }
        return try await entries(directories, together: Set(directories)) { path in
            let segments = path.dropFirst(prefix.count).split(separator: "/")
            guard segments.first == "deployments", segments.count > 2 else { return true }
            return names.contains(String(segments[1]))
        }
    }

    /// The configuration at this commit: `capsule.yaml` in `root`, else in the root of the repository, else in a
    /// directory below `apps/` when exactly one such directory has the file.
    ///
    /// - Throws: `CapsuleError`: `.notFound` when there is none or more than one; `.invalidDocument`
    package func configuration(root: RelativePath? = nil) async throws -> CapsuleConfiguration {
        let name = CapsuleConfiguration.fileName
        var places: [RelativePath] = []
        if let root { places.append(try RelativePath("\(root)/\(name)")) }
        places.append(try RelativePath(name))
        let apps = root == nil ? [try RelativePath("apps")] : []
        var entries = try await entries(places + apps, together: Set(places + apps)) { $0 == "apps" }
        if root == nil {
            let applications = try entries.filter { $0.kind == .directory && $0.path.hasPrefix("apps/") }
                .map { (entry) throws(CapsuleError) in try RelativePath("\(entry.path)/\(name)") }
            let found = applications.isEmpty ? [] : try await files(applications, together: Set(applications))
            entries += found
            guard found.count < 2 else {
                throw CapsuleError(
                    .notFound,
                    "the GitOps repository has \(found.count) files \(name): "
                        + "\(found.map(\.path).joined(separator: ", ")); say which application is meant")
            }
            places += try found.map { (entry) throws(CapsuleError) in try RelativePath(entry.path) }
        }
        for place in places {
            guard let bytes = try await file(place, in: entries) else { continue }
            return try CapsuleConfiguration(
                yaml: bytes, file: "\(place) at \(commit.id.short)", defaultRoot: place.parent,
                plainHTTPHosts: repository.git.plainHTTPHosts)
        }
        throw CapsuleError(
            .notFound,
            "there is no \(places.map(\.description).joined(separator: " and no ")) at commit \(commit.id.short) of "
                + "\(repository.remote); add one, or name a file with --config")
    }
}
