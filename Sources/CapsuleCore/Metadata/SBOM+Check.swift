internal import OCI

extension SBOM {
    /// What is wrong with an SBOM as evidence for a release; nothing when it holds.
    ///
    /// It must be SPDX 2.x or CycloneDX 1.5 or 1.6 as JSON, and name the image's digest or list every file of the package.
    /// Whatever it says about a file of the package must be right in either case.
    public static func check(_ bytes: [UInt8], image: ReleaseManifest.Image, package: PackageTree) -> [Finding] {
        let document: JSONValue
        do {
            document = try JSONParser.parse(bytes, file: file)
        } catch {
            return [
                Finding(
                    rule: "sbom.document", file: file, reading: error, remedy: "supply SPDX or CycloneDX as JSON")
            ]
        }
        let content: SBOMContent
        if let version = document["spdxVersion"]?.string {
            guard ["SPDX-2.2", "SPDX-2.3"].contains(version) else {
                return [unknown("SPDX version \(quoted(version))")]
            }
            guard document["SPDXID"]?.string == "SPDXRef-DOCUMENT", document["packages"]?.array != nil else {
                return [unknown("an SPDX document without SPDXID or packages")]
            }
            content = SBOMContent(spdx: document)
        } else if document["bomFormat"]?.string == "CycloneDX" {
            guard let version = document["specVersion"]?.string, ["1.5", "1.6"].contains(version) else {
                return [unknown("CycloneDX version \(quoted(document["specVersion"]?.string ?? ""))")]
            }
            content = SBOMContent(cycloneDX: document)
        } else {
            return [unknown("neither SPDX nor CycloneDX")]
        }
        return judge(content, image: image, package: package)
    }

    private static func judge(_ content: SBOMContent, image: ReleaseManifest.Image, package: PackageTree)
        -> [Finding]
    {
        var findings: [Finding] = []
        var missing = Set(package.files.map(\.path.description))
        let files = Dictionary(
            package.files.map { ($0.path.description, $0) }, uniquingKeysWith: { first, _ in first })
        let prefix = package.kind.path + "/"
        for listed in content.files {
            guard let path = listed.path(below: prefix) else { continue }
            guard let file = files[path] else {
                findings.append(
                    finding(
                        "file", "it lists \(quoted(prefix + path)), which the package does not hold",
                        "make the SBOM of this package"))
                continue
            }
            var proven = false
            for (algorithm, hex) in listed.hashes {
                guard let right = FileHashes.hash(algorithm, of: file) else { continue }
                if hex == right {
                    proven = proven || algorithm != "SHA1"
                } else {
                    findings.append(
                        finding(
                            "checksum",
                            "it gives \(quoted(prefix + path)) the \(algorithm) \(quoted(hex)); it is \(right)",
                            "make the SBOM of this package"))
                }
            }
            if proven { missing.remove(path) }
        }
        let namesImage = image.digest.map { content.digests.contains($0.description) } ?? false
        if !namesImage, !missing.isEmpty || package.files.isEmpty {
            findings.append(
                finding(
                    "subject",
                    "it names neither the image \(image.digest?.description ?? "(without a digest)") nor, with SHA-256, "
                        + "every file of the package (\(quoted(missing.min() ?? "")) is missing)",
                    "supply the SBOM of this image, or none and one is written"))
        }
        return findings
    }

    private static let file = "metadata/sbom.json"

    private static func unknown(_ what: String) -> Finding {
        finding("document", "it is \(what)", "supply SPDX 2.3, or CycloneDX 1.5 or 1.6, as JSON")
    }

    private static func finding(_ rule: String, _ message: String, _ remedy: String) -> Finding {
        Finding(rule: "sbom.\(rule)", file: file, message: message, remedy: remedy)
    }
}
