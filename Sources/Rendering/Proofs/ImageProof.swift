internal import CapsuleCore
internal import OCI
internal import Support

/// Proves that the rendered objects run the promoted images and no other images in their place.
struct ImageProof {
    private let application: ReleaseManifest.Image
    private let applicationRepository: String
    private let imageName: String?
    private let others: [ReleaseManifest.Image]
    private let otherRepositories: [String]
    private let locator: SourceLocator
    private var findings: [Finding] = []

    private init(release: ReleaseManifest, locator: SourceLocator) {
        application = release.image
        applicationRepository = Self.runtimeName(release.image)
        imageName = release.package.imageName
        others = release.images ?? []
        otherRepositories = others.map(Self.runtimeName)
        self.locator = locator
    }

    static func check(_ items: [ManifestStream.Item], release: ReleaseManifest, locator: SourceLocator) -> [Finding] {
        var proof = ImageProof(release: release, locator: locator)
        let scan = ImageScan(
            repositories: Set([proof.applicationRepository] + proof.otherRepositories),
            digest: release.image.digest?.description)
        // The findings after the last that is reported need no place.
        for item in items where proof.findings.count < RenderProofs.findingLimit { proof.check(item, scan.empty()) }
        if proof.findings.isEmpty, !items.contains(where: proof.runsApplication) { proof.reportMissing() }
        return proof.findings
    }

    private mutating func check(_ item: ManifestStream.Item, _ scan: ImageScan) {
        var scan = scan
        scan.scan(item.node, kind: item.object.kind)
        for path in scan.mergeKeys.prefix(RenderProofs.findingLimit) {
            report(
                "render.merge-key", item, path, "is a YAML merge key, which hides fields from the proofs",
                "write the fields out", blaming: ["<<:"])
        }
        for use in scan.uses where findings.count < RenderProofs.findingLimit { check(use, in: item) }
    }

    private mutating func check(_ use: ImageUse, in item: ManifestStream.Item) {
        let reference = ImageReference(use.text.trimmingBlanks())
        let repository = reference.repository
        if repository == applicationRepository {
            return checkDigest(of: reference, use, [application], item)
        }
        let known = zip(others, otherRepositories).filter { $1 == repository }.map(\.0)
        if !known.isEmpty { return checkDigest(of: reference, use, known, item) }
        // Charts copy `tag@digest`, the value of their image's tag, into annotations and variables.
        let isTag = use.place != .imageField && reference.name == application.tag.description
        if let digest = application.digest?.description, reference.digest == digest, !isTag {
            return report(
                "render.image-repository", item, use.path,
                "is \(quoted(use.text)): the promoted digest, but in another repository than \(application.repoURL)",
                "name \(application.repoURL), or the name that the package uses"
                    + (imageName.map { " (\($0))" } ?? ""), blaming: [use.text, reference.name])
        }
        guard use.place != .text else { return }
        let names = [imageName] + others.map(\.name)
        if let name = names.compactMap({ $0 }).first(where: { ImageReference($0).repository == repository }) {
            return report(
                "render.placeholder", item, use.path,
                "is \(quoted(use.text)): the package's name \(quoted(name)) was not replaced by the promoted image",
                "put the image where the renderer replaces it: a container's image field for kustomize, the configured "
                    + "value keys for helm", blaming: [use.text, name])
        }
        if use.place == .imageField, reference.digest == nil, let word = Leftover.find(in: use.text, of: item.object) {
            report(
                "render.leftover", item, use.path,
                "is \(quoted(use.text)), a placeholder (\(quoted(word))) that nothing replaced",
                "name a real image, pinned by digest", blaming: [use.text, reference.tag ?? use.text])
        }
    }

    private mutating func checkDigest(
        of reference: ImageReference, _ use: ImageUse, _ expected: [ReleaseManifest.Image], _ item: ManifestStream.Item
    ) {
        guard !Self.isRight(reference, expected) else { return }
        let wanted = expected.compactMap { $0.digest?.description }.joined(separator: " or ")
        report(
            "render.image-digest", item, use.path,
            "refers to \(quoted(use.text)), not to the promoted digest \(wanted)",
            "take the reference out, or write the name that the package uses"
                + (imageName.map { " (\($0))" } ?? "") + " so that it is pinned",
            blaming: [use.text] + [reference.tag, reference.digest].compactMap { $0 } + [reference.name])
    }

    private static func isRight(_ reference: ImageReference, _ expected: [ReleaseManifest.Image]) -> Bool {
        expected.contains { image in
            image.digest != nil && reference.digest == image.digest?.description
                && (reference.tag == nil || reference.tag == image.tag.description)
        }
    }

    private func runsApplication(_ item: ManifestStream.Item) -> Bool {
        ContainerImages.find(in: item.node, group: item.object.group, kind: item.object.kind).contains { text in
            let reference = ImageReference(text)
            return reference.repository == applicationRepository && Self.isRight(reference, [application])
        }
    }

    private mutating func reportMissing() {
        let digest = application.digest?.description ?? "no digest"
        findings.append(
            Finding(
                rule: "render.image-missing",
                message: "no rendered object refers to the application image \(application.repoURL)@\(digest) in an "
                    + "image field of a container",
                remedy: "a container must name \(imageName ?? application.repoURL.description)"
                    + "; see package.imageName, or for helm the value keys of the image"))
    }

    private static func runtimeName(_ image: ReleaseManifest.Image) -> String {
        ImageReference(image.repoURL.description).repository
    }

    private mutating func report(
        _ rule: String, _ item: ManifestStream.Item, _ path: FieldPath, _ what: String, _ remedy: String,
        blaming texts: [String]
    ) {
        let place = locator.find(texts)
        findings.append(
            Finding(
                rule: rule, file: place?.file ?? item.origin, line: place?.line,
                message: "\(quotedTitle(item.object.title)): \(path) \(what)", remedy: remedy))
    }
}
