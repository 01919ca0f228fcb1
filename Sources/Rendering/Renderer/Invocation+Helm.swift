internal import CapsuleCore
internal import Documents
internal import Support

extension Invocation {
    /// `helm template` with the values of the environment type, then those of the deployment, then the images, for the
    /// deployment's version of Kubernetes.
    static func helm(_ input: RenderInput) throws -> Invocation {
        let deployment = input.deployment
        let options = input.options.helm
        let shared = "envTypes/\(deployment.envType).values.yaml"
        let own = "deployments/\(deployment.name)/values.yaml"
        let values = [shared, own].compactMap { path in
            input.policy.files.first { $0.path.description == path }
        }
        let releaseName = options.releaseName ?? deployment.name
        guard isDNSLabel(releaseName) else {
            throw RenderError(.rendererFailed, "\(quoted(releaseName)) is not a Helm release name; use a DNS label")
        }
        var invocation = Invocation(
            package: try place(input.package.files, below: "package/helm"), policy: values, written: [],
            arguments: ["template", releaseName, "package/helm", "--namespace", deployment.namespace, "--skip-tests"])
        if options.includeCRDs { invocation.arguments.append("--include-crds") }
        for file in values { invocation.arguments += ["--values", file.path.description] }
        if !values.contains(where: { $0.path.description == shared }) {
            invocation.findings.append(missingPolicy(shared, "add it (it may be empty)", input))
        }
        let used = Set(values.map(\.path.description))
        invocation.findings += DeploymentOverlay.unused(input.policy, deployment, used: used)
        if let version = deployment.kubernetes?.version { invocation.arguments += ["--kube-version", version] }
        for api in deployment.kubernetes?.apis ?? [] { invocation.arguments += ["--api-versions", api] }
        invocation.setImages(input)
        if input.options.scans { invocation.scan(values: values, package: input.package, release: input.release) }
        return invocation
    }

    /// Sets the values that name the images. They are texts, and `--set-literal` does not interpret them.
    private mutating func setImages(_ input: RenderInput) {
        for image in [input.release.image] + (input.release.images ?? []) where image.digest == nil {
            findings.append(Self.missingDigest(image))
        }
        let values = HelmImageValues(input)
        findings += values.findings
        for (key, value) in values.settings { arguments += ["--set-literal", "\(key)=\(value)"] }
        helm = values
    }

    // Values are data, so only their size is checked. The chart is checked like every package.
    private mutating func scan(values: [PackageFile], package: PackageTree, release: ReleaseManifest) {
        for file in values {
            do {
                _ = try YAMLParser.documents(file.content, file: file.path.description)
            } catch {
                findings.append(
                    Finding(
                        rule: "render.unreadable", file: file.path.description, message: error.message,
                        remedy: "correct the values file"))
            }
        }
        let names = (release.images ?? []).compactMap(\.name)
        findings += PackageLint.check(package, imageName: release.package.imageName, pinnedNames: names)
            .filter { $0.severity == .error }
    }
}
