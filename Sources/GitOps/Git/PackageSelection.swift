internal import CapsuleCore

/// The part of a package's directory that a release includes.
enum PackageSelection {
    /// Everything in the directory.
    case everything
    /// These paths.
    case paths([RelativePath], areRequired: Bool)
    /// The files that the entry of a Kustomize package refers to, and these paths.
    case reached(from: TreeDirectory, and: [RelativePath])

    /// The directories of a Kustomize package that belong to a release.
    private static let layout = ["base", "components"]

    /// Selects what a configuration names, or the default of the layout.
    ///
    /// A package whose entry is its own directory shares that directory with other files, such as the overlays that
    /// belong to no release or the source of a program. Such a release includes what its entry refers to, and what
    /// `include` names in addition.
    ///
    /// - Throws: `CapsuleError`
    init(kind: PackageKind, entry: TreeDirectory?, include: [RelativePath]?) throws(CapsuleError) {
        if kind == .kustomize, entry == .top {
            self = .reached(from: .top, and: include ?? [])
        } else if let include {
            self = include.isEmpty ? .everything : .paths(include, areRequired: true)
        } else if kind == .helm {
            self = .everything
        } else if let entry, let first = entry.path?.segments.first, !Self.layout.contains(String(first)) {
            self = .reached(from: entry, and: [])
        } else {
            var paths: [RelativePath] = []
            for name in Self.layout { paths.append(try RelativePath(name)) }
            self = .paths(paths, areRequired: false)
        }
    }

    /// The paths at and below which the files are; nil when they can be anywhere in the directory.
    var paths: [RelativePath]? {
        guard case .paths(let paths, _) = self else { return nil }
        return paths
    }

    /// The paths that must exist.
    var required: [RelativePath] {
        switch self {
        case .everything: []
        case .paths(let paths, let areRequired): areRequired ? paths : []
        case .reached(_, let paths): paths
        }
    }
}
