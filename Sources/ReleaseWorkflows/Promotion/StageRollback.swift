internal import CapsuleCore
public import DeliveryConfiguration
internal import GitOps
public import OCI
public import Promotion

/// The release to return a stage to: the one that it held before its current release.
public struct StageRollback: Sendable {
    /// The stage.
    public let stage: String
    /// The current release of the stage.
    public let current: ReleaseRecord.Release
    /// The release before the current one.
    public let previous: ReleaseRecord.Release

    /// The reference of the previous release's capsule, by its digest.
    ///
    /// - Parameter store: the store to read the capsule from; nil for the store that the record names.
    /// - Throws: `OCIError.Code.invalidName` when the record names no store.
    public func capsule(in store: StoreReference? = nil) throws(OCIError) -> ArtifactReference {
        try previous.capsule.reference(in: store)
    }

    /// Finds the previous release in the history of a stage branch.
    ///
    /// - Throws: `CapsuleError.Code.notFound` when the stage does not exist or has held no other release; `GitError`
    public static func find(_ name: String, in workspace: GitOpsWorkspace) async throws -> StageRollback {
        _ = try workspace.configuration.stage(name)
        let branches = StageBranches(workspace)
        let state = try await branches.states(of: [name])[0]
        guard let current = state.record?.release else {
            throw CapsuleError(.notFound, "stage \(name) holds no release; there is nothing to roll back")
        }
        let holds = try branches.holds(of: state)
        for try await hold in holds {
            guard let release = hold.record?.release, !release.isSame(as: current), try await holds.isProven(hold)
            else {
                continue
            }
            return StageRollback(stage: name, current: current, previous: release)
        }
        throw CapsuleError(.notFound, "stage \(name) has held no other release than \(current.identity)")
    }
}
