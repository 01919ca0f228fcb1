internal import CapsuleCore
internal import DeliveryConfiguration
internal import GitOps
internal import OCI
internal import Rendering
internal import Support

/// Checks the requirements of generated Kargo manifests on a configuration, and reports all problems at once.
enum KargoRequirements {
    static func findings(
        _ configuration: CapsuleConfiguration, _ settings: KargoSettings, deployments: [Deployment],
        overlays: [String: DeploymentOverlay], neighbours: [CapsuleConfiguration]
    ) -> [Finding] {
        texts(configuration, settings) + places(configuration, settings)
            + stages(configuration, settings, deployments)
            + (settings.style == .native
                ? native(configuration, settings, neighbours)
                    + overlays.values.sorted { $0.directory < $1.directory }.compactMap(finding) : [])
    }

    private static func finding(_ rule: String, _ message: String, _ remedy: String) -> Finding {
        Finding(rule: "kargo.\(rule)", file: CapsuleConfiguration.fileName, message: message, remedy: remedy)
    }

    /// The delimiters between which Kargo, Argo CD and Argo Rollouts evaluate a text, wherever it is. A closing one is
    /// rejected too: within an expression, it ends the expression.
    private static let delimiters = ["{{", "}}", "${%", "%}"]

    /// Compares bytes: with a combining mark after it, a brace is another `Character`, but the same delimiter.
    private static func hasDelimiter(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return delimiters.contains { ByteSearch.first(Array($0.utf8), in: bytes) != nil }
    }

    private static func texts(_ configuration: CapsuleConfiguration, _ settings: KargoSettings) -> [Finding] {
        let gitops = configuration.gitops
        let texts: [(String, String?)] =
            [
                ("gitops.root", gitops.root?.description), ("gitops.branch", gitops.branch.description),
                ("gitops.repository", gitops.repository?.description),
                ("gitops.stageBranch", gitops.stageBranch.description), ("gitops.author", gitops.author.description),
                ("package.entry", configuration.package.entry?.description),
                ("kargo.directory", settings.directory?.description), ("kargo.verifier.image", settings.verifier.image),
            ] + configuration.stages.map { ("stages.\($0.name).verification.success", $0.verification?.success) }
        return texts.compactMap { key, text in
            guard let text, hasDelimiter(text) else { return nil }
            return finding(
                "expression", "`\(key)` contains a delimiter of Kargo or Argo CD expressions: \(quoted(text))",
                "use a value without \(delimiters.joined(separator: ", "))")
        }
    }

    private static func places(_ configuration: CapsuleConfiguration, _ settings: KargoSettings) -> [Finding] {
        var findings: [Finding] = []
        let name = settings.project ?? configuration.application
        // A name with a delimiter is reported as such.
        if !isDNSLabel(name), !hasDelimiter(name) {
            findings.append(
                finding(
                    "project", "the application's name \(quoted(name)) cannot be the name of a Kargo project",
                    "set `kargo.project` to 1 to 63 lowercase letters, digits and inner dashes"))
        }
        if case .registry = configuration.capsule {
        } else {
            findings.append(
                finding(
                    "capsule", "`capsule` is \(configuration.capsule), and Kargo reads only from registries",
                    "set `capsule` to a repository in a registry"))
        }
        if configuration.gitops.repository == nil {
            findings.append(
                finding("repository", "`gitops.repository` is missing", "set it to the URL from which Kargo clones"))
        } else if configuration.gitops.repository?.transport == .ssh {
            findings.append(
                finding(
                    "repository", "`gitops.repository` is an SSH URL, which Kargo 1.13 no longer supports",
                    "set it to the https URL"))
        }
        if settings.verifier.image == nil, settings.verifier.url == nil {
            findings.append(
                finding(
                    "verifier", "`kargo.verifier` has neither an `image` nor a `url`",
                    "set `kargo.verifier.image` to run the verifier in the cluster, or `url` if `capsule serve` already runs"
                ))
        }
        return findings
    }

    private static func stages(
        _ configuration: CapsuleConfiguration, _ settings: KargoSettings, _ deployments: [Deployment]
    ) -> [Finding] {
        var findings: [Finding] = []
        if configuration.stages.isEmpty {
            findings.append(finding("stages", "`stages` is empty", "add at least one stage"))
        }
        let root = RenderOverlay.rootPrefix(configuration)
        for stage in configuration.stages where !deployments.contains(where: { $0.name == stage.name }) {
            findings.append(
                finding(
                    "deployment", "\(root)deployments/\(stage.name)/deployment.yaml does not exist",
                    "create it with `envType` and `namespace`"))
        }
        let needsProvider = configuration.stages.contains { $0.review != .none }
        if needsProvider, settings.provider == nil, let repository = configuration.gitops.repository?.description,
            !knownHosts.contains(where: repository.contains)
        {
            findings.append(
                finding(
                    "provider", "a stage requires a review, and Kargo does not recognize the Git host of \(repository)",
                    "set `kargo.provider` to one of: \(KargoSettings.providers.joined(separator: ", "))"))
        }
        return findings
    }

    private static func finding(_ overlay: DeploymentOverlay) -> Finding? {
        guard overlay.containsPackage else { return nil }
        return finding(
            "overlay", "\(overlay.directory) is a Kustomization, and Kargo would read its remote resource",
            "make it a Component without the resource and the environment type, or set `kargo.style: service`")
    }

    private static let knownHosts = ["github.com", "gitlab.com", "dev.azure.com", "bitbucket.org"]

    private static func native(
        _ configuration: CapsuleConfiguration, _ settings: KargoSettings, _ neighbours: [CapsuleConfiguration]
    ) -> [Finding] {
        var findings: [Finding] = []
        if configuration.package.kind == .helm {
            findings.append(
                finding(
                    "helm",
                    "Kargo's helm-template step writes other file names than `capsule promote`",
                    "set `kargo.style: service`"))
        }
        if settings.version < .v1_10, case .registry(let capsule) = configuration.capsule,
            capsule.registry.contains(":")
        {
            findings.append(
                finding(
                    "port", "Kargo 1.9 cannot download from a registry with a port: \(capsule)",
                    "set `kargo.style: service`, or use a registry on the standard port"))
        }
        // The native steps clear the whole branch before they write to it.
        let own = Set(configuration.stages.compactMap { try? configuration.stageBranch($0.name).description })
        for other in neighbours {
            let shared = other.stages.compactMap { try? other.stageBranch($0.name).description }.filter(own.contains)
            guard let branch = shared.first else { continue }
            findings.append(
                finding(
                    "branch",
                    "\(other.application) also uses the stage branch \(branch), which the native steps clear",
                    "set `gitops.stageBranch: stage/{app}/{deployment}` in both, or `kargo.style: service`"))
        }
        return findings
    }
}
