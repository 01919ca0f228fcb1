internal import CapsuleCore
internal import Documents
internal import GitOps
internal import OCI
internal import Rendering
internal import Support

extension KargoSettings {
    static let keys = [
        "version", "style", "project", "tasks", "subscription", "provider", "labels", "directory", "argocd", "verifier",
    ]

    /// Reads the section `kargo`.
    init(_ object: StrictObject) throws(DocumentError) {
        guard let version: Version = try object.choice("version") else {
            throw object.invalid(
                key: "version",
                "is missing; name the Kargo release line: "
                    + Version.allCases.map(\.rawValue).joined(separator: ", "))
        }
        let provider = try object.text("provider")
        if let provider, !Self.providers.contains(provider) {
            throw object.invalid(
                key: "provider", "is \(quoted(provider)); it must be one of: \(Self.providers.joined(separator: ", "))")
        }
        self.init(
            version: version, style: try object.choice("style") ?? .native, project: try object.name("project"),
            tasks: try object.bool("tasks") ?? false, subscription: try object.choice("subscription") ?? .capsule,
            provider: provider, labels: try object.labels("labels") ?? Self.labels,
            directory: try object.parsed("directory") { try RelativePath($0) },
            argocd: try Self.argocd(object), verifier: try Self.verifier(object))
    }

    private static func argocd(_ kargo: StrictObject) throws(DocumentError) -> ArgoCD {
        let keys = ["namespace", "project", "server", "prune", "selfHeal", "syncOptions"]
        guard let argocd = try kargo.object("argocd", keys: keys) else { return ArgoCD() }
        let standard = ArgoCD()
        return ArgoCD(
            namespace: try argocd.name("namespace") ?? standard.namespace,
            project: try argocd.name("project") ?? standard.project,
            server: try argocd.webAddress("server") ?? standard.server,
            prune: try argocd.bool("prune") ?? standard.prune, selfHeal: try argocd.bool("selfHeal"),
            syncOptions: try argocd.syncOptions("syncOptions"))
    }

    private static func verifier(_ kargo: StrictObject) throws(DocumentError) -> Verifier {
        let keys =
            ["image", "url", "namespace", "secret", "replicas", "statements", "pruneReviews"] + VerifierWorkload.keys
        guard let verifier = try kargo.object("verifier", keys: keys) else { return Verifier() }
        let image = try verifier.parsed("image") { text in
            guard case .registry = try ArtifactReference(text).store else {
                throw CapsuleError(.invalidName, "\(quoted(text)) is not an image in a registry")
            }
            return text
        }
        let hours = try verifier.integer("pruneReviews", in: 0...maximumHours) ?? 0
        if image == nil, let key = hours > 0 ? "pruneReviews" : VerifierWorkload.firstKey(verifier) {
            throw verifier.invalid(
                key: key, "has no effect without `image`, because no verifier is generated; remove it")
        }
        let replicas = try verifier.integer("replicas", in: 1...maximumReplicas) ?? Verifier().replicas
        return Verifier(
            image: image, url: try verifier.webAddress("url"), namespace: try verifier.name("namespace"),
            secret: try verifier.name("secret") ?? Verifier().secret, replicas: replicas,
            statements: try verifier.bool("statements") ?? false, pruneReviews: hours,
            workload: try VerifierWorkload(verifier))
    }
}

extension StrictObject {
    /// A Kubernetes name, which must be a DNS label; nil when the key is missing.
    fileprivate func name(_ key: String) throws(DocumentError) -> String? {
        guard let text = try text(key) else { return nil }
        guard isDNSLabel(text) else {
            throw invalid(key: key, "is \(quoted(text)); use 1 to 63 lowercase letters, digits and inner dashes")
        }
        return text
    }

    /// Labels of pull requests; nil when the key is missing. Kargo would evaluate `${{`, and GitLab splits at commas.
    fileprivate func labels(_ key: String) throws(DocumentError) -> [String]? {
        guard let labels = try texts(key) else { return nil }
        guard labels.count <= KargoSettings.maximumLabels else {
            throw invalid(key: key, "has \(labels.count) labels; at most \(KargoSettings.maximumLabels) are allowed")
        }
        for label in labels {
            let isLabel =
                !label.isEmpty && label.count <= KargoSettings.maximumLabel
                && label.allSatisfy { $0.isLetter || $0.isNumber || "-._/: ".contains($0) } && label.first != " "
                && label.last != " "
            guard isLabel else {
                throw invalid(
                    key: key,
                    "has \(quoted(label)); a label has 1 to \(KargoSettings.maximumLabel) letters, digits, dashes, dots, "
                        + "underscores, slashes, colons and inner spaces")
            }
        }
        guard Set(labels).count == labels.count else { throw invalid(key: key, "names a label twice") }
        return labels
    }

    /// Sync options of Argo CD, each with a name of its own.
    fileprivate func syncOptions(_ key: String) throws(DocumentError) -> [String] {
        let options = try texts(key) ?? []
        var names: Set<String> = []
        for option in options {
            let parts = option.split(separator: "=", omittingEmptySubsequences: false)
            let isOption =
                parts.count == 2
                && parts.allSatisfy { part in
                    !part.isEmpty && part.count <= 63
                        && part.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
                }
            guard isOption else {
                throw invalid(
                    key: key, "has \(quoted(option)); write an option of Argo CD such as ServerSideApply=true")
            }
            guard names.insert(String(parts[0])).inserted else {
                throw invalid(key: key, "sets \(parts[0]) twice")
            }
        }
        return options
    }

    /// An http or https URL without a trailing slash; nil when the key is missing. The URL becomes part of generated
    /// files and must not contain syntax of their languages.
    fileprivate func webAddress(_ key: String) throws(DocumentError) -> String? {
        guard let text = try text(key) else { return nil }
        let rest = ["https://", "http://"].first { text.hasPrefix($0) }.map { text.dropFirst($0.count) } ?? ""
        let valid =
            !rest.isEmpty && rest.utf8.count <= 255 && !rest.hasSuffix("/")
            && rest.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                    || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || ".-_/:[]".utf8.contains(byte)
            }
        guard valid else {
            throw invalid(
                key: key,
                "is \(quoted(text.withoutLogin)); write an http or https address without login, query and trailing slash"
            )
        }
        return text
    }
}
