internal import Documents
internal import OCI

/// The SBOM of a release: an SPDX or CycloneDX document at `metadata/sbom.json`.
///
/// [SPDX 2.3](https://spdx.github.io/spdx-spec/v2.3/)
package enum SBOM {
    /// Writes an SPDX 2.3 document about a release: the package with each of its files, and each of its images.
    ///
    /// - Parameter committed: the commit's time, seconds since 1970, which is written as the time of creation.
    /// - Throws: `CapsuleError.Code.invalidMetadata` when an image or the package has no digest.
    package static func generate(
        _ release: ReleaseManifest, package: PackageTree, committed: Int64
    ) throws(CapsuleError) -> [UInt8] {
        let root = "SPDXRef-Package"
        let files = package.files.enumerated().map { index, file in
            SPDXFile(
                id: "SPDXRef-File-\(index + 1)", name: "./\(package.kind.path)/\(file.path)",
                sha1: FileHashes.sha1(file.content), sha256: file.digest)
        }
        var packages = [packageValue(release, package: package, files: files, id: root)]
        var relationships = [relationship("SPDXRef-DOCUMENT", "DESCRIBES", root)]
        relationships += files.map { relationship(root, "CONTAINS", $0.id) }
        for (index, image) in ([release.image] + (release.images ?? [])).enumerated() {
            guard let value = imageValue(image, id: "SPDXRef-Image-\(index + 1)") else {
                throw CapsuleError(.invalidMetadata, "image \(image.repoURL):\(image.tag) has no digest")
            }
            packages.append(value)
            relationships.append(relationship(root, "DEPENDS_ON", "SPDXRef-Image-\(index + 1)"))
        }
        let document = JSONValue.members([
            "spdxVersion": "SPDX-2.3",
            "dataLicense": "CC0-1.0",
            "SPDXID": "SPDXRef-DOCUMENT",
            "name": .string("\(release.image.repoURL.lastSegment)-\(release.identity)"),
            "documentNamespace": .string(namespace(release, package: package)),
            "creationInfo": .members([
                "created": .string(CapsuleFormat.timestamp(committed)), "creators": ["Tool: release-capsule"],
            ]),
            "packages": .array(packages),
            "files": .array(files.map(\.value)),
            "relationships": .array(relationships),
        ])
        return Array(document.text.utf8)
    }

    /// The package verification code of SPDX 2.3 §7.9: the SHA-1 of the files' SHA-1s, sorted and joined.
    static func verificationCode(_ sha1s: [String]) -> String {
        FileHashes.sha1(Array(sha1s.sorted().joined().utf8))
    }

    private static func packageValue(_ release: ReleaseManifest, package: PackageTree, files: [SPDXFile], id: String)
        -> JSONValue
    {
        let location = release.source.flatMap { source in
            SourceURL.gitURI(source.repository, commit: release.gitCommit).map { uri in
                uri + (source.path.map { "#\($0)" } ?? "")
            }
        }
        return .members([
            "SPDXID": .string(id),
            "name": .string(package.kind.path),
            "versionInfo": .string(release.identity.description),
            "downloadLocation": .string(location ?? "NOASSERTION"),
            "filesAnalyzed": true,
            "packageVerificationCode": .members([
                "packageVerificationCodeValue": .string(verificationCode(files.map(\.sha1)))
            ]),
            "licenseConcluded": "NOASSERTION",
            "licenseInfoFromFiles": ["NOASSERTION"],
            "licenseDeclared": "NOASSERTION",
            "copyrightText": "NOASSERTION",
            "comment": .string("package digest \(package.digest)"),
        ])
    }

    private static func imageValue(_ image: ReleaseManifest.Image, id: String) -> JSONValue? {
        guard let digest = image.digest, let url = PackageURL.text(image) else { return nil }
        return .members([
            "SPDXID": .string(id),
            "name": .string(image.repoURL.description),
            "versionInfo": .string(image.tag.description),
            "downloadLocation": "NOASSERTION",
            "filesAnalyzed": false,
            "checksums": [checksum(digest.algorithm.rawValue.uppercased(), digest.hex)],
            "licenseConcluded": "NOASSERTION",
            "licenseDeclared": "NOASSERTION",
            "copyrightText": "NOASSERTION",
            "externalRefs": [
                .members([
                    "referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": .string(url),
                ])
            ],
            "primaryPackagePurpose": "CONTAINER",
        ])
    }

    // SPDX requires a URI that no other document has, so the URI is derived from everything that determines this
    // document.
    private static func namespace(_ release: ReleaseManifest, package: PackageTree) -> String {
        let images = [release.image] + (release.images ?? [])
        let inputs =
            [package.digest.description, release.source?.repository ?? "", release.source?.path ?? ""]
            + images.map { PackageURL.text($0) ?? "" }
        let hash = Digest.sha256(of: Array(inputs.joined(separator: "\n").utf8))
        return "https://release-capsule.io/spdx/\(release.image.repoURL)/\(release.identity)/\(hash.hex)"
    }

    private static func relationship(_ from: String, _ type: String, _ to: String) -> JSONValue {
        .members([
            "spdxElementId": .string(from), "relationshipType": .string(type), "relatedSpdxElement": .string(to),
        ])
    }

    fileprivate static func checksum(_ algorithm: String, _ hex: String) -> JSONValue {
        .members(["algorithm": .string(algorithm), "checksumValue": .string(hex)])
    }
}

private struct SPDXFile {
    let id: String
    let name: String
    let sha1: String
    let sha256: Digest

    var value: JSONValue {
        .members([
            "SPDXID": .string(id),
            "fileName": .string(name),
            "checksums": [SBOM.checksum("SHA1", sha1), SBOM.checksum("SHA256", sha256.hex)],
            "licenseConcluded": "NOASSERTION",
            "licenseInfoInFiles": ["NOASSERTION"],
            "copyrightText": "NOASSERTION",
        ])
    }
}
