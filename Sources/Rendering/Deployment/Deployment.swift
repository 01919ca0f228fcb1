package import CapsuleCore
internal import Documents
internal import OCI
internal import Support

/// One target of a release: a directory `deployments/<name>/` in the GitOps repository.
public struct Deployment: Hashable, Sendable, Codable {
    /// The name, which is also the name of its stage: `^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`.
    public let name: String
    /// The environment policy that applies: `envTypes/<envType>/`.
    public let envType: String
    /// The namespace of the deployment's objects.
    public let namespace: String
    /// The cluster that a chart is rendered for; nil for Helm's own defaults.
    package let kubernetes: KubernetesTarget?
    /// The fields that a chart may choose at random; nil for none.
    package let allowRandom: [RandomField]?

    /// Creates a deployment and validates the names.
    ///
    /// - Throws: `CapsuleError.Code.invalidName`
    package init(
        name: String, envType: String, namespace: String, kubernetes: KubernetesTarget? = nil,
        allowRandom: [RandomField]? = nil
    ) throws(CapsuleError) {
        for (what, value) in [("deployment", name), ("envType", envType), ("namespace", namespace)] {
            guard isDNSLabel(value) else {
                throw CapsuleError(
                    .invalidName,
                    "the \(what) name \(quoted(value)) is not usable; "
                        + "use 1 to 63 lowercase letters, digits and inner dashes")
            }
        }
        self.name = name
        self.envType = envType
        self.namespace = namespace
        self.kubernetes = kubernetes
        self.allowRandom = allowRandom
    }
}

extension Deployment {
    /// Reads `deployments/<name>/deployment.yaml`: `envType` and `namespace`, and for charts `kubernetes` and
    /// `allowRandom`.
    ///
    /// `branch` is accepted and has no effect: in older GitOps trees it names the application branch that a deployment
    /// followed. Any other key is an error, because a key without effect would look like a policy.
    ///
    /// - Parameter file: the name of the file in messages.
    /// - Throws: `DocumentError`, `CapsuleError.Code.invalidName`
    package init(name: String, yaml: [UInt8], file: String) throws {
        let top = try StrictObject(
            yaml: yaml, file: file, keys: ["envType", "namespace", "branch", "kubernetes", "allowRandom"])
        _ = try top.text("branch")
        let (envType, namespace) = (try top.requiredText("envType"), try top.requiredText("namespace"))
        let kubernetes = try top.object("kubernetes", keys: ["version", "apis"]).map(KubernetesTarget.init)
        let allowRandom = try top.parsedList("allowRandom") { try RandomField($0) }
        do {
            try self.init(
                name: name, envType: envType, namespace: namespace, kubernetes: kubernetes, allowRandom: allowRandom)
        } catch {
            throw CapsuleError(.invalidName, "\(file): \(error.message)")
        }
    }
}

extension Deployment {
    /// The findings for settings that have an effect on charts only: without an effect, they would look like policy.
    var findingsForKustomize: [Finding] {
        let settings = [("kubernetes", kubernetes != nil), ("allowRandom", allowRandom != nil)]
        return settings.filter(\.1).map { key, _ in
            Finding(
                rule: "render.unused-setting", file: "deployments/\(name)/deployment.yaml",
                message: "\(key) is for charts, and the package is a Kustomize package", remedy: "remove \(key)")
        }
    }
}
