package import CapsuleCore
package import CapsuleTrust
public import DeliveryConfiguration
internal import Documents
package import GitOps
internal import OCI
internal import Support

extension EvidencePolicy {
    /// Reads a policy and its key files from local files, which the caller has pinned.
    ///
    /// - Throws: `FileError.Code.notFound`, `.limitExceeded`; `DocumentError`
    public static func load(path: String) throws -> EvidencePolicy {
        let yaml = try SmallFile.content(
            of: path, as: "the policy \(quoted(path))", limit: PolicyLimits.document.bytes)
        let document = try PolicyDocument(yaml: yaml, file: path)
        var contents: [RelativePath: [UInt8]] = [:]
        for file in document.files {
            do throws(SystemError) {
                // A file above the limit stays above it, so that the error of the document names its key.
                contents[file] =
                    try SmallFile.read(place(of: file, in: path), limit: PolicyLimits.keyFile)
                    ?? [UInt8](repeating: 0, count: PolicyLimits.keyFile + 1)
            } catch {
                continue
            }
        }
        return try document.policy(contents)
    }

    /// The files of a policy: the policy itself, and the key files that it names. A policy that cannot be read names none.
    package static func files(of path: String) -> [String] {
        let yaml = try? SmallFile.read(path, limit: PolicyLimits.document.bytes)
        let document = yaml.flatMap { try? PolicyDocument(yaml: $0, file: path) }
        return [path] + (document?.files ?? []).map { place(of: $0, in: path) }
    }

    /// The place of a key file that the policy at `path` names.
    private static func place(of file: RelativePath, in path: String) -> String {
        "\(path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path[...$0] } ?? "")\(file)"
    }
}

extension GitOpsSnapshot {
    /// Reads a policy and its key files at this commit.
    ///
    /// - Throws: `DocumentError.Code.invalidDocument`, also when the path is not a regular file, `.limitExceeded`;
    ///   `GitError`
    package func evidencePolicy(_ path: RelativePath) async throws -> EvidencePolicy {
        guard let yaml = try await file(path) else {
            throw DocumentError(
                .invalidDocument,
                "\(quoted(path.description)) is not a regular file at commit \(commit.id.short) of "
                    + "\(repository.remote), and `policy` in \(CapsuleConfiguration.fileName) names it; commit the policy "
                    + "there")
        }
        let document = try PolicyDocument(yaml: yaml, file: "\(path) at \(commit.id.short)")
        var places: [String: RelativePath] = [:]
        for file in document.files {
            places[
                try path.parent.map { (parent) throws(CapsuleError) in try parent.appending(file) }?.description
                    ?? file.description] = file
        }
        let contents = try await files(places)
        return try document.policy(contents)
    }

    /// The contents of the regular files among the paths `places`, by the values of `places`.
    private func files(_ places: [String: RelativePath]) async throws -> [RelativePath: [UInt8]] {
        guard !places.isEmpty else { return [:] }
        return try await repository.repairing {
            let entries = try await files(
                places.keys.sorted().map { (path) throws(CapsuleError) in try RelativePath(path) })
            let contents = try await repository.contents(
                entries.map(\.id), of: [commit.id], limit: entries.count << 20)
            var files: [RelativePath: [UInt8]] = [:]
            for (entry, content) in zip(entries, contents) {
                try requireContent(content, of: entry.path)
                if let name = places[entry.path] { files[name] = Array(content) }
            }
            return files
        }
    }
}

extension GitOpsWorkspace {
    /// The evidence policy at the commit whose environment policy is used; nil when the configuration names none.
    ///
    /// - Throws: `CapsuleError`, `GitError`
    public func evidencePolicy() async throws -> EvidencePolicy? {
        guard let path = configuration.policy else { return nil }
        let full = try configuration.gitops.root.map { (root) throws(CapsuleError) in try root.appending(path) } ?? path
        let policy = try await snapshot.evidencePolicy(full)
        try policy.check(against: configuration.stages)
        return policy
    }

    /// The GitOps repository and the stage branches that statements must be about.
    ///
    /// - Throws: `CapsuleError`
    package func statementScope() throws(CapsuleError) -> StatementScope {
        var branches: [String: String] = [:]
        for stage in configuration.stages {
            branches[stage.name] = try configuration.stageBranch(stage.name).description
        }
        return StatementScope(repository: snapshot.repository.remote.description, branches: branches)
    }
}
