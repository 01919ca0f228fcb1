internal import CapsuleCore
package import DeliveryConfiguration
package import GitOps
package import OCI
internal import ReleaseWorkflows
internal import Support

/// The registries, repositories and Git remotes that requests may name. A request that names another one is rejected
/// before anything is sent to it.
package struct AllowList: Sendable {
    private let repositories: [String]
    let remotes: [GitRemote]

    /// Allows these repositories and remotes.
    ///
    /// - Parameters:
    ///   - repositories: registries, or repositories and what is below them: `ghcr.io/example` allows
    ///     `ghcr.io/example/shop`, not `ghcr.io/example-two`.
    /// - Throws: `OCIError.Code.invalidName`
    package init(repositories: [String], remotes: [GitRemote]) throws(OCIError) {
        var prefixes: [String] = []
        for prefix in repositories {
            // A registry alone is not a repository; with another segment it is.
            let probe = try? Repository("\(prefix)/x")
            guard let probe, !prefix.hasSuffix("/") else {
                throw OCIError(
                    .invalidName,
                    "\(quoted(prefix)) is neither a registry nor a repository; write ghcr.io, or ghcr.io/example")
            }
            prefixes.append(String(probe.description.dropLast(2)))
        }
        self.repositories = prefixes
        self.remotes = remotes
    }

    /// Allows the repositories and the remote of a configuration, and nothing else.
    ///
    /// - Throws: `OCIError.Code.invalidName`
    package init(_ configuration: CapsuleConfiguration) throws(OCIError) {
        var repositories = [configuration.image.description]
        if case .registry(let capsule) = configuration.capsule { repositories.append(capsule.description) }
        try self.init(
            repositories: repositories, remotes: configuration.gitops.repository.map { [$0] } ?? [])
    }

    /// True when no repository is allowed.
    package var isEmpty: Bool { repositories.isEmpty }
    /// The number of registries and repositories.
    var count: Int { repositories.count }

    /// The union of this list and another.
    package func adding(_ other: AllowList) -> AllowList {
        AllowList(repositories + other.repositories, remotes + other.remotes)
    }

    private init(_ repositories: [String], _ remotes: [GitRemote]) {
        self.repositories = repositories
        self.remotes = remotes
    }

    /// Rejects a repository that is not allowed.
    func check(_ repository: Repository) throws(ServiceError) {
        let name = repository.description
        guard !repositories.contains(where: { name == $0 || name.hasPrefix("\($0)/") }) else { return }
        throw ServiceError(403, "this service may not read \(name); allow it with --allow-repository")
    }

    /// The allowed remote with this address. The text of a request is compared, and never used as an address.
    func remote(_ address: String) throws(ServiceError) -> GitRemote {
        if let remote = remotes.first(where: { $0.description == address }) { return remote }
        let shown = String(address.prefix(300)).withoutLogin
        throw ServiceError(
            403, "this service may not use the Git repository \(quoted(shown)); allow it with --allow-remote")
    }
}
