public import CapsuleCore
internal import Documents
internal import GitOps
internal import OCI
internal import Rendering
internal import Support

extension CapsuleConfiguration {
    /// Reads `capsule.yaml`, strictly: an unknown key or a wrong type is an error that names key and line.
    ///
    /// - Parameters:
    ///   - file: what the file is called in messages.
    ///   - defaultRoot: `gitops.root` when the file does not say: the directory that holds it in the GitOps repository.
    /// - Throws: `DocumentError.Code.invalidDocument`, `.limitExceeded`
    public init(
        yaml: [UInt8], file: String = CapsuleConfiguration.fileName, defaultRoot: RelativePath? = nil
    ) throws {
        let top = try MappingReader(
            YAMLParser.document(yaml, file: file), file: file,
            keys: [
                "schemaVersion", "image", "capsule", "package", "gitops", "helm", "renderer", "kargo", "policy",
                "stages",
            ])
        let schema = try top.requiredString("schemaVersion")
        guard schema == Self.currentSchema else {
            throw top.complaint("schemaVersion", "is \(quoted(schema)); this version reads \(Self.currentSchema)")
        }
        let image = try top.requiredParsed("image") { try Repository($0) }
        let capsule = try top.requiredParsed("capsule") { text in
            let location = try Location(text)
            guard location.tag == nil, location.digest == nil else {
                throw CapsuleError(.invalidName, "\(quoted(text)) names a tag or digest; name the repository alone")
            }
            return location.place
        }
        do {
            try self.init(
                image: image, capsule: capsule, package: Self.package(top, image: image),
                gitops: Self.gitops(top, defaultRoot: defaultRoot), helm: Self.helm(top),
                renderer: top.choice("renderer") ?? .automatic,
                kargo: top.mapping("kargo", keys: KargoSettings.keys).map { (reader) throws in
                    try KargoSettings(reader)
                }, policy: Self.policy(top), stages: Self.stages(top))
        } catch let error as DocumentError where !error.message.hasPrefix("\(file):") {
            // Errors about the ladder come from values, which do not know the file.
            throw DocumentError(error.code, "\(file): \(error.message)", cause: error.cause)
        } catch let error as CapsuleError where !error.message.hasPrefix("\(file):") {
            throw CapsuleError(error.code, "\(file): \(error.message)", cause: error.cause)
        }
    }

    private static func package(_ top: MappingReader, image: Repository) throws -> Package {
        let keys = ["kind", "source", "include", "entry", "imageName", "images"]
        let reader = try top.mapping("package", keys: keys)
        let kind: PackageKind =
            try reader.flatMap { (reader) throws in try reader.choice("kind") }
            ?? .kustomize
        if kind == .helm, let reader, try reader.string("entry") != nil {
            throw reader.complaint("entry", "is for Kustomize packages; a chart has none")
        }
        var images: [ReleaseImage] = []
        for item in try reader?.mappings("images", keys: ["name", "repository"]) ?? [] {
            let name = try item.requiredString("name")
            guard isImageName(name) else { throw item.complaint("name", "is not an image name: \(quoted(name))") }
            images.append(
                ReleaseImage(name: name, repository: try item.requiredParsed("repository") { try Repository($0) }))
        }
        let imageName = try reader?.string("imageName") ?? image.lastSegment
        if let reader, !isImageName(imageName) {
            throw reader.complaint("imageName", "is not an image name: \(quoted(imageName))")
        }
        var entry = try reader?.parsed("entry") { try RelativePath($0) }
        if kind == .kustomize, entry == nil { entry = try RelativePath("base") }
        return Package(
            kind: kind, source: try reader?.parsed("source") { try RelativePath($0) },
            include: try reader?.parsedList("include") { try RelativePath($0) }, entry: entry, imageName: imageName,
            images: images)
    }

    private static func gitops(
        _ top: MappingReader, defaultRoot: RelativePath?
    ) throws -> GitOps {
        guard
            let reader = try top.mapping("gitops", keys: ["repository", "branch", "root", "stageBranch", "author"])
        else { return GitOps(repository: nil, root: defaultRoot) }
        let author = try reader.mapping("author", keys: ["name", "email"])
        return GitOps(
            repository: try reader.parsed("repository") { try GitRemote($0) },
            branch: try reader.parsed("branch") { try BranchName($0) } ?? .main,
            root: try reader.parsed("root") { $0 == "." ? nil : try RelativePath($0) } ?? defaultRoot,
            stageBranch: try reader.parsed("stageBranch") { try BranchTemplate($0) } ?? .standard,
            author: try author.map { (author) throws in
                try CommitAuthor(name: author.requiredString("name"), email: author.requiredString("email"))
            } ?? .standard)
    }

