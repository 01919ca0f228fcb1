internal import CapsuleCore
internal import Documents
internal import GitOps
internal import OCI
internal import Rendering
internal import Support

extension KargoSettings {
    static let keys = [
        "version", "style", "project", "tasks", "subscription", "provider", "directory", "argocd", "verifier",
    ]

    /// Reads the section `kargo`.
    init(_ reader: MappingReader) throws(DocumentError) {
        guard let version: Version = try reader.choice("version") else {
            throw reader.complaint(
                "version",
                "is missing; name the Kargo release line: "
                    + Version.allCases.map(\.rawValue).joined(separator: ", "))
        }
        let provider = try reader.string("provider")
        if let provider, !Self.providers.contains(provider) {
            throw reader.complaint(
                "provider", "is \(quoted(provider)); it must be one of: \(Self.providers.joined(separator: ", "))")
        }
        self.init(
            version: version, style: try reader.choice("style") ?? .native, project: try reader.name("project"),
            tasks: try reader.bool("tasks") ?? false, subscription: try reader.choice("subscription") ?? .capsule,
            provider: provider, directory: try reader.parsed("directory") { try RelativePath($0) },
            argocd: try Self.argocd(reader), verifier: try Self.verifier(reader))
    }

    private static func argocd(_ reader: MappingReader) throws(DocumentError) -> ArgoCD {
        guard let argocd = try reader.mapping("argocd", keys: ["namespace", "project", "server"]) else {
            return ArgoCD()
        }
        let standard = ArgoCD()
        return ArgoCD(
            namespace: try argocd.name("namespace") ?? standard.namespace,
            project: try argocd.name("project") ?? standard.project,
            server: try argocd.webAddress("server") ?? standard.server)
    }

    private static func verifier(_ reader: MappingReader) throws(DocumentError) -> Verifier {
        let keys = ["image", "url", "namespace", "secret", "replicas", "statements"]
        guard let verifier = try reader.mapping("verifier", keys: keys) else { return Verifier() }
        let image = try verifier.parsed("image") { text in
            guard case .registry = try Location(text).place else {
                throw CapsuleError(.invalidName, "\(quoted(text)) is not an image in a registry")
            }
            return text
        }
        let replicas = try verifier.string("replicas")
        let count = replicas.map { Int($0) ?? 0 } ?? Verifier().replicas
        guard (1...maximumReplicas).contains(count) else {
            throw verifier.complaint("replicas", "must be a number from 1 to \(maximumReplicas)")
        }
        return Verifier(
            image: image, url: try verifier.webAddress("url"), namespace: try verifier.name("namespace"),
            secret: try verifier.name("secret") ?? Verifier().secret, replicas: count,
            statements: try verifier.bool("statements") ?? false)
    }
}

extension MappingReader {
    /// One of the values that a key may have; nil when the key is not there.
    func choice<Choice: RawRepresentable<String> & CaseIterable>(_ key: String) throws(DocumentError) -> Choice? {
        guard let text = try string(key) else { return nil }
        guard let choice = Choice(rawValue: text) else {
            let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw complaint(key, "is \(quoted(text)); it must be one of: \(known)")
        }
        return choice
    }

    /// A name as Kubernetes takes it: a DNS label.
    fileprivate func name(_ key: String) throws(DocumentError) -> String? {
        guard let text = try string(key) else { return nil }
        guard isDNSLabel(text) else {
            throw complaint(key, "is \(quoted(text)); use 1 to 63 lowercase letters, digits and inner dashes")
        }
        return text
    }

    /// An http or https address without a trailing slash. It stands in generated files, so nothing that their languages
    /// read as syntax is in it.
    fileprivate func webAddress(_ key: String) throws(DocumentError) -> String? {
        guard let text = try string(key) else { return nil }
        let rest = ["https://", "http://"].first { text.hasPrefix($0) }.map { text.dropFirst($0.count) } ?? ""
        let valid =
            !rest.isEmpty && rest.utf8.count <= 255 && !rest.hasSuffix("/")
            && rest.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                    || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || ".-_/:[]".utf8.contains(byte)
            }
        guard valid else {
            throw complaint(key, "is \(quoted(text)); write an http or https address without query and trailing slash")
        }
        return text
    }
}
