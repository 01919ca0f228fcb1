internal import Documents
internal import OCI
internal import Support

/// The statements of an SBOM that can be checked: digests of images, and files with their hashes.
struct SBOMContent {
    /// A listed file and its hashes, by SPDX's names of the algorithms such as `SHA256`.
    struct File {
        let name: String
        let hashes: [(algorithm: String, hex: String)]

        /// The path below `prefix`; nil when the file is not below it. Tools write `./x`, `/x` and `x`.
        func path(below prefix: String) -> String? {
            var text = name.utf8[...]
            while text.starts(with: "./".utf8) { text = text.dropFirst(2) }
            text = text.drop { $0 == UInt8(ascii: "/") }
            return text.starts(with: prefix.utf8) ? String(Substring(text.dropFirst(prefix.utf8.count))) : nil
        }
    }

    /// Every image digest that is named, as `sha256:…`.
    private(set) var digests: Set<String> = []
    /// Every file that is listed.
    private(set) var files: [File] = []

    /// Adds an element of a list of an SPDX 2 document: syft and trivy put an image's digest into purls, versions and
    /// checksums of packages.
    mutating func addSPDX(_ element: JSONValue, of list: String) {
        switch list {
        case "packages":
            note(element["versionInfo"]?.string)
            note(element["name"]?.string)
            for reference in element["externalRefs"]?.array ?? [] { note(reference["referenceLocator"]?.string) }
            note(hashes(element["checksums"], algorithm: "algorithm", value: "checksumValue"))
        case "files":
            files.append(
                File(
                    name: element["fileName"]?.string ?? "",
                    hashes: hashes(element["checksums"], algorithm: "algorithm", value: "checksumValue")))
        default: break
        }
    }

    /// Adds an element of a list of a CycloneDX document: a component, and all components below it.
    mutating func addCycloneDX(_ element: JSONValue, of list: String) {
        if list == "components" { note(component: element) }
    }

    /// Adds the component that a CycloneDX document describes.
    mutating func addSubject(of document: JSONValue) {
        guard let subject = document["metadata"]?["component"] else { return }
        let listed = files
        files = []
        note(component: subject)
        files += listed
    }

    // The recursion is bounded by the depth limit of the parser.
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

    // The text may be `sha256:…`, `repo@sha256:…` or a package URL.
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
            // Most tools write the name as it is compared, and lowercase hex. Such values are not copied.
            let known = ["SHA1", "SHA256", "SHA512"].first { $0.hasSameBytes(as: name) }
            let isLowercase = hex.utf8.allSatisfy { $0 < 0x80 && !(0x41...0x5A).contains($0) }
            return (known ?? name.filter { $0 != "-" }.uppercased(), isLowercase ? hex : hex.lowercased())
        }
    }
}
