internal import Support

/// The two kinds of layers, which differ in their first entry. `format.md` §3 and §11.
package enum LayerKind: Sendable {
    /// The layer of a capsule: `release.yaml` comes first.
    case capsule
    /// The layer of a pair's package, which has no `release.yaml`.
    case package

    /// The reason why an entry cannot be the first of the layer; nil when it can.
    func problem(ofFirst path: String) -> String? {
        guard self == .capsule, path != LayerPath.release else { return nil }
        return "the layer starts with \(quoted(path)); it must start with release.yaml"
    }

    /// The reason why an entry cannot be anywhere in the layer; nil when it can.
    func problem(of path: String) -> String? {
        guard self == .package, path == LayerPath.release else { return nil }
        return "the layer has a release.yaml; that of a package is the witness in the GitOps repository"
    }
}
