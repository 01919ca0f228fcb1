package import CapsuleCore
internal import OCI
internal import Support

extension CapsuleListing {
    /// The listing as text: a line for each release.
    package func text() -> String {
        var out = ""
        for release in releases {
            out += [
                (release.created ?? "unknown time").padded(to: 20), release.release.description,
                release.digest.description, (release.packageKind ?? "").escapedForDisplay(),
                (release.image ?? "").escapedForDisplay(),
            ].joined(separator: "  ")
            out += "\n"
        }
        for other in rejected {
            out += "\(other.tag) is not a release: "
            out += other.findings.map { $0.message.escapedForDisplay() }.joined(separator: "; ") + "\n"
        }
        return out
    }
}
