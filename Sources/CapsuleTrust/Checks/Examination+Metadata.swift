internal import CapsuleCore
internal import OCI
internal import Support

extension Examination {
    /// The SBOM is one, and is about this image or these files.
    func metadataSBOM() -> CheckResult {
        metadata(.metadataSBOM, path: { $0.sbomPath }) { bytes, image, package, _ in
            SBOM.check(bytes, image: image, package: package)
        }
    }

    /// The provenance is a statement about this image and this package, from this commit.
    func metadataProvenance() -> CheckResult {
        metadata(.metadataProvenance, path: { $0.provenancePath }) { bytes, image, package, release in
            Provenance.check(
                bytes, image: image, packageDigest: package.digest, commit: release.gitCommit,
                source: release.source?.repository)
        }
    }

    private func metadata(
        _ id: CheckID, path: (ReleaseManifest.Metadata) -> RelativePath?,
        check: ([UInt8], ReleaseManifest.Image, PackageTree, ReleaseManifest) -> [Finding]
    ) -> CheckResult {
        guard let release, let package, let contents = capsule.contents.value else { return withoutRelease(id) }
        guard let path = release.metadata.flatMap(path) else {
            return id.skip("release.yaml (\(release.schemaVersion)) names no such file")
        }
        let evidence = ["path": path.description]
        guard path.description.hasPrefix("metadata/"), let bytes = contents.documents[path.description] else {
            return id.fail("there is no \(path) in the capsule's metadata/", remedy: Self.rebuild, evidence)
        }
        var image = release.image
        image.digest = image.digest ?? self.image.value?.digest
        guard image.digest != nil else { return id.skip("the image's digest is not known", evidence) }
        let findings = check(bytes, image, package, release)
        guard let first = findings.first(where: { $0.severity == .error }) ?? findings.first else {
            return id.pass(evidence.merging(["digest": Digest.sha256(of: bytes).description]) { $1 })
        }
        let more = findings.count > 1 ? " (and \(findings.count - 1) more)" : ""
        return id.fail("\(path): \(first.message)\(more)", remedy: first.remedy, evidence)
    }
}
