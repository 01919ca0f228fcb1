/// One operator and one version of a range, with Helm's meaning.
struct VersionConstraint {
    enum Comparison {
        case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual, tilde, caret
    }

    // The first operator that matches is used, so longer ones precede their prefixes.
    static let operators: [(text: String, comparison: Comparison)] = [
        (">=", .greaterOrEqual), ("=>", .greaterOrEqual), ("<=", .lessOrEqual), ("=<", .lessOrEqual),
        ("!=", .notEqual), ("~>", .tilde), ("=", .equal), ("<", .less), (">", .greater), ("~", .tilde), ("^", .caret),
    ]

    private let comparison: Comparison
    private let pattern: VersionPattern

    /// Parses a constraint without white space; nil when the text is not a constraint.
    init?(_ text: String) {
        let match = Self.operators.first { text.hasPrefix($0.text) }
        guard let pattern = VersionPattern(String(text.dropFirst(match?.text.count ?? 0))) else { return nil }
        self.pattern = pattern
        comparison = match?.comparison ?? .equal
    }

    /// True when the constraint names a prerelease, and so accepts prereleases.
    var namesPrerelease: Bool { !pattern.version.prerelease.isEmpty }

    /// True when a version meets the constraint, without regard to the rule about prereleases.
    func allows(_ version: SemanticVersion) -> Bool {
        let bound = pattern.version
        switch comparison {
        case .equal: return pattern.parts == 3 ? version == bound : isNear(version)
        case .notEqual: return isPartial ? !shares(version, parts: pattern.parts) : version != bound
        case .less: return version < bound
        case .lessOrEqual:
            return version <= bound
                || (pattern.parts < 3 && shares(version, parts: pattern.parts == 0 ? 2 : pattern.parts))
        case .greater: return version > bound && !(isPartial && shares(version, parts: pattern.parts))
        case .greaterOrEqual: return version >= bound
        case .tilde: return isNear(version)
        case .caret: return isCompatible(version)
        }
    }

    /// True when some parts are given and some are open.
    private var isPartial: Bool { pattern.parts == 1 || pattern.parts == 2 }

    /// True when a version is not below the bound and has the same given parts; the last of three parts may differ.
    private func isNear(_ version: SemanticVersion) -> Bool {
        let bound = pattern.version
        guard version >= bound else { return false }
        // Helm treats `~0.0.0` as "any version".
        let isZero = (bound.major, bound.minor, bound.patch) == (0, 0, 0) && !isPartial
        return isZero || shares(version, parts: min(pattern.parts, 2))
    }

    /// True when a version is not below the bound and has the same parts up to the bound's first part that is not zero.
    private func isCompatible(_ version: SemanticVersion) -> Bool {
        let bound = pattern.version
        guard version >= bound else { return false }
        if bound.major > 0 || pattern.parts == 1 { return shares(version, parts: 1) }
        if bound.minor > 0 || pattern.parts == 2 { return shares(version, parts: 2) }
        return shares(version, parts: 3)
    }

    private func shares(_ version: SemanticVersion, parts: Int) -> Bool {
        let bound = pattern.version
        return (parts < 1 || version.major == bound.major) && (parts < 2 || version.minor == bound.minor)
            && (parts < 3 || version.patch == bound.patch)
    }
}
