internal import Documents
internal import OCI
public import Support

extension SBOM {
    /// What is wrong with an SBOM as evidence for a release; nothing when it holds.
    ///
    /// It must be SPDX 2.x or CycloneDX 1.5 or 1.6 as JSON, and name the image's digest or list every file of the package.
    /// Whatever it says about a file of the package must be right in either case.
    public static func check(_ bytes: [UInt8], image: ReleaseManifest.Image, package: PackageTree) -> [Finding] {
        let document: JSONValue
        // What a document is may stand behind its lists, so both ways of reading them go along.
        var spdx = SBOMContent()
        var cycloneDX = SBOMContent()
        do {
            document = try JSONParser.parse(bytes, file: file) { key, element in
                spdx.addSPDX(element, of: key)
                cycloneDX.addCycloneDX(element, of: key)
            }
        } catch {
            return [
                Finding(
                    rule: "sbom.document", file: file, reading: error, remedy: "supply SPDX or CycloneDX as JSON")
            ]
        }
        if let version = document["spdxVersion"]?.string {
            guard ["SPDX-2.2", "SPDX-2.3"].contains(version) else {
                return [unknown("SPDX version \(quoted(version))")]
            }
            guard document["SPDXID"]?.string == "SPDXRef-DOCUMENT", document["packages"]?.array != nil else {
                return [unknown("an SPDX document without SPDXID or packages")]
            }
            return judge(spdx, image: image, package: package)
        } else if document["bomFormat"]?.string == "CycloneDX" {
            guard let version = document["specVersion"]?.string, ["1.5", "1.6"].contains(version) else {
                return [unknown("CycloneDX version \(quoted(document["specVersion"]?.string ?? ""))")]
            }
            cycloneDX.addSubject(of: document)
            return judge(cycloneDX, image: image, package: package)
        }
        return [unknown("neither SPDX nor CycloneDX")]
    }

    private static func judge(_ content: SBOMContent, image: ReleaseManifest.Image, package: PackageTree)
        -> [Finding]
    {
        var findings: [Finding] = []
        var proven = [Bool](repeating: false, count: package.files.count)
        let places = Dictionary(
            package.files.enumerated().map { ($1.path.description, $0) }, uniquingKeysWith: { first, _ in first })
        let prefix = package.kind.path + "/"
        for listed in content.files {
            guard let path = listed.path(below: prefix) else { continue }
            guard let place = places[path] else {
                findings.append(
                    finding(
                        "file", "it lists \(quoted(prefix + path)), which the package does not hold",
                        "make the SBOM of this package"))
                continue
            }
            var isProven = false
            for (algorithm, hex) in listed.hashes {
                guard let right = FileHashes.hash(algorithm, of: package.files[place]) else { continue }
                if hex == right {
                    isProven = isProven || algorithm != "SHA1"
                } else {
                    findings.append(
                        finding(
                            "checksum",
                            "it gives \(quoted(prefix + path)) the \(algorithm) \(quoted(hex)); it is \(right)",
                            "make the SBOM of this package"))
                }
            }
            if isProven { proven[place] = true }
        }
        let namesImage = image.digest.map { content.digests.contains($0.description) } ?? false
        // The files are sorted, so the first is the one to name.
        let missing = proven.firstIndex(of: false)
        if !namesImage, missing != nil || package.files.isEmpty {
            findings.append(
                finding(
                    "subject",
                    "it names neither the image \(image.digest?.description ?? "(without a digest)") nor, with SHA-256, "
                        + "every file of the package (\(quoted(missing.map { package.files[$0].path.description } ?? "")) is missing)",
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
