internal import CapsuleCore
internal import Documents

/// The facts of SLSA provenance v1, in one form for all known builders.
package struct ProvenanceFacts: Hashable, Sendable {
    /// The URI of the build type, which defines the meaning of `buildDefinition`.
    package var buildType: String
    /// The builder.
    package var builder: String
    /// The source repository; nil when the build type is not known or does not name it.
    package var source: String?
    /// The path of the workflow in the source.
    package var workflow: String?
    /// The Git ref that was built.
    package var ref: String?
    /// The commits among the build's dependencies.
    package var commits: [String]
    /// The builder's id of the run.
    package var invocation: String?

    /// GitHub's build types: as its documentation names it, and as its action writes it.
    static let gitHub = [
        "https://actions.github.io/buildtypes/workflow/v1", "https://github.com/actions/buildtypes/workflow/v1",
    ]
    /// The prefix of the build types of GitLab's runner; its version follows.
    static let gitLab = "https://gitlab.com/gitlab-org/gitlab-runner/-/blob/"

    /// Reads a predicate.
    ///
    /// - Throws: `DocumentError.Code.invalidDocument` when it lacks what every provenance has.
    init(_ predicate: JSONValue?) throws(DocumentError) {
        let definition = predicate?["buildDefinition"]
        guard let buildType = definition?["buildType"]?.string, !buildType.isEmpty,
            let external = definition?["externalParameters"], external.members != nil
        else { throw DocumentError(.invalidDocument, "the predicate has no buildType or no externalParameters") }
        guard let builder = predicate?["runDetails"]?["builder"]?["id"]?.string, !builder.isEmpty else {
            throw DocumentError(.invalidDocument, "the predicate names no builder")
        }
        let dependencies = definition?["resolvedDependencies"] ?? .array([])
        guard let dependencies = dependencies.array else {
            throw DocumentError(.invalidDocument, "resolvedDependencies must be a list")
        }
        self.buildType = buildType
        self.builder = builder
        commits = dependencies.compactMap { $0["digest"]?["gitCommit"]?.string }
        invocation = predicate?["runDetails"]?["metadata"]?["invocationId"]?.string
        if Self.gitHub.contains(buildType) {
            let run = external["workflow"]
            (source, workflow, ref) = (run?["repository"]?.string, run?["path"]?.string, run?["ref"]?.string)
        } else if buildType.hasPrefix(Self.gitLab) {
            source = external["source"]?.string
            (workflow, ref) = (external["CI_CONFIG_PATH"]?.string, external["ref"]?.string)
        } else if buildType == Provenance.buildType {
            let from = external["source"]
            (source, workflow, ref) = (from?["repository"]?.string, from?["workflow"]?.string, from?["ref"]?.string)
        }
    }
}
