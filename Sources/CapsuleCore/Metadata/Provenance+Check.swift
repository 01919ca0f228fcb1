internal import Archive
internal import Documents
package import OCI
package import Support

extension Provenance {
    /// Checks provenance as evidence for a release: it must be a statement about this image and this package, built from this
    /// commit.
    ///
    /// It may have further subjects, but none with the name of either and another digest.
    ///
    /// - Parameters:
    ///   - platforms: the digests of the manifests in the image's index. A subject that is one of them is the image.
    ///   - source: the source repository, if known. The commit must then be a commit of that repository.
    /// - Returns: a finding for each problem; empty when there is none.
    package static func check(
        _ bytes: [UInt8], image: ReleaseManifest.Image, platforms: Set<Digest> = [], packageDigest: Digest,
        commit: CommitID, source: String? = nil
    ) -> [Finding] {
        let statement: JSONValue
        do {
            statement = try JSONParser.parse(bytes, file: file)
        } catch {
            return [
                Finding(
                    rule: "provenance.document", file: file, reading: error,
                    remedy: "supply an in-toto Statement as JSON")
            ]
        }
        guard let type = statement["_type"]?.string, type == statementType || type == legacyStatementType else {
            return [
                finding(
                    "type", "it is not an in-toto Statement: _type is \(text(statement["_type"]))",
                    "supply an in-toto Statement v1, the payload and not the DSSE envelope around it")
            ]
        }
        return subjects(of: statement, image: image, platforms, packageDigest: packageDigest)
            + predicate(of: statement, commit: commit, source: source)
    }

    private static func subjects(
        of statement: JSONValue, image: ReleaseManifest.Image, _ platforms: Set<Digest>, packageDigest: Digest
    ) -> [Finding] {
        guard let subjects = statement["subject"]?.array, !subjects.isEmpty else {
            return [finding("subject", "it has no subjects", "supply provenance of this image and this package")]
        }
        var findings: [Finding] = []
        var namesImage = false
        var namesPackage = false
        for subject in subjects {
            let name = subject["name"]?.string ?? ""
            guard let members = subject["digest"]?.members, !members.isEmpty else {
                findings.append(finding("subject", "subject \(quoted(name)) has no digest", "supply one with digests"))
                continue
            }
            var digests: [Digest] = []
            for member in members where Digest.Algorithm(rawValue: member.key) != nil {
                guard let hex = member.value.string, let digest = try? Digest("\(member.key):\(hex)") else {
                    findings.append(
                        finding(
                            "subject", "subject \(quoted(name)) has the malformed \(member.key) \(text(member.value))",
                            "write it in lowercase hex, whole"))
                    continue
                }
                digests.append(digest)
            }
            let isImage = digests.contains { $0 == image.digest || platforms.contains($0) }
            let isPackage = digests.contains(packageDigest)
            namesImage = namesImage || isImage
            namesPackage = namesPackage || isPackage
            if name.hasPrefix("package/"), !isPackage {
                findings.append(
                    finding(
                        "subject", "subject \(quoted(name)) has \(list(digests)); the package is \(packageDigest)",
                        "supply the provenance of this package"))
            }
            findings += purl(name, isImage: isImage, digests: digests, image: image)
        }
        if !namesImage {
            findings.append(
                finding(
                    "subject", "no subject is the image \(image.digest?.description ?? "(without a digest)")",
                    "supply the provenance of this image, or supply none, and one is generated"))
        }
        if !namesPackage {
            findings.append(
                finding(
                    "subject", "no subject is the package \(packageDigest)",
                    "supply provenance that names the package digest, or supply none, and one is generated"))
        }
        return findings
    }

