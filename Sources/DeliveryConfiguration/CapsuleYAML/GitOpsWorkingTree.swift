internal import CapsuleCore
internal import Documents
internal import FoundationEssentials
internal import GitOps
internal import OCI
package import Rendering
internal import Support

/// The configurations and deployments in the working tree of a GitOps repository, including changes that are not
/// committed.
package struct GitOpsWorkingTree: Sendable {
    /// The root directory of the repository.
    package let top: String
    /// The configuration of the application.
    package let configuration: CapsuleConfiguration
    /// The configurations of the other applications, found in the sibling directories of the application.
    package let neighbours: [CapsuleConfiguration]

    /// The maximum number of sibling directories that are searched for a configuration.
    static let maximumNeighbours = 1_000

    /// Opens the working tree that contains a configuration.
    ///
    /// - Parameters:
    ///   - path: the file of the configuration.
    ///   - top: the root directory of the repository; nil searches upwards from the configuration for `.git`.
    ///   - plainHTTPHosts: hosts, apart from loopback, that `gitops.repository` may name over plain HTTP.
    /// - Throws: `CapsuleError`
    package init(configuration path: String, top: String? = nil, plainHTTPHosts: Set<String> = []) throws {
        let file = URL(filePath: path).standardized
        let directory = file.deletingLastPathComponent().path
        self.top = top.map { URL(filePath: $0).standardized.path } ?? Self.top(above: directory) ?? directory
        configuration = try Self.read(file.path, top: self.top, plainHTTPHosts)
        var neighbours: [CapsuleConfiguration] = []
        for other in Self.others(configuration.gitops.root, top: self.top) where other != file.path {
            let neighbour = try Self.read(other, top: self.top, plainHTTPHosts)
            // A configuration with the same root is the same application under another file name.
            if neighbour.gitops.root != configuration.gitops.root { neighbours.append(neighbour) }
        }
        self.neighbours = neighbours
    }

    /// True when this is the top of a Git repository with deployments of the application.
    package var hasDeployments: Bool {
        let root = configuration.gitops.root.map { "\($0)/" } ?? ""
        return ["\(top)/.git", "\(top)/\(root)deployments"].allSatisfy { FileManager.default.fileExists(atPath: $0) }
    }

    /// The deployments of the stages, in the order of the stages. A stage without a `deployment.yaml` is left out.
    ///
    /// - Throws: `CapsuleError`
    package func deployments() throws -> [Deployment] {
        let root = configuration.gitops.root.map { "\($0)/" } ?? ""
        var deployments: [Deployment] = []
        for stage in configuration.stages {
            let shown = "\(root)deployments/\(stage.name)/deployment.yaml"
            guard FileManager.default.fileExists(atPath: "\(top)/\(shown)") else { continue }
            deployments.append(
                try Deployment(name: stage.name, yaml: Self.bytes("\(top)/\(shown)", shown), file: shown))
        }
        return deployments
    }

    /// The overlays that deployments have for themselves, by the names of the deployments.
    ///
    /// - Throws: `CapsuleError.Code.invalidPackage` for one that cannot be applied.
    package func overlays(of deployments: [Deployment]) throws -> [String: DeploymentOverlay] {
        let root = configuration.gitops.root.map { "\($0)/" } ?? ""
        var overlays: [String: DeploymentOverlay] = [:]
        for deployment in deployments {
            let files = try DeploymentOverlay.candidates(of: deployment.name)
                .filter { FileManager.default.fileExists(atPath: "\(top)/\(root)\($0)") }
                .map { path in
                    PackageFile(
                        path: try RelativePath(path),
                        content: try Self.bytes("\(top)/\(root)\(path)", "\(root)\(path)"))
                }
            let (overlay, findings) = DeploymentOverlay.find(deployment, in: FileTree(files), source: "source")
            guard findings.isEmpty else {
                throw CapsuleError(
                    .invalidPackage, "the overlay of deployment \(deployment.name) cannot be applied",
                    findings: findings)
            }
            overlays[deployment.name] = overlay
        }
        return overlays
    }

    private static func read(_ path: String, top: String, _ plainHTTPHosts: Set<String>) throws -> CapsuleConfiguration
    {
        let directory = URL(filePath: path).deletingLastPathComponent().path
        let inside = directory.hasPrefix("\(top)/") ? String(directory.dropFirst(top.count + 1)) : nil
        return try CapsuleConfiguration.load(
            path: path,
            defaultRoot: inside.map { (text) throws in try RelativePath(text) }, plainHTTPHosts: plainHTTPHosts)
    }

    private static func bytes(_ path: String, _ shown: String) throws(FileError) -> [UInt8] {
        try SmallFile.content(
            of: path, as: quoted(shown), limit: YAMLLimits.owned.bytes,
            remedy: "check that it is a file and that its permissions allow reading")
    }

    private static func top(above directory: String) -> String? {
        var current = directory
        while current != "/", !current.isEmpty {
            if FileManager.default.fileExists(atPath: "\(current)/.git") { return current }
            current = URL(filePath: current).deletingLastPathComponent().path
        }
        return nil
    }

    /// The configuration files in the sibling directories of the application, sorted.
    private static func others(_ root: RelativePath?, top: String) -> [String] {
        guard let root else { return [] }
        let parent = root.parent.map { "\(top)/\($0)" } ?? top
        let names = (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []
        return names.sorted().prefix(maximumNeighbours)
            .map { "\(parent)/\($0)/\(CapsuleConfiguration.fileName)" }
            .filter { FileManager.default.fileExists(atPath: $0) }
    }
}
