internal import CapsuleCore
internal import OCI

extension Invocation {
    /// The file names that make a directory a kustomization.
    static let kustomizationNames = ["kustomization.yaml", "kustomization.yml", "Kustomization"]

    /// The directory, in the tree, that kustomize is pointed at.
    static func deployDirectory(_ deployment: Deployment) -> String { "deployments/\(deployment.name)/deploy" }

    /// The tree and the command of `format.md` §10.
    static func kustomize(_ input: RenderInput, tool: String) throws -> Invocation {
        let deployment = input.deployment
        let policy = policyFiles(input) { $0.hasPrefix("envTypes/") }
        let paths = Set(policy.map(\.path.description))
        guard kustomizationNames.contains(where: { paths.contains("envTypes/\(deployment.envType)/\($0)") }) else {
            throw RenderRejection(
                deployment: deployment.name,
                findings: [
                    Finding(
                        rule: "render.no-policy", file: "envTypes/\(deployment.envType)/kustomization.yaml",
                        message: "\(input.policy.repository) has no such file at \(input.policy.commit.short)",
                        remedy: "add the Component envTypes/\(deployment.envType), or correct envType in "
                            + "deployments/\(deployment.name)/deployment.yaml")
                ])
        }
        let directory = deployDirectory(deployment)
        let text = try kustomization(input)
        return Invocation(
            policy: policy,
            written: [
                PackageFile(path: try RelativePath("\(directory)/kustomization.yaml"), content: Array(text.utf8))
            ],
            packagePath: "source",
            arguments: [tool == "kubectl" ? "kustomize" : "build", directory]
                + ["--load-restrictor", "LoadRestrictionsRootOnly"])
    }

    static func kustomization(_ input: RenderInput) throws -> String {
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
        let pins = try imagePins(input)
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

    /// An entry of a kustomization's `images`.
    struct ImagePin: Hashable {
        let name: String
        let repository: Repository
        let digest: Digest
    }

    /// Two entries for each image: the name in the package, and the repository itself, which policy may have written.
    static func imagePins(_ input: RenderInput) throws -> [ImagePin] {
        var pins: [ImagePin] = []
        var findings: [Finding] = []
        func add(_ name: String, _ image: ReleaseManifest.Image) {
            guard let digest = image.digest else {
                findings.append(
                    Finding(
                        rule: "render.no-digest", file: "release.yaml",
                        message: "image \(image.repoURL):\(image.tag) has no digest, so it cannot be pinned",
                        remedy: "publish the release with a current capsule, whose release.yaml names digests"))
                return
            }
            let pin = ImagePin(name: name, repository: image.repoURL, digest: digest)
            if let other = pins.first(where: { $0.name == name }) {
                if other != pin {
                    findings.append(
                        Finding(
                            rule: "render.ambiguous-image", file: "release.yaml",
                            message: "the image name \(quoted(name)) stands for \(other.repository)@\(other.digest) "
                                + "and for \(pin.repository)@\(pin.digest)",
                            remedy: "give the two images different names in the package"))
                }
                return
            }
            pins.append(pin)
        }
        let application = input.release.image
        if let name = input.release.package.imageName { add(ImageReference(name).name, application) }
        for image in input.release.images ?? [] {
            if let name = image.name { add(ImageReference(name).name, image) }
        }
        if input.options.pinsRepositories {
            add(application.repoURL.description, application)
            for image in input.release.images ?? [] { add(image.repoURL.description, image) }
        }
        guard findings.isEmpty else { throw RenderRejection(deployment: input.deployment.name, findings: findings) }
        return pins
    }
}
