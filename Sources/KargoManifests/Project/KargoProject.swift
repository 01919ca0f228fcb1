public import CapsuleCore
public import DeliveryConfiguration
public import Documents
internal import GitOps
internal import KargoExpressions
internal import OCI
public import Rendering

/// Everything that Kargo and Argo CD need to run the ladder, made from `capsule.yaml`.
///
/// What it gives is a function of its inputs: no time, no machine, no order of a dictionary.
public struct KargoProject: Sendable {
    /// The configuration.
    public let configuration: CapsuleConfiguration
    /// The section `kargo`.
    public let settings: KargoSettings
    /// The ladder's deployments, in the order of the stages.
    public let deployments: [Deployment]

    let capsule: Repository
    let repository: String

    /// Checks that Kargo can run this ladder.
    ///
    /// - Parameter neighbours: the other applications of the GitOps repository.
    /// - Throws: `DocumentError.Code.invalidDocument` with a finding for everything that is in the way.
    public init(
        _ configuration: CapsuleConfiguration, deployments: [Deployment], neighbours: [CapsuleConfiguration] = []
    ) throws(DocumentError) {
        guard let settings = configuration.kargo else {
            throw DocumentError(
                .invalidDocument,
                "\(CapsuleConfiguration.fileName) has no section `kargo`; add `kargo: {version: \"1.11\"}`, with the "
                    + "release line of your Kargo")
        }
        let findings = KargoRequirements.findings(
            configuration, settings, deployments: deployments, neighbours: neighbours)
        guard findings.isEmpty, case .registry(let capsule) = configuration.capsule,
            let repository = configuration.gitops.repository
        else {
            throw DocumentError(
                .invalidDocument, "Kargo cannot run the ladder of \(CapsuleConfiguration.fileName) as it is",
                findings: findings)
        }
        self.configuration = configuration
        self.settings = settings
        self.deployments = deployments
        self.capsule = capsule
        self.repository = repository.description
    }

    /// The Kargo project, which is also the name of its namespace.
    public var name: String { settings.project ?? configuration.application }

    /// The directory of generated files in the GitOps repository.
    public var directory: String { RenderOverlay.directory(configuration) }

    var rootPrefix: String { RenderOverlay.rootPrefix(configuration) }
    var verifierNamespace: String { settings.verifier.namespace ?? "\(name)-capsule" }
    var verifierURL: String {
        settings.verifier.url ?? "http://\(VerifierObjects.name).\(verifierNamespace).svc.cluster.local"
    }

    /// The stage branch of a stage whose name is `stage`, which may be an expression.
    func stageBranch(_ stage: String) -> String {
        configuration.gitops.stageBranch.description.replacing("{deployment}", with: stage)
            .replacing("{app}", with: configuration.application)
    }

    /// The name of the Argo CD Application of a stage.
    func argocdApplication(_ stage: String) -> String { "\(name)-\(stage)" }

    /// The files, with paths below the directory that they are written to, sorted.
    public func files() -> [PackageFile] {
        var files = [
            file("project.yaml", projectObjects()), file("warehouse.yaml", [warehouse()]),
            file("applicationset.yaml", [applicationSet()]),
        ]
        files += configuration.stages.map { file("stages/\($0.name).yaml", stageObjects($0)) }
        if settings.tasks { files.append(file("tasks.yaml", tasks())) }
        if settings.verifier.image != nil { files.append(file("verifier.yaml", VerifierObjects(project: self).all())) }
        if settings.style == .native {
            files += deployments.map { deployment in
                let content = RenderOverlay.content(deployment, configuration) ?? []
                return Self.file(
                    "render/\(deployment.name)/kustomization.yaml", String(decoding: content, as: UTF8.self))
            }
            if settings.version < .v1_11 {
                for template in RenderOverlay.Template.allCases {
                    // No header: the document that takes its place has none.
                    files.append(Self.file("render/\(template.file)", template.text))
                }
            }
        }
        return files.compactMap(\.self).sorted { $0.path < $1.path }
    }

    private func file(_ path: String, _ objects: [Node]) -> PackageFile? {
        Self.file(path, Self.header(settings) + objects.map(\.yaml).joined(separator: "---\n"))
    }

    private static func file(_ path: String, _ text: String) -> PackageFile? {
        // Stage names are DNS labels, so every path here is one.
        (try? RelativePath(path)).map { PackageFile(path: $0, content: Array(text.utf8)) }
    }

    /// The first line of everything that is generated, by which it is known again.
    public static let mark = "# Generated by `capsule kargo generate`"

    static func header(_ settings: KargoSettings) -> String {
        "\(mark) from \(CapsuleConfiguration.fileName), style \(settings.style.rawValue), for Kargo "
            + "\(settings.version.rawValue).\n# Do not edit: change \(CapsuleConfiguration.fileName) and generate again.\n"
    }
}