    // A package URL contains a digest, which must be one of the subject's digests, and may contain the repository. A
    // subject must have the image's repository if it is the image, and must not have it otherwise.
    private static func purl(_ name: String, isImage: Bool, digests: [Digest], image: ReleaseManifest.Image)
        -> [Finding]
    {
        guard name.hasPrefix("pkg:oci/") else { return [] }
        guard let url = PackageURL(name) else {
            return [finding("subject", "subject \(quoted(name)) names no digest", "write pkg:oci/NAME@sha256:…")]
        }
        var findings: [Finding] = []
        if !digests.contains(url.digest) {
            findings.append(
                finding(
                    "subject", "subject \(quoted(name)) is named by another digest than its own, \(list(digests))",
                    "supply provenance whose names and digests agree"))
        }
        if let repository = url.repository, (repository == image.repoURL.description) != isImage {
            findings.append(
                finding(
                    "subject",
                    isImage
                        ? "subject \(quoted(name)) is the image in another repository than \(image.repoURL)"
                        : "subject \(quoted(name)) is another image of \(image.repoURL)",
                    "supply the provenance of \(image.repoURL)@\(image.digest?.description ?? "…")"))
        }
        return findings
    }

    private static func predicate(of statement: JSONValue, commit: CommitID, source: String?) -> [Finding] {
        guard let predicate = statement["predicate"], predicate.members != nil else {
            return [finding("predicate", "it has no predicate", "supply SLSA provenance v1")]
        }
        let dependencies: [JSONValue]
        switch statement["predicateType"]?.string {
        case predicateType:
            let definition = predicate["buildDefinition"]
            dependencies = definition?["resolvedDependencies"]?.array ?? []
            if definition?["buildType"]?.string == buildType,
                let recorded = definition?["externalParameters"]?["source"]?["commit"],
                recorded.string != commit.description
            {
                return [
                    finding(
                        "commit", "it was built from commit \(text(recorded)); the release is \(commit)",
                        "supply the provenance of this commit's build")
                ]
            }
        case legacyPredicateType:
            dependencies =
                (predicate["materials"]?.array ?? [])
                + [predicate["invocation"]?["configSource"]].compactMap { $0 }
        default:
            return [
                finding(
                    "predicate", "its predicate is \(text(statement["predicateType"]))",
                    "supply SLSA provenance: \(predicateType)")
            ]
        }
        return commits(dependencies, commit: commit, source: source)
    }

    // SLSA v1 calls a commit `gitCommit`, v0.2 `sha1`; a `sha1` counts only where the URI says Git.
    private static func commits(_ dependencies: [JSONValue], commit: CommitID, source: String?) -> [Finding] {
        let wanted = source.map(SourceURL.key)
        var findings: [Finding] = []
        var holds = false
        for dependency in dependencies {
            let uri = dependency["uri"]?.string ?? ""
            let digest = dependency["digest"]
            guard let value = digest?["gitCommit"] ?? (uri.hasPrefix("git") ? digest?["sha1"] : nil) else { continue }
            let isSource = wanted.map { $0 == SourceURL.key(uri) }
            if value.string == commit.description {
                holds = holds || isSource ?? true
            } else if isSource == true {
                findings.append(
                    finding(
                        "commit", "it was built from commit \(text(value)) of \(quoted(uri)); the release is \(commit)",
                        "supply the provenance of this commit's build"))
            }
        }
        if !holds, findings.isEmpty {
            findings.append(
                finding(
                    "commit",
                    "none of its dependencies is commit \(commit)" + (source.map { " of \(quoted($0))" } ?? ""),
                    "supply provenance whose resolvedDependencies hold the source at that commit"))
        }
        return findings
    }

    private static let file = "metadata/provenance.json"

    private static func finding(_ rule: String, _ message: String, _ remedy: String) -> Finding {
        Finding(rule: "provenance.\(rule)", file: file, message: message, remedy: remedy)
    }

    private static func list(_ digests: [Digest]) -> String {
        digests.isEmpty ? "no digest that is known here" : digests.map(\.description).joined(separator: ", ")
    }

    private static func text(_ value: JSONValue?) -> String {
        switch value {
        case nil: "missing"
        case .string(let text): quoted(text)
        default: "not a string"
        }
    }
}
