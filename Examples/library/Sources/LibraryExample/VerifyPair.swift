internal import CapsuleCore
public import CapsuleTrust
internal import DeliveryConfiguration
internal import GitOps
public import OCI
public import Processes
internal import ReleaseWorkflows

/// Verifies a pair and its image: the package, with the witness that the GitOps repository has at the head of the policy branch.
///
/// - Parameter gitops: the GitOps repository: a URL or a directory.
public func verifyPair(
    _ package: ArtifactReference, image: ArtifactReference, gitops: String, opener: any ContentOpener,
    runner: any CommandRunner, environment: [String: String]
) async throws -> Verdict {
    // snippet: pair
    let git = Git(runner: runner, environment: environment)
    let verdict = try await GitOpsWorkspace.with(
        GitRemote(gitops), revision: nil, configuration: nil, git: git, cacheDirectory: nil
    ) { workspace in
        let request = ReleaseVerification.Request(capsule: package, image: image).witnessed(by: workspace)
        return try await ReleaseVerification(opener: opener).verdict(request)
    }
    switch verdict {
    case .verified(let release, _):
        if let witness = release.witness { print("verified with the witness \(witness.path)@\(witness.digest)") }
    case .rejected(let report):
        for check in report.failures { print("\(check.id): \(check.reason ?? "failed")") }
    }
    // snippet end
    return verdict
}
