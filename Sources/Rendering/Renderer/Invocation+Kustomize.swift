internal import CapsuleCore
internal import Documents
internal import OCI
internal import Support

extension Invocation {
    /// The directory in the tree that kustomize builds.
    static func deployDirectory(_ deployment: Deployment) -> String { "deployments/\(deployment.name)/deploy" }

    /// The tree and the command of `format.md` §10.
    static func kustomize(_ input: RenderInput, tool: String) throws -> Invocation {
        let directory = deployDirectory(input.deployment)
        let (pins, findings) = ImagePin.all(
            of: input.release, repositories: input.options.pinsRepositories)
        let text = kustomization(input, pins: pins)
        var invocation = Invocation(
            package: try place(input.package.files, below: "source"),
            policy: input.policy.files.filter { $0.path.description.hasPrefix("envTypes/") },
            written: [
                PackageFile(path: try RelativePath("\(directory)/kustomization.yaml"), content: Array(text.utf8))
            ],
            arguments: [tool == "kubectl" ? "kustomize" : "build", directory]
                + ["--load-restrictor", "LoadRestrictionsRootOnly"],
            findings: findings)
        let policyDirectory = "envTypes/\(input.deployment.envType)"
        if !FileTree(invocation.policy).kustomizationDirectories.contains(policyDirectory) {
            invocation.findings.append(
                missingPolicy("\(policyDirectory)/kustomization.yaml", "add the Component \(policyDirectory)", input))
        }
        invocation.findings += input.deployment.findingsForKustomize
        if invocation.findings.isEmpty, input.options.scans { invocation.scan(entry: directory) }
        return invocation
    }

    /// Follows every reference from the generated kustomization, through policy and package as one tree, and leaves
    /// out files without a reference. `docs/security.md`, R1 to R4.
    private mutating func scan(entry: String) {
        let tree = FileTree(package + policy + written)
        let (found, files) = KustomizeClosure.reach(tree, entries: [entry])
        findings += found.filter { $0.severity == .error }
        package.removeAll { !files.contains($0.path.description) }
        policy.removeAll { !files.contains($0.path.description) }
    }

    private static func kustomization(_ input: RenderInput, pins: [ImagePin]) -> String {
        let entry = input.package.entry.map { "/\($0)" } ?? ""
        var text = """
            apiVersion: kustomize.config.k8s.io/v1beta1
            kind: Kustomization
            namespace: \(YAMLText.quoted(input.deployment.namespace))
            resources:
              - \(YAMLText.quoted("../../../source\(entry)"))
            components:
              - \(YAMLText.quoted("../../../envTypes/\(input.deployment.envType)"))

            """
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
