/// The two kinds of deploy package.
public enum PackageKind: String, Sendable, Codable, CaseIterable {
    /// A Kustomize package: `package/kustomize`.
    case kustomize
    /// A Helm chart: `package/helm`.
    case helm

    /// The directory in the capsule that holds a package of this kind.
    public var path: String { "package/\(rawValue)" }
}