    private static func helm(_ top: MappingReader) throws -> Helm {
        let keys = ["releaseName", "repositoryKey", "tagKey", "images", "includeCRDs"]
        guard let reader = try top.mapping("helm", keys: keys) else { return Helm() }
        let releaseName = try reader.string("releaseName")
        if let releaseName, !isDNSLabel(releaseName) {
            throw reader.complaint(
                "releaseName", "\(quoted(releaseName)) is not usable; use lowercase letters, digits and inner dashes")
        }
        var images: [String: RenderOptions.ImageKeys] = [:]
        for item in try reader.mappings("images", keys: ["name", "repositoryKey", "tagKey"]) {
            guard let repository = try valueKey(item, "repositoryKey"), let tag = try valueKey(item, "tagKey") else {
                throw item.complaint("repositoryKey", "and tagKey must both be there")
            }
            images[try item.requiredString("name")] = RenderOptions.ImageKeys(repository: repository, tag: tag)
        }
        let standard = RenderOptions.ImageKeys()
        return Helm(
            releaseName: releaseName,
            image: RenderOptions.ImageKeys(
                repository: try valueKey(reader, "repositoryKey") ?? standard.repository,
                tag: try valueKey(reader, "tagKey") ?? standard.tag),
            images: images, includeCRDs: try reader.bool("includeCRDs") ?? true)
    }

    /// A path into a chart's values. It ends up in `--set KEY=VALUE`, so nothing that Helm reads as syntax is in it.
    private static func valueKey(_ reader: MappingReader, _ key: String) throws -> String? {
        guard let text = try reader.string(key) else { return nil }
        let segments = text.split(separator: ".", omittingEmptySubsequences: false)
        let valid = segments.allSatisfy { segment in
            segment.first != "-"
                && !segment.isEmpty
                && segment.utf8.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") }
        }
        guard valid, text.utf8.count <= 255 else {
            throw reader.complaint(
                key, "\(quoted(text)) is not a values path; write names joined by dots, such as image.tag")
        }
        return text
    }

    private static func policy(_ top: MappingReader) throws -> RelativePath? {
        guard let path = try top.parsed("policy", { try RelativePath($0) }) else {
            // What is left empty here would ask for nothing.
            if top.has("policy") { throw top.complaint("policy", "has no value; name the file, or remove the key") }
            return nil
        }
        // Promotions write below deployments/: what governs them stands where they cannot.
        guard path.segments.first != "deployments" else {
            throw top.complaint(
                "policy",
                "is \(quoted(path.description)), below deployments/, where promotions write; keep it elsewhere")
        }
        return path
    }

    private static func stages(_ top: MappingReader) throws -> [Stage] {
        let keys = [
            "name", "after", "soak", "requires", "review", "auto", "allowClusterScoped", "allowNamespaces",
            "verification",
        ]
        var stages: [Stage] = []
        for reader in try top.mappings("stages", keys: keys) {
            stages.append(
                Stage(
                    name: try reader.requiredString("name"), after: try reader.strings("after") ?? [],
                    soak: try reader.parsed("soak") { try SoakTime($0) },
                    requires: try reader.parsedList("requires") { try RequiredFile($0) } ?? [],
                    review: try reader.choice("review") ?? .none, auto: try reader.bool("auto") ?? false,
                    allowClusterScoped: try reader.bool("allowClusterScoped") ?? false,
                    allowNamespaces: try reader.parsedList("allowNamespaces") { text in
                        guard isDNSLabel(text) else {
                            throw CapsuleError(.invalidName, "\(quoted(text)) is not a namespace")
                        }
                        return text
                    } ?? [], verification: try verification(reader)))
        }
        return stages
    }

    private static func verification(_ reader: MappingReader) throws -> StageVerification? {
        let keys = ["url", "success", "interval", "count", "failureLimit"]
        guard let reader = try reader.mapping("verification", keys: keys) else { return nil }
        return try StageVerification(reader)
    }

    /// A name as an image reference in a manifest begins: what kustomize matches.
    private static func isImageName(_ text: String) -> Bool {
        guard let first = text.utf8.first, isLetterOrDigit(first), text.utf8.count <= 255 else { return false }
        return text.utf8.allSatisfy { isLetterOrDigit($0) || "._-/:".utf8.contains($0) }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
