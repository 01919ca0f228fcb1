public import CapsuleCore
internal import Documents
internal import GitOps
internal import OCI
internal import Rendering
internal import Support

extension CapsuleConfiguration {
    /// Reads `capsule.yaml` strictly. An unknown key, a key without a value and a wrong type are errors that name key
    /// and line.
    ///
    /// - Parameters:
    ///   - file: the name of the file in messages.
    ///   - defaultRoot: the value of `gitops.root` when the file has none: the directory of the file in the GitOps
    ///     repository.
    ///   - plainHTTPHosts: hosts, apart from loopback, that `gitops.repository` may name over plain HTTP.
    /// - Throws: `DocumentError.Code.invalidDocument`, `.limitExceeded`
    public init(
        yaml: [UInt8], file: String = CapsuleConfiguration.fileName, defaultRoot: RelativePath? = nil,
        plainHTTPHosts: Set<String> = []
    ) throws {
        let top = try StrictObject(
            yaml: yaml, file: file,
            keys: [
                "schemaVersion", "image", "capsule", "form", "witness", "package", "gitops", "helm", "renderer",
                "kargo", "policy", "stages",
            ])
        let schema = try top.requiredText("schemaVersion")
        guard schema == Self.currentSchema else {
            throw top.invalid(key: "schemaVersion", "is \(quoted(schema)); this version reads \(Self.currentSchema)")
        }
        let image = try top.requiredParsed("image") { try Repository($0) }
        let capsule = try top.requiredParsed("capsule") { text in
            let reference = try ArtifactReference(text)
            guard reference.tag == nil, reference.digest == nil else {
                throw CapsuleError(.invalidName, "\(quoted(text)) names a tag or digest; name the repository alone")
            }
            return reference.store
        }
        let form: ReleaseForm = try top.choice("form") ?? .capsule
        let witness = try top.object("witness", keys: ["review"])
        guard witness == nil || form == .pair else { throw top.invalid(key: "witness", "is for `form: pair`") }
        do {
            try self.init(
                image: image, capsule: capsule, form: form, witnessReview: witness?.choice("review") ?? .none,
                package: Self.package(top, image: image),
                gitops: Self.gitops(top, defaultRoot: defaultRoot, plainHTTPHosts), helm: Self.helm(top),
                renderer: top.choice("renderer") ?? .automatic,
                kargo: top.object("kargo", keys: KargoSettings.keys).map(KargoSettings.init), policy: Self.policy(top),
                stages: Self.stages(top))
        } catch let error as DocumentError where !error.message.hasPrefix("\(file):") {
            // The validation of the stages does not know the name of the file, so it is added to the message here.
            throw DocumentError(error.code, "\(file): \(error.message)", cause: error.cause)
        } catch let error as CapsuleError where !error.message.hasPrefix("\(file):") {
            throw CapsuleError(error.code, "\(file): \(error.message)", cause: error.cause)
        }
    }

    private static func package(_ top: StrictObject, image: Repository) throws -> Package {
        let keys = ["kind", "source", "include", "entry", "imageName", "images"]
        let object = try top.object("package", keys: keys)
        let kind: PackageKind = try object?.choice("kind") ?? .kustomize
        if kind == .helm, let object, try object.text("entry") != nil {
            throw object.invalid(key: "entry", "is for Kustomize packages; a chart has none")
        }
        var images: [ReleaseImage] = []
        for item in try object?.objects("images", keys: ["name", "repository"]) ?? [] {
            let name = try item.requiredText("name")
            guard isImageName(name) else { throw item.invalid(key: "name", "is not an image name: \(quoted(name))") }
            images.append(
                ReleaseImage(name: name, repository: try item.requiredParsed("repository") { try Repository($0) }))
        }
        let imageName = try object?.text("imageName") ?? image.lastSegment
        if let object, !isImageName(imageName) {
            throw object.invalid(key: "imageName", "is not an image name: \(quoted(imageName))")
        }
        var entry = try object?.parsed("entry") { try TreeDirectory($0) }
        if kind == .kustomize, entry == nil { entry = try TreeDirectory("base") }
        return Package(
            kind: kind, source: try object?.parsed("source") { try TreeDirectory($0) },
            include: try object?.parsedList("include") { try included($0) }, entry: entry, imageName: imageName,
            images: images)
    }

