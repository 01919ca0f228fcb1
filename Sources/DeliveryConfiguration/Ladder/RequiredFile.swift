package import CapsuleCore
internal import GitOps
internal import OCI
internal import Support

/// The path of a file that must exist on the GitOps branch for a gate to open. `{tag}` and `{commit}` are replaced by
/// the release's.
package struct RequiredFile: Hashable, Sendable, CustomStringConvertible {
    /// The path with its placeholders, as written in the configuration.
    package let description: String

    /// Parses a path with placeholders.
    ///
    /// - Throws: `CapsuleError.Code.invalidName`
    package init(_ string: String) throws(CapsuleError) {
        let filled = Self.fill(string, tag: "tag", commit: "commit")
        guard !filled.contains("{"), !filled.contains("}") else {
            throw CapsuleError(
                .invalidName, "\(quoted(string)) has an unknown placeholder; only {tag} and {commit} are filled in")
        }
        _ = try RelativePath(filled)
        description = string
    }

    /// The path for a release, relative to the root of the GitOps repository.
    ///
    /// - Throws: `CapsuleError.Code.invalidName` when the path with the values filled in is too long.
    package func path(for release: ReleaseIdentity) throws(CapsuleError) -> RelativePath {
        try RelativePath(
            Self.fill(description, tag: release.description, commit: release.commit.description))
    }

    private static func fill(_ text: String, tag: String, commit: String) -> String {
        text.replacing("{tag}", with: tag).replacing("{commit}", with: commit)
    }
}
