public import CapsuleCore
internal import OCI

/// One target of a release: a directory `deployments/<name>/` in the GitOps repository.
public struct Deployment: Hashable, Sendable, Codable {
    /// The name, which is also the name of its stage: `^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`.
    public let name: String
    /// The environment policy that applies: `envTypes/<envType>/`.
    public let envType: String
    /// The namespace that the objects go to.
    public let namespace: String

    /// Checks the names.
    ///
    /// - Throws: `CapsuleError.Code.invalidName`
    public init(name: String, envType: String, namespace: String) throws(CapsuleError) {
        for (what, value) in [("deployment", name), ("envType", envType), ("namespace", namespace)] {
            guard Self.isName(value) else {
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

    /// Whether `text` can be a deployment, stage, application, environment type or namespace name (a DNS label).
    public static func isName(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        func isInner(_ byte: UInt8) -> Bool {
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
        }
        guard let first = bytes.first, let last = bytes.last, bytes.count <= 63 else { return false }
        return isInner(first) && isInner(last) && bytes.allSatisfy { isInner($0) || $0 == UInt8(ascii: "-") }
    }
}
