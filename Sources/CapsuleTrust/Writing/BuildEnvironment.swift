public import CapsuleCore
internal import Documents

/// The CI system that attests a release, detected from environment variables. Everyone who can set the environment can
/// forge them: the provenance is as trustworthy as the access to the key.
public struct BuildEnvironment: Sendable {
    private enum System: Sendable {
        case gitHub(GitHubRun)
        case gitLab(GitLabJob)
        case other(BuildRun?)
    }

    private let system: System

    /// The environment of a run that the caller describes.
    public init(run: BuildRun) { system = .other(run) }

    /// Detects the CI system from environment variables.
    ///
    /// - Throws: `CapsuleError.Code.invalidMetadata` when a CI system is detected and a variable that its provenance
    ///   requires is missing.
    public init(_ environment: [String: String]) throws(CapsuleError) {
        if environment["GITHUB_ACTIONS"] == "true" {
            let run = try GitHubRun(environment)
            // GitHub's build type defines only some events, and must not be used for runs of others.
            system = run.isDescribed ? .gitHub(run) : .other(run.run)
        } else if environment["GITLAB_CI"] == "true" {
            system = .gitLab(try GitLabJob(environment))
        } else {
            system = .other(nil)
        }
    }

    /// SLSA provenance v1 of a release that is built here. The same run gives the same provenance.
    ///
    /// - Throws: `CapsuleError.Code.invalidMetadata` when an image of the release has no digest.
    public func provenance(of release: ReleaseManifest) throws(CapsuleError) -> AttestationPredicate {
        let value: JSONValue
        switch system {
        case .gitHub(let run): value = run.predicate(try Self.dependencies(run.source, release))
        case .gitLab(let job): value = job.predicate(try Self.dependencies(job.source, release))
        case .other(let run): value = try Provenance.predicate(release, run: run)
        }
        return AttestationPredicate(type: PredicateType.provenance, value: value)
    }

    /// The run's own source first, then the dependencies of the release. The source of the release is the run's in most
    /// cases, and is listed once then.
    private static func dependencies(_ source: Source, _ release: ReleaseManifest) throws(CapsuleError) -> [JSONValue] {
        let own = JSONValue.members([
            "uri": .string("git+\(source.repository)" + (source.ref.map { "@\($0)" } ?? "")),
            "digest": .members(["gitCommit": .string(source.commit)]),
        ])
        let others = try Provenance.dependencies(release).filter {
            $0["digest"]?["gitCommit"]?.string != source.commit
        }
        return [own] + others
    }

    /// The commit that a run was started for.
    struct Source: Sendable {
        let repository: String
        let ref: String?
        let commit: String
    }

    /// A variable that a CI system always sets.
    static func variable(_ name: String, _ environment: [String: String]) throws(CapsuleError) -> String {
        guard let value = environment[name], !value.isEmpty else {
            throw CapsuleError(
                .invalidMetadata,
                "the environment announces a CI system and has no \(name), which its provenance needs; pass it on to "
                    + "this step, or attest provenance of your own with --predicate")
        }
        return value
    }
}
