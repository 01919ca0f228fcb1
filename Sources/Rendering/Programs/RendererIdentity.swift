/// The program that rendered, with its version. A release record contains it, so that the same bytes can be rendered
/// again.
public struct RendererIdentity: Codable, Hashable, Sendable, CustomStringConvertible {
    /// `kustomize`, `kubectl` (its built-in kustomize) or `helm`.
    public let name: String
    /// The version of the renderer, such as `v5.5.0`: for `kubectl` its own and that of the kustomize in it,
    /// `v1.32.4 (kustomize v5.5.0)`; for a `kustomize` that was built without one, the digest of its file,
    /// `devel (sha256:0123456789ab)`.
    public let version: String

    /// Creates an identity.
    package init(name: String, version: String) {
        self.name = name
        self.version = version
    }

    /// `kustomize v5.5.0`.
    public var description: String { "\(name) \(version)" }
}
