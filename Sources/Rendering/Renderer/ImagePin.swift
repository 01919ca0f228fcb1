package import CapsuleCore
package import OCI
package import Support

/// An entry of a kustomization's `images`, which replaces `name` by `repository@digest`.
package struct ImagePin: Hashable {
    package let name: String
    package let repository: Repository
    package let digest: Digest

    /// The entries for a release: for each image its name in the package and its repository, because policy may
    /// contain either.
    ///
    /// - Parameter repositories: true when the repositories are pinned as well.
    package static func all(of release: ReleaseManifest, repositories: Bool = true) -> (
        pins: [ImagePin], findings: [Finding]
    ) {
        var pins: [ImagePin] = []
        var findings: [Finding] = []
        func add(_ pin: ImagePin) {
            guard let other = pins.first(where: { $0.name == pin.name }) else { return pins.append(pin) }
            guard other != pin else { return }
            findings.append(
                Finding(
                    rule: "render.ambiguous-image", file: "release.yaml",
                    message:
                        "the image name \(quoted(pin.name)) means \(other.repository)@\(other.digest) and "
                        + "\(pin.repository)@\(pin.digest); kustomize tells images apart by name, not by tag",
                    remedy: "give the two images different names in the package"))
        }
        let application = release.image
        let others = release.images ?? []
        for image in [application] + others where image.digest == nil {
            findings.append(Invocation.missingDigest(image))
        }
        let named = [(release.package.imageName, application)] + others.map { ($0.name, $0) }
        for (name, image) in named {
            guard let name, let digest = image.digest else { continue }
            add(ImagePin(name: ImageReference(name).name, repository: image.repoURL, digest: digest))
        }
        guard repositories else { return (pins, findings) }
        for image in [application] + others {
            guard let digest = image.digest else { continue }
            // The release has two tags of the same repository under different names: neither can replace the
            // repository, and the proofs require that policy contains one of the names.
            let isShared = others.contains { $0.repoURL == image.repoURL && $0.digest != digest }
            if isShared, image.repoURL != application.repoURL { continue }
            add(ImagePin(name: image.repoURL.description, repository: image.repoURL, digest: digest))
        }
        return (pins, findings)
    }
}
