internal import Documents

/// A chart of a package: the package itself, or one that is vendored in it, packed or not.
struct HelmChart {
    /// Its directory; for a packed chart the archive's path.
    let directory: String
    /// Its `Chart.yaml`.
    let file: String
    /// The content of `Chart.yaml`; nil when it could not be read, which has a finding of its own.
    let node: YAMLNode?

    /// The chart's name, by which dependencies refer to it; its directory may have another name.
    var name: String? { node?["name"]?.string }

    /// Its version as it is written.
    var version: String? { node?["version"]?.string }

    /// The directory of the chart that contains it; nil for the package's own.
    var parent: String? {
        var segments = directory.utf8.split(separator: UInt8(ascii: "/")).map { Substring($0) }
        guard segments.count >= 2 else { return nil }
        segments.removeLast(2)
        return segments.joined(separator: "/")
    }
}
