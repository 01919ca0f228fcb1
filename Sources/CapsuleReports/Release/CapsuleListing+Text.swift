package import CapsuleCore
internal import OCI
internal import Support

extension CapsuleListing {
    /// The listing as text: a line for each release.
    package func text() -> String {
        var out = ReportLines()
        for release in releases {
            out.add(
                [
                    (release.created ?? "unknown time").padded(to: 20), release.release.description,
                    release.digest.description, release.packageKind ?? "",
                    (release.image ?? "") + (release.form == .pair ? "  pair" : ""),
                ].joined(separator: "  "))
        }
        for other in rejected {
            out.add("\(other.tag) is not a release: \(other.findings.map(\.message).joined(separator: "; "))")
        }
        return out.text
    }
}
