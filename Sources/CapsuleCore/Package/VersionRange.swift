/// The versions that a chart's dependency accepts, such as `^1.2.0`, `~2.1`, `1.x`, `>=1.0 <2.0 || 3.1.0` or `1.0 -
/// 1.4`.
///
/// Helm selects the vendored chart of a dependency by its range. A chart outside the range is rendered too, but without
/// the dependency's alias, condition and tags, so the result differs from what the author intended.
package struct VersionRange {
    // A version must meet all constraints of at least one alternative.
    private let alternatives: [[VersionConstraint]]

    /// Parses a range; nil when Helm and Kargo could not parse it either.
    package init?(_ text: String) {
        var alternatives: [[VersionConstraint]] = []
        for alternative in text.split(separator: "||", omittingEmptySubsequences: false) {
            guard let constraints = Self.constraints(alternative) else { return nil }
            alternatives.append(constraints)
        }
        self.alternatives = alternatives
    }

    /// True when a version is in the range.
    func contains(_ version: SemanticVersion) -> Bool {
        alternatives.contains { constraints in
            (version.prerelease.isEmpty || constraints.contains { $0.namesPrerelease })
                && constraints.allSatisfy { $0.allows(version) }
        }
    }

    private static func constraints(_ text: Substring) -> [VersionConstraint]? {
        var constraints: [VersionConstraint] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            var words = part.split(whereSeparator: { $0 == " " || $0 == "\t" })[...]
            guard !words.isEmpty else { return nil }
            while let word = words.popFirst() {
                if words.first == "-", let upper = words.dropFirst().first {
                    words = words.dropFirst(2)
                    for text in [">=\(word)", "<=\(upper)"] {
                        guard let constraint = VersionConstraint(text) else { return nil }
                        constraints.append(constraint)
                    }
                } else if let constraint = VersionConstraint(String(word)) {
                    constraints.append(constraint)
                } else if VersionConstraint.operators.contains(where: { $0.text == word }),
                    let next = words.popFirst(), VersionPattern(String(next)) != nil,
                    let constraint = VersionConstraint("\(word)\(next)")
                {
                    constraints.append(constraint)
                } else {
                    return nil
                }
            }
        }
        return constraints
    }
}
