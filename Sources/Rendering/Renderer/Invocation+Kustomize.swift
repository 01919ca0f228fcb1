internal import CapsuleCore
internal import Documents
internal import OCI
internal import Support

extension Invocation {
    /// The directory in the tree that kustomize builds.
    static func deployDirectory(_ deployment: Deployment) -> String { "deployments/\(deployment.name)/deploy" }

    /// The tree and the command of `format.md` §10.
    static func kustomize(_ input: RenderInput, tool: String) throws -> Invocation {
        let source = (input.package.entry ?? .top).below("source")
        let tree = FileTree(input.policy.files)
        let (overlay, problems) = DeploymentOverlay.find(input.deployment, in: tree, source: source)
        let directory = overlay == nil ? deployDirectory(input.deployment) : DeploymentOverlay.renderDirectory
        let (pins, findings) = ImagePin.all(
            of: input.release, repositories: input.options.pinsRepositories)
        let policyDirectory = "envTypes/\(input.deployment.envType)"
        let environment = isEmpty(policyDirectory, in: tree) ? [] : [policyDirectory]
        let own = overlay.map { [$0.directory] } ?? []
        let (resources, components) = overlay?.containsPackage == true ? (own, []) : ([source], environment + own)
        let rule = NamespaceRule(input.deployment, allowed: input.options.allowedNamespaces)
        let path = try RelativePath("\(directory)/kustomization.yaml")
        func generated(_ rule: NamespaceRule) -> PackageFile {
            PackageFile(
                path: path, content: Array(kustomization(rule, in: directory, resources, components, pins: pins).utf8))
        }
        let directories = ["envTypes"] + own
        let written = generated(rule)
        var invocation = Invocation(
            package: try place(input.package.files, below: "source"),
            policy: input.policy.files.filter { file in
                file.path != overlay?.replacement?.path
                    && directories.contains { file.path.description.hasPrefix($0 + "/") }
            },
            written: [written] + (overlay?.replacement.map { [$0] } ?? []),
            arguments: [tool == "kubectl" ? "kustomize" : "build", directory]
                + ["--load-restrictor", "LoadRestrictionsRootOnly"],
            findings: findings + problems)
        if tree.kustomizations(in: policyDirectory).isEmpty {
            invocation.findings.append(
                missingPolicy("\(policyDirectory)/kustomization.yaml", "add the Component \(policyDirectory)", input))
        }
        invocation.findings += input.deployment.findingsForKustomize
        if invocation.findings.isEmpty, input.options.scans {
            invocation.scan(entry: directory, input)
            if let overlay, overlay.containsPackage {
                invocation.check(overlay, contains: ["source"] + environment, input)
            }
        }
        if !rule.keepsNamed,
            NamespaceMentions.exist(in: invocation.package + invocation.policy, besides: rule.namespace)
        {
            invocation.keepingNamespaces = generated(NamespaceRule(namespace: rule.namespace, keepsNamed: true))
        }
        return invocation
    }

    /// Follows every reference from the generated kustomization, through policy and package as one tree, and leaves
    /// out files without a reference. `docs/security.md`, R1 to R4.
    private mutating func scan(entry: String, _ input: RenderInput) {
        let tree = FileTree(package + policy + written)
        let (found, files) = KustomizeClosure.reach(tree, entries: [entry])
        findings += found.filter { $0.severity == .error }
        if findings.isEmpty {
            findings += DeploymentOverlay.unused(input.policy, input.deployment, used: files)
        }
        package.removeAll { !files.contains($0.path.description) }
        policy.removeAll { !files.contains($0.path.description) }
    }

    /// Checks, after the scan, that an overlay refers to each of `directories`: the package and the environment type.
    private mutating func check(_ overlay: DeploymentOverlay, contains directories: [String], _ input: RenderInput) {
        guard findings.isEmpty else { return }
        let up = String(repeating: "../", count: overlay.directory.split(separator: "/").count)
        let read = (package + policy).map(\.path.description)
        for directory in directories where !read.contains(where: { $0.hasPrefix("\(directory)/") }) {
            let isPackage = directory == "source"
            findings.append(
                Finding(
                    rule: "policy.overlay-incomplete", file: overlay.directory,
                    message: "this Kustomization does not contain "
                        + (isPackage
                            ? "the package of the release" : "the environment type \(input.deployment.envType)"),
                    remedy: isPackage
                        ? "list the address of the package, or \(up)source, under resources, or make it a Component"
                        : "list \(up)\(directory) under components, or make it a Component"))
        }
    }

    /// The run under which every object keeps the namespace that it names; nil when the render overrides none.
    var withNamedNamespaces: Invocation? {
        guard let keepingNamespaces else { return nil }
        var other = self
        other.written = written.map { $0.path == keepingNamespaces.path ? keepingNamespaces : $0 }
        other.keepingNamespaces = nil
        return other
    }

    /// True when the kustomization of a directory changes nothing. kustomize refuses one.
    private static func isEmpty(_ directory: String, in tree: FileTree) -> Bool {
        guard let file = tree.kustomizations(in: directory).first,
            let documents = try? YAMLParser.documents(
                file.content, file: file.path.description, limits: .kustomizations)
        else { return false }
        let entries = documents.flatMap { $0.mapping ?? [] }.filter { !$0.value.isNull }
        return documents.allSatisfy { $0.mapping != nil }
            && entries.allSatisfy { ["apiVersion", "kind", "metadata"].contains($0.key) }
    }

    private static func kustomization(
        _ rule: NamespaceRule, in directory: String, _ resources: [String], _ components: [String], pins: [ImagePin]
    ) -> String {
        let up = String(repeating: "../", count: directory.split(separator: "/").count)
        var text = """
            apiVersion: kustomize.config.k8s.io/v1beta1
            kind: Kustomization
            \(rule.yaml)resources:

            """
        for resource in resources { text += "  - \(YAMLText.quoted(up + resource))\n" }
        if !components.isEmpty { text += "components:\n" }
        for component in components { text += "  - \(YAMLText.quoted(up + component))\n" }
        if !pins.isEmpty { text += "images:\n" }
        for pin in pins {
            text += """
                  - name: \(YAMLText.quoted(pin.name))
                    newName: \(YAMLText.quoted(pin.repository.description))
                    digest: \(YAMLText.quoted(pin.digest.description))

                """
        }
        return text
    }
}
