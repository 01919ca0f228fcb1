/// A version as Helm reads it: `MAJOR[.MINOR[.PATCH]][-PRERELEASE][+BUILD]`, perhaps with a `v` before it.
///
/// [Semantic Versioning 2.0.0](https://semver.org), loosened as Helm does.
struct SemanticVersion: Comparable {
    let major: UInt64
    let minor: UInt64
    let patch: UInt64
    /// The identifiers after the dash; empty for a release.
    let prerelease: [Substring]

    init(major: UInt64, minor: UInt64, patch: UInt64, prerelease: [Substring]) {
        (self.major, self.minor, self.patch, self.prerelease) = (major, minor, patch, prerelease)
    }

    /// Parses a version; nil when the text is not a version.
    init?(_ text: String) {
        guard let pattern = VersionPattern(text), pattern.isWhole else { return nil }
        self = pattern.version
    }

    // The build, after the plus, is ignored in comparisons.
    static func < (left: SemanticVersion, right: SemanticVersion) -> Bool {
        let (a, b) = ((left.major, left.minor, left.patch), (right.major, right.minor, right.patch))
        if a != b { return a < b }
        if left.prerelease.isEmpty || right.prerelease.isEmpty { return right.prerelease.isEmpty && left != right }
        for (one, other) in zip(left.prerelease, right.prerelease) where one != other {
            switch (UInt64(one), UInt64(other)) {
            case (let one?, let other?): return one < other
            case (nil, nil): return one.utf8.lexicographicallyPrecedes(other.utf8)
            case (let number, _): return number != nil
            }
        }
        return left.prerelease.count < right.prerelease.count
    }
}

/// A version in a constraint, whose parts may be left out or be `x`, `X` or `*`.
struct VersionPattern {
    /// The version, with zeros for the parts that are open.
    let version: SemanticVersion
    /// The number of parts that are given, from the left: 0 to 3.
    let parts: Int
    /// True when no part is a wildcard.
    let isWhole: Bool

    /// Parses a pattern; nil when the text is not a pattern.
    init?(_ text: String) {
        let body = text.first == "v" ? text.dropFirst() : text[...]
        let withoutBuild = body.prefix { $0 != "+" }
        let core = withoutBuild.prefix { $0 != "-" }
        var tails: [[Substring]] = []
        for tail in [withoutBuild.dropFirst(core.count), body.dropFirst(withoutBuild.count)] {
            guard let identifiers = Self.identifiers(tail) else { return nil }
            tails.append(identifiers)
        }
        let segments = core.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...3).contains(segments.count) else { return nil }
        var numbers: [UInt64] = []
        var isOpen = false
        var isWhole = true
        for segment in segments {
            if ["x", "X", "*"].contains(segment) {
                isOpen = true
                isWhole = false
                continue
            }
            guard !segment.isEmpty, segment.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let number = UInt64(segment)
            else { return nil }
            if !isOpen { numbers.append(number) }
        }
        parts = numbers.count
        self.isWhole = isWhole
        numbers += [0, 0, 0]
        version = SemanticVersion(major: numbers[0], minor: numbers[1], patch: numbers[2], prerelease: tails[0])
    }

    // The identifiers in `tail`, which is empty or begins with `-` or `+`; nil when one is malformed.
    private static func identifiers(_ tail: Substring) -> [Substring]? {
        guard !tail.isEmpty else { return [] }
        let identifiers = tail.dropFirst().split(separator: ".", omittingEmptySubsequences: false)
        let isSound = identifiers.allSatisfy { identifier in
            !identifier.isEmpty
                && identifier.utf8.allSatisfy { byte in
                    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                        || byte == UInt8(ascii: "-")
                }
        }
        return isSound ? identifiers : nil
    }
}
