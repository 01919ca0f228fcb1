internal import OCI

/// What an SBOM says that can be checked: digests of images, and files with their hashes.
struct SBOMContent {
    /// A file and its hashes, by the name of the algorithm as SPDX writes it, `SHA256`.
    struct File {
        let name: String
        let hashes: [(algorithm: String, hex: String)]

        /// The path below `prefix`; nil when the file stands elsewhere. Tools write `./x`, `/x` and `x`.
        func path(below prefix: String) -> String? {
            var text = Substring(name)
            while text.hasPrefix("./") { text = text.dropFirst(2) }
            text = text.drop { $0 == "/" }
            return text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : nil
        }
    }

    /// Every image digest that is named, as `sha256:…`.
    private(set) var digests: Set<String> = []
    /// Every file that is listed.
    private(set) var files: [File] = []

    /// Reads an SPDX 2 document: syft and trivy put an image's digest into purls, versions and checksums of packages.
    init(spdx document: JSONValue) {
        for package in document["packages"]?.array ?? [] {
            note(package["versionInfo"]?.string)
            note(package["name"]?.string)
            for reference in package["externalRefs"]?.array ?? [] { note(reference["referenceLocator"]?.string) }
            note(hashes(package["checksums"], algorithm: "algorithm", value: "checksumValue"))
        }
        for file in document["files"]?.array ?? [] {
            files.append(
                File(
                    name: file["fileName"]?.string ?? "",
                    hashes: hashes(file["checksums"], algorithm: "algorithm", value: "checksumValue")))
        }
    }

    /// Reads a CycloneDX document: the component that it is about, and all below and beside it.
    init(cycloneDX document: JSONValue) {
        if let subject = document["metadata"]?["component"] { note(component: subject) }
        for component in document["components"]?.array ?? [] { note(component: component) }
    }

    // Bounded by the depth that the parser allows.
    private mutating func note(component: JSONValue) {
        let found = hashes(component["hashes"], algorithm: "alg", value: "content")
        if component["type"]?.string == "file" {
            files.append(File(name: component["name"]?.string ?? "", hashes: found))
        } else {
            note(component["version"]?.string)
            note(component["name"]?.string)
            note(component["purl"]?.string)
            note(found)
            for property in component["properties"]?.array ?? [] { note(property["value"]?.string) }
        }
        for inner in component["components"]?.array ?? [] { note(component: inner) }
    }

    // `sha256:…`, `repo@sha256:…` or a package URL.
    private mutating func note(_ text: String?) {
        guard let text else { return }
        if let url = PackageURL(text) {
            digests.insert(url.digest.description)
        } else if let digest = try? Digest(
            String(text[(text.lastIndex(of: "@").map(text.index(after:)) ?? text.startIndex)...]))
        {
            digests.insert(digest.description)
        }
    }

    private mutating func note(_ hashes: [(algorithm: String, hex: String)]) {
        for (algorithm, hex) in hashes where algorithm == "SHA256" || algorithm == "SHA512" {
            digests.insert("\(algorithm.lowercased()):\(hex)")
        }
    }

    // CycloneDX writes SHA-256 where SPDX writes SHA256.
    private func hashes(_ value: JSONValue?, algorithm: String, value key: String) -> [(algorithm: String, hex: String)]
    {
        (value?.array ?? []).compactMap { hash in
            guard let name = hash[algorithm]?.string, let hex = hash[key]?.string else { return nil }
            return (name.filter { $0 != "-" }.uppercased(), hex.lowercased())
        }
    }
}
