internal import CapsuleCore
internal import OCI

extension Invocation {
    /// `helm template` with the values of the environment type, then those of the deployment, then the images.
    static func helm(_ input: RenderInput) throws -> Invocation {
        let deployment = input.deployment
        let shared = "envTypes/\(deployment.envType).values.yaml"
        let own = "deployments/\(deployment.name)/values.yaml"
        let policy = policyFiles(input) { $0 == shared || $0 == own }
        guard policy.contains(where: { $0.path.description == shared }) else {
            throw RenderRejection(
                deployment: deployment.name,
                findings: [
                    Finding(
                        rule: "render.no-policy", file: shared,
                        message: "\(input.policy.repository) has no such file at \(input.policy.commit.short)",
                        remedy: "add it (it may be empty), or correct envType in "
                            + "deployments/\(deployment.name)/deployment.yaml")
                ])
        }
        let options = input.options.helm
        let releaseName = options.releaseName ?? deployment.name
        guard Deployment.isName(releaseName) else {
            throw RenderError(.failed, "\(quoted(releaseName)) is not a Helm release name; use a DNS label")
        }
        var arguments = ["template", releaseName, "package/helm", "--namespace", deployment.namespace, "--skip-tests"]
        if options.includeCRDs { arguments.append("--include-crds") }
        for path in [shared, own] where policy.contains(where: { $0.path.description == path }) {
            arguments += ["--values", path]
        }
        let others: [(keys: RenderOptions.ImageKeys, image: ReleaseManifest.Image)] =
            (input.release.images ?? []).compactMap { image in
                image.name.flatMap { options.images[$0] }.map { ($0, image) }
            }
        for (keys, image) in [(options.image, input.release.image)] + others {
            guard let digest = image.digest else {
                throw RenderRejection(
                    deployment: deployment.name,
                    findings: [
                        Finding(
                            rule: "render.no-digest", file: "release.yaml",
                            message: "image \(image.repoURL):\(image.tag) has no digest, so it cannot be pinned",
                            remedy: "publish the release with a current capsule, whose release.yaml names digests")
                    ])
            }
            arguments += ["--set-string", "\(keys.repository)=\(image.repoURL)"]
            arguments += ["--set-string", "\(keys.tag)=\(image.tag)@\(digest)"]
        }
        return Invocation(policy: policy, written: [], packagePath: "package/helm", arguments: arguments)
    }
}
