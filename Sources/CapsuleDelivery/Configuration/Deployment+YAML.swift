public import CapsuleCore

extension Deployment {
    /// Reads `deployments/<name>/deployment.yaml`: `envType` and `namespace`.
    ///
    /// `branch` is accepted and has no effect: older GitOps trees name the application branch that a deployment used to
    /// follow. Any other key is an error, for a key that is silently without effect is a policy that somebody believes in.
    ///
    /// - Parameter file: what the file is called in messages.
    /// - Throws: `CapsuleError.Code.invalidDocument`, `.invalidName`, `.limitExceeded`
    public init(name: String, yaml: [UInt8], file: String) throws(CapsuleError) {
        let reader = try MappingReader(
            YAMLParser.document(yaml, file: file), file: file, keys: ["envType", "namespace", "branch"])
        _ = try reader.string("branch")
        do {
            try self.init(
                name: name, envType: reader.requiredString("envType"), namespace: reader.requiredString("namespace"))
        } catch  where error.code == .invalidName {
            throw CapsuleError(.invalidName, "\(file): \(error.message)")
        }
    }
}