    /// A path of `package.include`.
    private static func included(_ text: String) throws(CapsuleError) -> RelativePath {
        guard text != "." else {
            throw CapsuleError(
                .invalidName,
                "\(quoted(text)) is the whole directory; leave include out, and a release includes what its entry refers to"
            )
        }
        return try RelativePath(text)
    }

    private static func gitops(
        _ top: StrictObject, defaultRoot: RelativePath?, _ plainHTTPHosts: Set<String>
    ) throws -> GitOps {
        guard
            let object = try top.object("gitops", keys: ["repository", "branch", "root", "stageBranch", "author"])
        else { return GitOps(repository: nil, root: defaultRoot) }
        let author = try object.object("author", keys: ["name", "email"])
        return GitOps(
            repository: try object.parsed("repository") { try GitRemote($0, plainHTTPHosts: plainHTTPHosts) },
            branch: try object.parsed("branch") { try BranchName($0) } ?? .main,
            root: try object.parsed("root") { $0 == "." ? nil : try RelativePath($0) } ?? defaultRoot,
            stageBranch: try object.parsed("stageBranch") { try BranchTemplate($0) } ?? .standard,
            author: try author.map { (author) throws in
                try CommitAuthor(name: author.requiredText("name"), email: author.requiredText("email"))
            } ?? .standard)
    }

    private static func helm(_ top: StrictObject) throws -> Helm {
        let keys = ["releaseName", "values", "repositoryKey", "tagKey", "images", "includeCRDs"]
        guard let object = try top.object("helm", keys: keys) else { return Helm() }
        let releaseName = try object.text("releaseName")
        if let releaseName, !isDNSLabel(releaseName) {
            throw object.invalid(
                key: "releaseName",
                "\(quoted(releaseName)) is not usable; use lowercase letters, digits and inner dashes")
        }
        var images: [String: HelmValues] = [:]
        for item in try object.objects("images", keys: ["name", "values", "repositoryKey", "tagKey"]) ?? [] {
            let name = try item.requiredText("name")
            guard let values = try values(item) else {
                throw item.invalid(key: "values", "is missing; name the chart's values of this image")
            }
            guard images.updateValue(values, forKey: name) == nil else {
                throw item.invalid(key: "name", "is \(quoted(name)), which occurs twice; keep one entry")
            }
        }
        return Helm(
            releaseName: releaseName, values: try values(object, defaults: ("image.repository", "image.tag")),
            images: images,
            includeCRDs: try object.bool("includeCRDs") ?? true)
    }

    /// Reads `values`, or its short form for a chart with one value for the repository and one for the tag.
    ///
    /// - Parameter defaults: the paths of the short form when only one of its keys is given; nil when both are required.
    private static func values(_ object: StrictObject, defaults: (String, String)? = nil) throws -> HelmValues? {
        let repository = try valueKey(object, "repositoryKey")
        let tag = try valueKey(object, "tagKey")
        if let values = try HelmValues(object, "values") {
            guard repository == nil, tag == nil else {
                throw object.invalid(key: "values", "replaces repositoryKey and tagKey; remove these two")
            }
            return values
        }
        guard repository != nil || tag != nil else { return nil }
        guard let repositoryKey = repository ?? defaults?.0, let tagKey = tag ?? defaults?.1 else {
            throw object.invalid(key: "repositoryKey", "requires tagKey, and tagKey requires repositoryKey")
        }
        do {
            return try HelmValues(
                Dictionary([(repositoryKey, "{repository}"), (tagKey, "{tag}")]) { first, _ in first })
        } catch {
            throw object.invalid(key: "tagKey", error.message)
        }
    }

    private static func valueKey(_ object: StrictObject, _ key: String) throws -> String? {
        guard let text = try object.text(key) else { return nil }
        do {
            _ = try HelmValues([text: ""])
        } catch {
            throw object.invalid(key: key, error.message)
        }
        return text
    }

