internal import CapsuleCore
internal import Documents
internal import OCI
internal import Support

extension Invocation {
    /// The directory in the tree that kustomize builds.
    static func deployDirectory(_ deployment: Deployment) -> String { "deployments/\(deployment.name)/deploy" }

    /// The tree and the command of `format.md` §10.
    static func kustomize(_ input: RenderInput, tool: String) throws -> Invocation {
        let source = "source" + (input.package.entry.map { "/\($0)" } ?? "")
        let (overlay, problems) = DeploymentOverlay.find(input.deployment, in: input.policy.files, source: source)
        let directory = overlay == nil ? deployDirectory(input.deployment) : DeploymentOverlay.renderDirectory
        let (pins, findings) = ImagePin.all(
            of: input.release, repositories: input.options.pinsRepositories)
        let policyDirectory = "envTypes/\(input.deployment.envType)"
        let components =
            (isEmpty(policyDirectory, in: FileTree(input.policy.files)) ? [] : [policyDirectory])
            + (overlay.map { [$0.directory] } ?? [])
        let content =
            overlay?.containsPackage == true
            ? (resource: components.last ?? source, components: [])
            : (resource: source, components: components)
        let text = kustomization(input, in: directory, content.resource, content.components, pins: pins)
        let directories = ["envTypes"] + (overlay.map { [$0.directory] } ?? [])
        let written = PackageFile(path: try RelativePath("\(directory)/kustomization.yaml"), content: Array(text.utf8))
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
        if !FileTree(invocation.policy).kustomizationDirectories.contains(policyDirectory) {
            invocation.findings.append(
                missingPolicy("\(policyDirectory)/kustomization.yaml", "add the Component \(policyDirectory)", input))
        }
        invocation.findings += input.deployment.findingsForKustomize
        if invocation.findings.isEmpty, input.options.scans { invocation.scan(entry: directory, overlay, input) }
        return invocation
    }

    /// Follows every reference from the generated kustomization, through policy and package as one tree, and leaves
    /// out files without a reference. `docs/security.md`, R1 to R4.
    private mutating func scan(entry: String, _ overlay: DeploymentOverlay?, _ input: RenderInput) {
        let tree = FileTree(package + policy + written)
        let (found, files) = KustomizeClosure.reach(tree, entries: [entry])
        findings += found.filter { $0.severity == .error }
        if findings.isEmpty {
            findings += DeploymentOverlay.unused(input.policy, input.deployment, used: files)
            if let overlay, overlay.containsPackage { check(overlay, files, input) }
        }
        package.removeAll { !files.contains($0.path.description) }
        policy.removeAll { !files.contains($0.path.description) }
    }

    /// Checks that an overlay that contains the package refers to it and to the environment type.
    private mutating func check(_ overlay: DeploymentOverlay, _ files: Set<String>, _ input: RenderInput) {
        let up = String(repeating: "../", count: overlay.directory.split(separator: "/").count)
        let required = [
            ("source/", "resources", "the package of the release", "the address of the package, or \(up)source"),
            (
                "envTypes/\(input.deployment.envType)/", "components", "the environment type of the deployment",
                "\(up)envTypes/\(input.deployment.envType)"
            ),
        ]
        let isUnchanged = Self.isEmpty("envTypes/\(input.deployment.envType)", in: FileTree(input.policy.files))
        for (prefix, key, what, entry) in required.prefix(isUnchanged ? 1 : 2)
        where !files.contains(where: { $0.hasPrefix(prefix) }) {
            findings.append(
                Finding(
                    rule: "policy.overlay-incomplete", file: overlay.directory,
                    message: "this Kustomization does not contain \(what)",
                    remedy: "list \(entry) under \(key), or make it a Component"))
        }
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
        _ input: RenderInput, in directory: String, _ resource: String, _ components: [String], pins: [ImagePin]
    ) -> String {
        let up = String(repeating: "../", count: directory.split(separator: "/").count)
        var text = """
            apiVersion: kustomize.config.k8s.io/v1beta1
            kind: Kustomization
            namespace: \(YAMLText.quoted(input.deployment.namespace))
            resources:
              - \(YAMLText.quoted(up + resource))

            """
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
