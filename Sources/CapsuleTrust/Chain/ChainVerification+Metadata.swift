internal import CapsuleCore
internal import OCI
internal import Support

extension ChainVerification {
    /// Checks that the SBOM is SPDX or CycloneDX, and about this image or these files.
    func metadataSBOM() throws -> CheckResult {
        try metadata(.metadataSBOM, path: { $0.sbomPath }) { document in
            try SBOM.check(
                document.bytes, image: document.image, platforms: platforms, package: document.package)
                ?? SBOM.check(
                    document.bytes, image: document.image, platforms: platforms,
                    package: document.contents.tree(of: document.package, below: document.release.package.path))
        }
    }

    /// Checks that the provenance is a statement about this image and this package, from this commit.
    func metadataProvenance() -> CheckResult {
        metadata(.metadataProvenance, path: { $0.provenancePath }) { document in
            Provenance.check(
                document.bytes, image: document.image, platforms: platforms, packageDigest: document.package.digest,
                commit: document.release.gitCommit, source: document.release.source?.repository)
        }
    }

    /// A document of `metadata/`, and the image, package and release that it must be about.
    private struct Document {
        let bytes: [UInt8]
        let image: ReleaseManifest.Image
        let package: PackageOutline
        let release: ReleaseManifest
        let contents: LayerContents
    }

    private func metadata(
        _ id: CheckID, path: (ReleaseManifest.Metadata) -> RelativePath?, check: (Document) throws -> [Finding]
    ) rethrows -> CheckResult {
        guard let release, let package, let contents = capsule.contents.value else { return withoutRelease(id) }
        guard let path = release.metadata.flatMap(path) else {
            return id.skip("release.yaml (\(release.schemaVersion)) names no such file")
        }
        let evidence = ["path": path.description]
        guard path.description.hasPrefix("metadata/"), let bytes = contents.content(of: path.description) else {
            return id.fail("there is no \(path) in the capsule's metadata/", remedy: Self.rebuild, evidence)
        }
        var image = release.image
        image.digest = image.digest ?? self.image.value?.digest
        guard image.digest != nil else { return id.skip("the image's digest is not known", evidence) }
        let findings = try check(
            Document(bytes: bytes, image: image, package: package, release: release, contents: contents))
        guard let first = findings.first(where: { $0.severity == .error }) ?? findings.first else {
            return id.pass(evidence.merging(["digest": Digest.sha256(of: bytes).description]) { $1 })
        }
        let more = findings.count > 1 ? " (and \(findings.count - 1) more)" : ""
        return id.fail("\(path): \(first.message)\(more)", remedy: first.remedy, evidence)
    }
}
