internal import Documents
package import OCI
package import Support

extension SBOM {
    /// Checks an SBOM as evidence for a release.
    ///
    /// It must be SPDX 2.x or CycloneDX 1.5 or 1.6 as JSON, and name the image's digest or list every file of the package.
    /// In both cases, everything that it says about a file of the package must be correct.
    ///
    /// - Parameter platforms: the digests of the manifests in the image's index. An SBOM that names one of them names the
    ///   image.
    /// - Returns: a finding for each problem; empty when there is none.
    package static func check(
        _ bytes: [UInt8], image: ReleaseManifest.Image, platforms: Set<Digest> = [], package: PackageTree
    ) -> [Finding] {
        run(bytes, image: image, platforms, package: PackageOutline(package)).findings
    }

    /// Checks an SBOM against a package of which some files are not in memory.
    ///
    /// - Returns: nil when the SBOM gives a hash of such a file that needs its bytes. Check with the whole package then.
    package static func check(
        _ bytes: [UInt8], image: ReleaseManifest.Image, platforms: Set<Digest> = [], package: PackageOutline
    ) -> [Finding]? {
        let (findings, needsContent) = run(bytes, image: image, platforms, package: package)
        return needsContent ? nil : findings
    }

    private static func run(
        _ bytes: [UInt8], image: ReleaseManifest.Image, _ platforms: Set<Digest>, package: PackageOutline
    ) -> (findings: [Finding], needsContent: Bool) {
        let document: JSONValue
        // The keys that identify the format may come after the lists, so both readers collect.
        var spdx = SBOMContent()
        var cycloneDX = SBOMContent()
        do {
            document = try JSONParser.parse(bytes, file: file) { key, element in
                spdx.addSPDX(element, of: key)
                cycloneDX.addCycloneDX(element, of: key)
            }
        } catch {
            let finding = Finding(
                rule: "sbom.document", file: file, reading: error, remedy: "supply SPDX or CycloneDX as JSON")
            return ([finding], false)
        }
        if let version = document["spdxVersion"]?.string {
            guard ["SPDX-2.2", "SPDX-2.3"].contains(version) else {
                return ([unknown("SPDX version \(quoted(version))")], false)
            }
            guard document["SPDXID"]?.string == "SPDXRef-DOCUMENT", document["packages"]?.array != nil else {
                return ([unknown("an SPDX document without SPDXID or packages")], false)
            }
            return compare(spdx, image: image, platforms, package: package)
        } else if document["bomFormat"]?.string == "CycloneDX" {
            guard let version = document["specVersion"]?.string, ["1.5", "1.6"].contains(version) else {
                return ([unknown("CycloneDX version \(quoted(document["specVersion"]?.string ?? ""))")], false)
            }
            cycloneDX.addSubject(of: document)
            return compare(cycloneDX, image: image, platforms, package: package)
        }
        return ([unknown("neither SPDX nor CycloneDX")], false)
    }

    private static func compare(
        _ content: SBOMContent, image: ReleaseManifest.Image, _ platforms: Set<Digest>, package: PackageOutline
    ) -> (findings: [Finding], needsContent: Bool) {
        var findings: [Finding] = []
        var needsContent = false
        let files = package.allFiles
        var proven = [Bool](repeating: false, count: files.count)
        let places = Dictionary(
            files.enumerated().map { ($1.path.description, $0) }, uniquingKeysWith: { first, _ in first })
        let prefix = package.kind.path + "/"
        var hashes = FileHashes.Memory()
        for listed in content.files where findings.count < KustomizeWalk.maximumFindings {
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
                switch hashes.hash(algorithm, of: files[place], at: place) {
                case .unknownAlgorithm: continue
                case .needsContent: needsContent = true
                case .hex(hex): isProven = isProven || algorithm != "SHA1"
                case .hex(let right):
                    findings.append(
                        finding(
                            "checksum",
                            "it gives \(quoted(prefix + path)) the \(algorithm) \(quoted(hex)); it is \(right)",
                            "make the SBOM of this package"))
                }
            }
            if isProven { proven[place] = true }
        }
        let namesImage = platforms.union([image.digest].compactMap { $0 }).contains {
            content.digests.contains($0.description)
        }
        // The files are sorted, so the first is the one to name.
        let missing = proven.firstIndex(of: false)
        if !namesImage, missing != nil || files.isEmpty {
            findings.append(
                finding(
                    "subject",
                    "it names neither the image \(image.digest?.description ?? "(without a digest)") nor, with SHA-256, "
                        + "every file of the package (\(quoted(missing.map { files[$0].path.description } ?? "")) is missing)",
                    "supply the SBOM of this image, or supply none, and one is generated"))
        }
        return (findings, needsContent)
    }

    private static let file = "metadata/sbom.json"

    private static func unknown(_ what: String) -> Finding {
        finding("document", "it is \(what)", "supply SPDX 2.3, or CycloneDX 1.5 or 1.6, as JSON")
    }

    private static func finding(_ rule: String, _ message: String, _ remedy: String) -> Finding {
        Finding(rule: "sbom.\(rule)", file: file, message: message, remedy: remedy)
    }
}
