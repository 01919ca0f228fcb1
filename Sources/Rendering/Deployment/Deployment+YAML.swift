internal import CapsuleCore
internal import Documents
internal import OCI
internal import Support

extension Deployment {
    /// Reads `deployments/<name>/deployment.yaml`: `envType` and `namespace`.
    ///
    /// `branch` is accepted and has no effect: older GitOps trees name the application branch that a deployment used to
    /// follow. Any other key is an error, for a key that is silently without effect is a policy that somebody believes in.
    ///
    /// - Parameter file: what the file is called in messages.
    /// - Throws: `DocumentError`, `CapsuleError.Code.invalidName`
    public init(name: String, yaml: [UInt8], file: String) throws {
        let top = try YAMLObject(yaml: yaml, file: file, keys: ["envType", "namespace", "branch"])
        _ = try top.text("branch")
        let (envType, namespace) = (try top.requiredText("envType"), try top.requiredText("namespace"))
        do {
            try self.init(name: name, envType: envType, namespace: namespace)
        } catch {
            throw CapsuleError(.invalidName, "\(file): \(error.message)")
        }
    }
}
