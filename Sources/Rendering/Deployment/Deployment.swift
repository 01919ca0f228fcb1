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

    /// Creates a deployment and validates the names.
    ///
    /// - Throws: `CapsuleError.Code.invalidName`
    package init(name: String, envType: String, namespace: String) throws(CapsuleError) {
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
    }
}

extension Deployment {
    /// Reads `deployments/<name>/deployment.yaml`: `envType` and `namespace`.
    ///
    /// `branch` is accepted and has no effect: in older GitOps trees it names the application branch that a deployment
    /// followed. Any other key is an error, because a key without effect would look like a policy.
    ///
    /// - Parameter file: the name of the file in messages.
    /// - Throws: `DocumentError`, `CapsuleError.Code.invalidName`
    package init(name: String, yaml: [UInt8], file: String) throws {
        let top = try StrictObject(yaml: yaml, file: file, keys: ["envType", "namespace", "branch"])
        _ = try top.text("branch")
        let (envType, namespace) = (try top.requiredText("envType"), try top.requiredText("namespace"))
        do {
            try self.init(name: name, envType: envType, namespace: namespace)
        } catch {
            throw CapsuleError(.invalidName, "\(file): \(error.message)")
        }
    }
}
