package import CapsuleCore
package import GitOps
internal import OCI
internal import Support

/// A template for the names of stage branches: `stage/{deployment}`, or `stage/{app}/{deployment}` where several
/// applications share a GitOps repository.
package struct BranchTemplate: Hashable, Sendable, CustomStringConvertible {
    /// `stage/{deployment}`.
    package static let standard = BranchTemplate(known: "stage/{deployment}")

    /// The template, as written in the configuration.
    package let description: String

    private init(known: String) { description = known }

    /// Parses a template, which must name `{deployment}`: two stages must not share a branch.
    ///
    /// - Throws: `CapsuleError.Code.invalidName`
    package init(_ string: String) throws(CapsuleError) {
        let filled = string.replacing("{deployment}", with: "x").replacing("{app}", with: "x")
        guard string.contains("{deployment}"), !filled.contains("{"), !filled.contains("}") else {
            throw CapsuleError(
                .invalidName,
                "\(quoted(string)) is not a stage branch; write a branch name with {deployment} in it, and {app} "
                    + "where several applications share the repository")
        }
        _ = try BranchName(filled)
        description = string
    }

    /// True when the application's name is part of the branch name.
    package var namesApplication: Bool { description.contains("{app}") }

    /// The stage branch of a deployment.
    ///
    /// - Throws: `CapsuleError.Code.invalidName` when the filled-in name is not a branch name.
    package func branch(deployment: String, application: String) throws(CapsuleError) -> BranchName {
        try BranchName(
            description.replacing("{deployment}", with: deployment).replacing("{app}", with: application))
    }
}
