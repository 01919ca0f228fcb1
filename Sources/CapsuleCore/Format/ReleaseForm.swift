package import Archive

/// The two forms of a release in a registry. `format.md` §2 and §11.
///
/// The annotation of a manifest alone says which one an artifact is; nothing is concluded from a configuration or a
/// repository.
public enum ReleaseForm: String, Hashable, Sendable, Codable, CaseIterable {
    /// A capsule: the artifact holds `release.yaml`.
    case capsule
    /// A pair: the artifact holds the package alone, and `release.yaml` is the witness in the GitOps repository.
    case pair

    /// The version of the format, in the annotation `io.release-capsule.format`.
    package var formatVersion: String {
        switch self {
        case .capsule: CapsuleFormat.version
        case .pair: CapsuleFormat.packageVersion
        }
    }

    /// The form of an artifact by its annotation; nil for any other text.
    package init?(formatVersion: String?) {
        guard let form = Self.allCases.first(where: { $0.formatVersion == formatVersion }) else { return nil }
        self = form
    }

    /// The noun for the artifact in messages.
    package var artifact: String {
        switch self {
        case .capsule: "capsule"
        case .pair: "package"
        }
    }

    /// The kind of its layer.
    package var layer: LayerKind {
        switch self {
        case .capsule: .capsule
        case .pair: .package
        }
    }

    /// The form for a report, which says it for a pair only.
    package var reported: ReleaseForm? { self == .capsule ? nil : self }
}
