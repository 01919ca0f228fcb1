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
        let reader = try MappingReader(
            YAMLParser.document(yaml, file: file), file: file, keys: ["envType", "namespace", "branch"])
        _ = try reader.string("branch")
        let (envType, namespace) = (try reader.requiredString("envType"), try reader.requiredString("namespace"))
        do {
            try self.init(name: name, envType: envType, namespace: namespace)
        } catch {
            throw CapsuleError(.invalidName, "\(file): \(error.message)")
        }
    }
}
