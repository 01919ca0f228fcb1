package import CapsuleCore
package import DeliveryConfiguration
package import Documents
internal import GitOps
internal import KargoExpressions
internal import OCI
package import Rendering

/// Generates the manifests with which Kargo and Argo CD promote releases through the stages of a `capsule.yaml`.
///
/// The output depends only on the inputs: the same configuration and deployments give the same bytes.
package struct KargoProject: Sendable {
    let configuration: CapsuleConfiguration
    let settings: KargoSettings
    let deployments: [Deployment]
    let overlays: [String: DeploymentOverlay]
    let capsule: Repository
    let repository: String

    /// Checks that Kargo can run the stages of a configuration.
    ///
    /// - Parameters:
    ///   - configuration: must have a section `kargo`.
    ///   - deployments: the `deployment.yaml` of every stage, in the order of the stages.
    ///   - neighbours: the configurations of the other applications in the GitOps repository. The native style requires
    ///     that no other application uses its stage branches.
    /// - Throws: `DocumentError.Code.invalidDocument` with one finding for each problem.
    package init(
        _ configuration: CapsuleConfiguration, deployments: [Deployment], neighbours: [CapsuleConfiguration] = []
    ) throws(DocumentError) {
        try self.init(configuration, deployments: deployments, overlays: [:], neighbours: neighbours)
    }

    /// - Parameter overlays: the overlays that deployments have for themselves, by the names of the deployments.
    package init(
        _ configuration: CapsuleConfiguration, deployments: [Deployment], overlays: [String: DeploymentOverlay],
        neighbours: [CapsuleConfiguration]
    ) throws(DocumentError) {
        guard let settings = configuration.kargo else {
            throw DocumentError(
                .invalidDocument,
                "\(CapsuleConfiguration.fileName) has no section `kargo`; add `kargo: {version: \"1.11\"}`, with the "
                    + "release line of your Kargo")
        }
        let findings = KargoRequirements.findings(
            configuration, settings, deployments: deployments, overlays: overlays, neighbours: neighbours)
        guard findings.isEmpty, case .registry(let capsule) = configuration.capsule,
            let repository = configuration.gitops.repository
        else {
            throw DocumentError(
                .invalidDocument, "Kargo cannot run the stages of \(CapsuleConfiguration.fileName)",
                findings: findings)
        }
        self.configuration = configuration
        self.settings = settings
        self.deployments = deployments
        self.overlays = overlays
        self.capsule = capsule
        self.repository = repository.description
    }

    /// The name of the Kargo Project and of its namespace.
    package var name: String { settings.project ?? configuration.application }

    var directory: String { RenderOverlay.directory(configuration) }

    var rootPrefix: String { RenderOverlay.rootPrefix(configuration) }
    var verifierNamespace: String { settings.verifier.namespace ?? "\(name)-capsule" }
    var verifierURL: String {
        settings.verifier.url
            ?? "http://\(VerifierObjects.name).\(verifierNamespace).svc.cluster.local\(settings.verifier.workload.basePath)"
    }

    /// The stage branch of a stage. `stage` is a name or an expression.
    func stageBranch(_ stage: String) -> String {
        configuration.gitops.stageBranch.description.replacing("{deployment}", with: stage)
            .replacing("{app}", with: configuration.application)
    }

    /// The name of the Argo CD Application of a stage. `stage` is a name or an expression.
    func argocdApplication(_ stage: String) -> String { Self.argocdApplication(stage, of: configuration) }

    package static func argocdApplication(_ stage: String, of configuration: CapsuleConfiguration) -> String {
        "\(configuration.kargo?.project ?? configuration.application)-\(stage)"
    }

    /// The generated files, sorted by path. Paths are relative to the directory of generated files.
    package func files() -> [PackageFile] {
        var files = objects().map { file($0.path, comment: $0.comment, $0.objects) }
        if settings.style == .native {
            files += deployments.map { deployment in
                let content = RenderOverlay.content(deployment, configuration, own: overlays[deployment.name]) ?? []
                return Self.file(
                    "render/\(deployment.name)/kustomization.yaml", String(decoding: content, as: UTF8.self))
            }
            if settings.version < .v1_11 {
                for template in RenderOverlay.Template.allCases {
                    // No header: the document that replaces it has none.
                    files.append(Self.file("render/\(template.file)", template.text))
                }
            }
        }
        return files.compactMap(\.self).sorted { $0.path < $1.path }
    }

    /// The objects for a cluster, by the file that holds them.
    func objects() -> [(path: String, comment: String, objects: [JSONValue])] {
        var files = [
            ("project.yaml", "", projectObjects()), ("warehouse.yaml", "", [warehouse()]),
            ("applicationset.yaml", "", [applicationSet()]),
        ]
        files += configuration.stages.map { ("stages/\($0.name).yaml", "", stageObjects($0)) }
        if settings.tasks { files.append(("tasks.yaml", "", tasks())) }
        if settings.verifier.image != nil {
            let verifier = VerifierObjects(project: self)
            files.append(("verifier.yaml", verifier.comment, verifier.manifests))
        }
        return files
    }

    private func file(_ path: String, comment: String, _ objects: [JSONValue]) -> PackageFile? {
        Self.file(path, Self.header(settings) + comment + objects.map(\.yaml).joined(separator: "---\n"))
    }

    private static func file(_ path: String, _ text: String) -> PackageFile? {
        // Stage names are DNS labels, so the path is always valid.
        (try? RelativePath(path)).map { PackageFile(path: $0, content: Array(text.utf8)) }
    }

    /// The start of every generated file. `GeneratedDirectory` changes and removes only files that start with it.
    package static let mark = "# Generated by `capsule kargo generate`"

    static func header(_ settings: KargoSettings) -> String {
        "\(mark) from \(CapsuleConfiguration.fileName), style \(settings.style.rawValue), for Kargo "
            + "\(settings.version.rawValue).\n# Do not edit: change \(CapsuleConfiguration.fileName) and generate again.\n"
    }
}