    private static func policy(_ top: StrictObject) throws -> RelativePath? {
        guard let path = try top.parsed("policy", { try RelativePath($0) }) else { return nil }
        // A promotion must not be able to write the policy that governs it.
        guard path.segments.first != "deployments" else {
            throw top.invalid(
                key: "policy",
                "is \(quoted(path.description)), below deployments/, where promotions write; move it elsewhere")
        }
        return path
    }

    private static func stages(_ top: StrictObject) throws -> [Stage] {
        let keys = [
            "name", "after", "soak", "requires", "review", "auto", "allowClusterScoped", "clusterScoped", "namespaced",
            "allowNamespaces", "verification", "argocd",
        ]
        var stages: [Stage] = []
        for object in try top.objects("stages", keys: keys) ?? [] {
            let (clusterScoped, namespaced) = try scopes(object)
            stages.append(
                Stage(
                    name: try object.requiredText("name"), after: try object.texts("after") ?? [],
                    soak: try object.duration("soak"),
                    requires: try object.parsedList("requires") { try RequiredFile($0) } ?? [],
                    review: try object.choice("review") ?? .none, auto: try object.bool("auto") ?? false,
                    allowClusterScoped: try object.bool("allowClusterScoped") ?? false,
                    clusterScoped: clusterScoped, namespaced: namespaced,
                    allowNamespaces: try object.parsedList("allowNamespaces") { text in
                        guard isDNSLabel(text) else {
                            throw CapsuleError(.invalidName, "\(quoted(text)) is not a namespace")
                        }
                        return text
                    } ?? [], verification: try verification(object), argocdTimeout: try argocdTimeout(object)))
        }
        return stages
    }

    /// The kinds with a configured scope. A kind has one scope, which cannot be another than Kubernetes' own.
    private static func scopes(_ stage: StrictObject) throws -> (clusterScoped: [GroupKind], namespaced: [GroupKind]) {
        var lists: [String: [GroupKind]] = [:]
        for (key, other) in [("clusterScoped", "namespaced"), ("namespaced", "clusterScoped")] {
            let isClusterScoped = key == "clusterScoped"
            var kinds: [GroupKind] = []
            for kind in try stage.parsedList(key, { try GroupKind($0) }) ?? [] {
                guard !kinds.contains(kind) else { throw stage.invalid(key: key, "lists \(kind) twice") }
                guard lists[other]?.contains(kind) != true else {
                    throw stage.invalid(key: key, "lists \(kind), and so does \(other); a kind has one scope")
                }
                guard !kind.contradictsKubernetes(isClusterScoped: isClusterScoped) else {
                    let scope = isClusterScoped ? "namespaced" : "cluster-scoped"
                    throw stage.invalid(key: key, "lists \(kind), which is \(scope) in Kubernetes")
                }
                kinds.append(kind)
            }
            lists[key] = kinds
        }
        return (lists["clusterScoped"] ?? [], lists["namespaced"] ?? [])
    }

    private static func verification(_ stage: StrictObject) throws -> StageVerification? {
        try stage.object("verification", keys: StageVerification.keys).map(StageVerification.init)
    }

    private static func argocdTimeout(_ stage: StrictObject) throws -> DurationText {
        guard let argocd = try stage.object("argocd", keys: ["timeout"]), let timeout = try argocd.duration("timeout")
        else { return Stage.argocdTimeout }
        guard timeout.seconds > 0 else {
            throw argocd.invalid(
                key: "timeout", "is \(timeout); Kargo would wait without a limit; write a time such as 2h")
        }
        return timeout
    }

    /// True for the name at the start of an image reference, which is the part that kustomize matches.
    package static func isImageName(_ text: String) -> Bool {
        guard let first = text.utf8.first, isLetterOrDigit(first), text.utf8.count <= 255 else { return false }
        return text.utf8.allSatisfy { isLetterOrDigit($0) || "._-/:".utf8.contains($0) }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
