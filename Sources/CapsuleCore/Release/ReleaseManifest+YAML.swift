public import Documents
internal import OCI
internal import Support

extension ReleaseManifest {
    /// Reads `release.yaml` strictly: unknown and missing keys are errors that name the file and the line; so are duplicate
    /// keys, anchors, aliases, tags, a second document, and more than 64 KiB.
    ///
    /// - Throws: `DocumentError.Code.invalidDocument`, `.limitExceeded`
    public static func decode(yaml: [UInt8], file: String = CapsuleFormat.releasePath) throws(DocumentError)
        -> ReleaseManifest
    {
        let document = try YAMLParser.document(yaml, file: file, limits: .owned)
        // The version first: a document of a later schema should hear that, not which of its keys are new.
        if let version = document["schemaVersion"], let text = version.string,
            text != currentSchema, text != legacySchema
        {
            throw DocumentError(
                .invalidDocument,
                "\(file):\(version.line): schemaVersion \(quoted(text)) is not known; this reads \(currentSchema) and "
                    + "\(legacySchema). A newer version of capsule may be needed")
        }
        let fields = try YAMLFields(
            document, file: file,
            keys: ["schemaVersion", "gitCommit", "source", "image", "package", "images", "metadata", "packing"])
        let schema = try fields.requiredString("schemaVersion")
        let release = ReleaseManifest(
            schemaVersion: schema,
            gitCommit: try fields.parseRequired("gitCommit") { try CommitID($0) },
            source: try fields.node("source").map { node throws(DocumentError) in try source(node, file) },
            image: try image(fields.required("image"), file, "image", named: false),
            package: try package(fields.required("package"), file),
            images: try images(fields),
            metadata: try fields.node("metadata").map { node throws(DocumentError) in try metadata(node, file) },
            packing: try fields.integer("packing"))
        if let problem = release.schemaProblem {
            throw DocumentError(.invalidDocument, "\(file):\(problem.line(in: document)): \(problem.message)")
        }
        return release
    }

    private static func source(_ node: YAMLNode, _ file: String) throws(DocumentError) -> Source {
        let fields = try YAMLFields(node, file: file, path: "source", keys: ["repository", "path"])
        return Source(repository: try fields.requiredString("repository"), path: try fields.string("path"))
    }

    private static func image(_ node: YAMLNode, _ file: String, _ path: String, named: Bool) throws(DocumentError)
        -> Image
    {
        let fields = try YAMLFields(
            node, file: file, path: path, keys: (named ? ["name"] : []) + ["repoURL", "tag", "digest"])
        return Image(
            name: named ? try fields.requiredString("name") : nil,
            repoURL: try fields.parseRequired("repoURL") { try Repository($0) },
            tag: try fields.parseRequired("tag") { try Tag($0) },
            digest: try fields.parse("digest") { try Digest($0) })
    }

    private static func images(_ fields: YAMLFields) throws(DocumentError) -> [Image]? {
        guard let nodes = try fields.sequence("images") else { return nil }
        var result: [Image] = []
        for (index, node) in nodes.enumerated() {
            result.append(try image(node, fields.file, "images[\(index)]", named: true))
        }
        return result
    }

    private static func package(_ node: YAMLNode, _ file: String) throws(DocumentError) -> Package {
        let fields = try YAMLFields(
            node, file: file, path: "package", keys: ["kind", "path", "entry", "imageName", "digest"])
        return Package(
            kind: try fields.parseRequired("kind") { text in
                guard let kind = PackageKind(rawValue: text) else {
                    throw DocumentError(
                        .invalidDocument, "\(quoted(text)) is not a package kind; write kustomize or helm")
                }
                return kind
            },
            path: try fields.parseRequired("path") { try RelativePath($0) },
            entry: try fields.parse("entry") { try RelativePath($0) },
            imageName: try fields.string("imageName"),
            digest: try fields.parse("digest") { try Digest($0) })
    }

    private static func metadata(_ node: YAMLNode, _ file: String) throws(DocumentError) -> Metadata {
        let fields = try YAMLFields(node, file: file, path: "metadata", keys: ["sbomPath", "provenancePath"])
        return Metadata(
            sbomPath: try fields.parse("sbomPath") { try RelativePath($0) },
            provenancePath: try fields.parse("provenancePath") { try RelativePath($0) })
    }

    /// The document as we write it: fixed order, and the same text for the same data.
    public func yaml() -> String {
        var lines = [
            "schemaVersion: \(YAMLText.scalar(schemaVersion))",
            // Always in quotes: some ids look like numbers.
            "gitCommit: \(YAMLText.quoted(gitCommit.description))",
        ]
        func add(_ key: String, _ value: String?, indent: String = "  ") {
            if let value { lines.append("\(indent)\(key): \(YAMLText.scalar(value))") }
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
        if let images {
            lines.append(images.isEmpty ? "images: []" : "images:")
            for image in images {
                add("name", image.name, indent: "  - ")
                add("repoURL", image.repoURL.description, indent: image.name == nil ? "  - " : "    ")
                add("tag", image.tag.description, indent: "    ")
                add("digest", image.digest?.description, indent: "    ")
            }
        }
        if let metadata, metadata.sbomPath != nil || metadata.provenancePath != nil {
            lines.append("metadata:")
            add("sbomPath", metadata.sbomPath?.description)
            add("provenancePath", metadata.provenancePath?.description)
        }
        if let packing { lines.append("packing: \(packing)") }
        return lines.joined(separator: "\n") + "\n"
    }
}
