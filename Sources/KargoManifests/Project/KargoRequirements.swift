internal import CapsuleCore
internal import DeliveryConfiguration
internal import GitOps
internal import OCI
internal import Rendering
internal import Support

/// What stands between a configuration and Kargo. Everything is reported in one go.
enum KargoRequirements {
    static func findings(
        _ configuration: CapsuleConfiguration, _ settings: KargoSettings, deployments: [Deployment],
        neighbours: [CapsuleConfiguration]
    ) -> [Finding] {
        texts(configuration, settings) + places(configuration, settings)
            + stages(configuration, settings, deployments)
            + (settings.style == .native ? native(configuration, settings, neighbours) : [])
    }

    private static func finding(_ rule: String, _ message: String, _ remedy: String) -> Finding {
        Finding(rule: "kargo.\(rule)", file: CapsuleConfiguration.fileName, message: message, remedy: remedy)
    }

    /// Kargo evaluates what stands between its delimiters wherever it finds them.
    private static func texts(_ configuration: CapsuleConfiguration, _ settings: KargoSettings) -> [Finding] {
        let gitops = configuration.gitops
        let texts: [(String, String?)] = [
            ("gitops.root", gitops.root?.description), ("gitops.branch", gitops.branch.description),
            ("gitops.repository", gitops.repository?.description),
            ("gitops.stageBranch", gitops.stageBranch.description), ("gitops.author", gitops.author.description),
            ("package.entry", configuration.package.entry?.description),
            ("kargo.directory", settings.directory?.description),
        ]
        return texts.compactMap { key, text in
            guard let text, text.contains("${{") || text.contains("${%") || text.contains("{{") else { return nil }
            return finding(
                "expression", "`\(key)` holds what Kargo and Argo CD read as expressions: \(quoted(text))",
                "choose a name without {{ and ${%")
        }
    }

    private static func places(_ configuration: CapsuleConfiguration, _ settings: KargoSettings) -> [Finding] {
        var findings: [Finding] = []
        if case .registry = configuration.capsule {
        } else {
            findings.append(
                finding(
                    "capsule", "`capsule` is \(configuration.capsule), and Kargo reads from registries alone",
                    "name a repository in a registry"))
        }
        if configuration.gitops.repository == nil {
            findings.append(
                finding("repository", "`gitops.repository` is missing", "name the address by which Kargo clones it"))
        } else if configuration.gitops.repository?.transport == .ssh {
            findings.append(
                finding(
                    "repository", "`gitops.repository` is an SSH address, which Kargo gives up in 1.13",
                    "name the https address"))
        }
        if settings.verifier.image == nil, settings.verifier.url == nil {
            findings.append(
                finding(
                    "verifier", "`kargo.verifier` names neither an image to run the verifier from nor a url",
                    "set `kargo.verifier.image`, or `url` where `capsule serve` runs already"))
        }
        return findings
    }

    private static func stages(
        _ configuration: CapsuleConfiguration, _ settings: KargoSettings, _ deployments: [Deployment]
    ) -> [Finding] {
        var findings: [Finding] = []
        if configuration.stages.isEmpty {
            findings.append(finding("stages", "there are no stages", "add them under `stages`"))
        }
        let root = RenderOverlay.rootPrefix(configuration)
        for stage in configuration.stages where !deployments.contains(where: { $0.name == stage.name }) {
            findings.append(
                finding(
                    "deployment", "there is no \(root)deployments/\(stage.name)/deployment.yaml",
                    "add it, with `envType` and `namespace`"))
        }
        let needsProvider = configuration.stages.contains { $0.review != .none }
        if needsProvider, settings.provider == nil, let repository = configuration.gitops.repository?.description,
            !knownHosts.contains(where: repository.contains)
        {
            findings.append(
                finding(
                    "provider", "Kargo cannot tell what kind of Git host \(repository) is, and a stage needs a review",
                    "set `kargo.provider`: \(KargoSettings.providers.joined(separator: ", "))"))
        }
        return findings
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
                    "Kargo's helm-template step names files otherwise than `helm template` objects are named here",
                    "set `kargo.style: service`"))
        }
        if settings.version < .v1_10, case .registry(let capsule) = configuration.capsule,
            capsule.registry.contains(":")
        {
            findings.append(
                finding(
                    "port", "Kargo 1.9 downloads from no registry with a port: \(capsule)",
                    "set `kargo.style: service`, or use a registry on the standard port"))
        }
        // The steps clear the whole branch before they write to it.
        let own = Set(configuration.stages.compactMap { try? configuration.stageBranch($0.name).description })
        for other in neighbours {
            let shared = other.stages.compactMap { try? other.stageBranch($0.name).description }.filter(own.contains)
            guard let branch = shared.first else { continue }
            findings.append(
                finding(
                    "branch",
                    "the stage branch \(branch) belongs to \(other.application) as well, and these steps clear it",
                    "set `gitops.stageBranch: stage/{app}/{deployment}` in both, or `kargo.style: service`"))
        }
        return findings
    }
}
