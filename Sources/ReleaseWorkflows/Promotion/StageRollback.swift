internal import CapsuleCore
public import DeliveryConfiguration
internal import GitOps
public import OCI
public import Promotion

/// Finds what a stage held before what it holds now.
public struct StageRollback: Sendable {
    /// The stage.
    public let stage: String
    /// What it holds now.
    public let current: ReleaseRecord.Release
    /// What it held before that.
    public let previous: ReleaseRecord.Release

    /// Where the previous release's capsule is, by its digest.
    ///
    /// - Parameter place: where to look for it; nil for the place that the record names.
    /// - Throws: `OCIError.Code.invalidName` when the record names no place.
    public func capsule(in place: Place? = nil) throws(OCIError) -> Location {
        try previous.capsule.location(in: place)
    }

    /// Reads the history of a stage branch.
    ///
    /// - Throws: `CapsuleError.Code.notFound` when the stage is not there, or has held no other release; `GitError`
    public static func find(_ name: String, in workspace: GitOpsWorkspace) async throws -> StageRollback {
        _ = try workspace.configuration.stage(name)
        let branches = StageBranches(workspace)
        let state = try await branches.states(of: [name])[0]
        guard let current = state.record?.release else {
            throw CapsuleError(.notFound, "stage \(name) holds no release that could be taken back")
        }
        for try await hold in try branches.holds(of: state) {
            guard let release = hold.record?.release, !release.isSame(as: current) else { continue }
            return StageRollback(stage: name, current: current, previous: release)
        }
        throw CapsuleError(.notFound, "stage \(name) has held no other release than \(current.identity)")
    }
}
