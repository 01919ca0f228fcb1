package import Documents
internal import OCI
internal import Support

extension ReleaseManifest {
    /// Reads `release.yaml` strictly: unknown and missing keys are errors that name the file and the line; so are duplicate
    /// keys, anchors, aliases, tags, a second document, and more than 64 KiB.
    ///
    /// - Throws: `DocumentError.Code.invalidDocument`, `.limitExceeded`
    ///
    /// - Parameter form: the form of the release: a witness names the package of its pair in `artifact`.
    package static func decode(
        yaml: [UInt8], file: String = CapsuleFormat.releasePath, as form: ReleaseForm = .capsule
    ) throws(DocumentError) -> ReleaseManifest {
        let document = try YAMLParser.document(yaml, file: file, limits: .owned)
        // The version is checked first, so that the error for a document of a later schema is its version, not an
        // unknown key.
        if let version = document["schemaVersion"], let text = version.string,
            text != currentSchema, text != legacySchema
        {
            throw DocumentError(
                .invalidDocument,
                "\(file):\(version.line): schemaVersion \(quoted(text)) is not known; this reads \(currentSchema) and "
                    + "\(legacySchema). A newer version of capsule may be needed")
        }
        let top = try StrictObject(
            document, file: file,
            keys: [
                "schemaVersion", "gitCommit", "source", "image", "package", "images", "metadata", "packing", "artifact",
            ])
        let imageKeys = ["repoURL", "tag", "digest"]
        let release = ReleaseManifest(
            schemaVersion: try top.requiredText("schemaVersion"),
            gitCommit: try top.requiredParsed("gitCommit") { try CommitID($0) },
            source: try top.object("source", keys: ["repository", "path"]).map(source),
            image: try image(top.requiredObject("image", keys: imageKeys)),
            package: try package(
                top.requiredObject("package", keys: ["kind", "path", "entry", "imageName", "digest", "values"])),
            images: try images(top.objects("images", keys: ["name"] + imageKeys + ["values"])),
            metadata: try top.object("metadata", keys: ["sbomPath", "provenancePath"]).map(metadata),
            packing: try top.integer("packing"), artifact: try top.object("artifact", keys: imageKeys).map(artifact))
        if let problem = release.schemaProblem(in: form) {
            throw DocumentError(.invalidDocument, "\(file):\(problem.line(in: document)): \(problem.message)")
        }
        return release
    }

    private static func source(_ object: StrictObject) throws(DocumentError) -> Source {
        Source(repository: try object.requiredText("repository"), path: try object.text("path"))
    }

    private static func image(_ object: StrictObject) throws(DocumentError) -> Image {
        Image(
            name: nil, repoURL: try object.requiredParsed("repoURL") { try Repository($0) },
            tag: try object.requiredParsed("tag") { try Tag($0) },
            digest: try object.parsed("digest") { try Digest($0) })
    }

    private static func artifact(_ object: StrictObject) throws(DocumentError) -> Artifact {
        Artifact(
            repoURL: try object.requiredParsed("repoURL") { try StoreReference($0).description },
            tag: try object.requiredParsed("tag") { try Tag($0) },
            digest: try object.requiredParsed("digest") { try Digest($0) })
    }

    private static func images(_ objects: [StrictObject]?) throws(DocumentError) -> [Image]? {
        guard let objects else { return nil }
        var images: [Image] = []
        for object in objects {
            let name = try object.requiredText("name")
            var image = try image(object)
            image.name = name
            image.values = try HelmValues(object, "values")
            images.append(image)
        }
        return images
    }

    private static func package(_ object: StrictObject) throws(DocumentError) -> Package {
        Package(
            kind: try object.requiredParsed("kind") { text in
                guard let kind = PackageKind(rawValue: text) else {
                    throw DocumentError(
                        .invalidDocument, "\(quoted(text)) is not a package kind; write kustomize or helm")
                }
                return kind
            },
            path: try object.requiredParsed("path") { try RelativePath($0) },
            entry: try object.parsed("entry") { try TreeDirectory($0) },
            imageName: try object.text("imageName"),
            digest: try object.parsed("digest") { try Digest($0) },
            values: try HelmValues(object, "values"))
    }

    private static func metadata(_ object: StrictObject) throws(DocumentError) -> Metadata {
        Metadata(
            sbomPath: try object.parsed("sbomPath") { try RelativePath($0) },
            provenancePath: try object.parsed("provenancePath") { try RelativePath($0) })
    }

    /// The document as we write it: fixed order, and the same text for the same data.
    package func yaml() -> String {
        var lines = [
            "schemaVersion: \(YAMLText.scalar(schemaVersion))",
            // Always in quotes: some ids look like numbers.
            "gitCommit: \(YAMLText.quoted(gitCommit.description))",
        ]
        func add(_ key: String, _ value: String?, indent: String = "  ") {
            if let value { lines.append("\(indent)\(key): \(YAMLText.scalar(value))") }
        }
        func add(_ values: HelmValues?, indent: String = "  ") {
            guard let values else { return }
            lines.append("\(indent)values:")
            for (key, template) in values.templates.sorted(by: { $0.key < $1.key }) {
                lines.append("\(indent)  \(YAMLText.scalar(key)): \(YAMLText.scalar(template))")
            }
        }
        if let source {
            lines.append("source:")
            add("repository", source.repository)
            add("path", source.path)
        }
        lines.append("image:")
        add("repoURL", image.repoURL.description)
        add("tag", image.tag.description)
        add("digest", image.digest?.description)
        lines.append("package:")
        add("kind", package.kind.rawValue)
        add("path", package.path.description)
        add("entry", package.entry?.description)
        add("imageName", package.imageName)
        add("digest", package.digest?.description)
        add(package.values)
        if let images {
            lines.append(images.isEmpty ? "images: []" : "images:")
            for image in images {
                add("name", image.name, indent: "  - ")
                add("repoURL", image.repoURL.description, indent: image.name == nil ? "  - " : "    ")
                add("tag", image.tag.description, indent: "    ")
                add("digest", image.digest?.description, indent: "    ")
                add(image.values, indent: "    ")
            }
        }
        if let metadata, metadata.sbomPath != nil || metadata.provenancePath != nil {
            lines.append("metadata:")
            add("sbomPath", metadata.sbomPath?.description)
            add("provenancePath", metadata.provenancePath?.description)
        }
        if let packing { lines.append("packing: \(packing)") }
        // The last section: without it, these are the bytes of the capsule's release.yaml.
        if let artifact {
            lines.append("artifact:")
            add("repoURL", artifact.repoURL)
            add("tag", artifact.tag.description)
            add("digest", artifact.digest.description)
        }
        return lines.joined(separator: "\n") + "\n"
    }
}

extension HelmValues {
    /// Reads the map of a key; nil when the key is missing.
    ///
    /// - Throws: `DocumentError.Code.invalidDocument`
    package init?(_ object: StrictObject, _ key: String) throws(DocumentError) {
        guard let texts = try object.namedTexts(key, { $0 }) else { return nil }
        do {
            try self.init(Dictionary(texts.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first }))
        } catch {
            throw object.invalid(key: key, error.message)
        }
    }
}
