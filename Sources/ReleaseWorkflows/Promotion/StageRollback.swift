public import CapsuleCore
public import DeliveryConfiguration
internal import GitOps
public import OCI
public import Promotion

/// The release to return a stage to: a named one, or the one that it held before its current release.
///
/// A stage that was rolled back already is done: finding the release again, as after a run that was interrupted, gives the
/// same release and never the one that the stage was rolled back from.
public struct StageRollback: Sendable {
    /// The stage.
    public let stage: String
    /// The current release of the stage.
    public let current: ReleaseRecord.Release
    /// The release to return to. It is the current one when the stage was rolled back to it already.
    public let previous: ReleaseRecord.Release
    /// The release that the stage was rolled back from; nil when it is not known, or the stage has yet to be rolled back.
    public let undone: ReleaseRecord.Release?

    /// True when the stage holds the release to return to.
    public var isDone: Bool { previous.isSame(as: current) }

    /// The reference of the previous release's capsule, by its digest.
    ///
    /// - Parameter store: the store to read the capsule from; nil for the store that the record names.
    /// - Throws: `OCIError.Code.invalidName` when the record names no store.
    public func capsule(in store: StoreReference? = nil) throws(OCIError) -> ArtifactReference {
        try previous.capsule.reference(in: store)
    }

    /// Finds the release in the history of a stage branch.
    ///
    /// - Parameter target: the release to return to; nil for the one before the current release.
    /// - Throws: `CapsuleError.Code.notFound` when the stage does not exist, or has held no other release or not that one;
    ///   `GitError`
    public static func find(
        _ name: String, to target: ReleaseIdentity? = nil, in workspace: GitOpsWorkspace
    ) async throws -> StageRollback {
        _ = try workspace.configuration.stage(name)
        let branches = StageBranches(workspace)
        let state = try await branches.states(of: [name])[0]
        guard let current = state.record?.release else {
            throw CapsuleError(.notFound, "stage \(name) holds no release; there is nothing to roll back")
        }
        if let target, current.identity == target {
            return StageRollback(stage: name, current: current, previous: current, undone: nil)
        }
        let way = target == nil ? try await branches.lastChange(of: state) : .unknown
        let holds = try branches.holds(of: state)
        var seen: [ReleaseIdentity] = []
        var previous: ReleaseRecord.Release?
        for try await hold in holds {
            guard let release = hold.record?.release else { continue }
            if release.isSame(as: current) {
                guard let previous, target == nil else { continue }
                // The current release was here before the previous one: somebody brought it back.
                return StageRollback(stage: name, current: current, previous: current, undone: previous)
            }
            if !seen.contains(release.identity) { seen.append(release.identity) }
            guard previous == nil, target == nil || release.identity == target, try await holds.isProven(hold) else {
                continue
            }
            if way == .back {
                return StageRollback(stage: name, current: current, previous: current, undone: release)
            }
            previous = release
            if target != nil || way == .forward { break }
        }
        if let previous { return StageRollback(stage: name, current: current, previous: previous, undone: nil) }
        if let target {
            let held = seen.prefix(shownReleases).map(\.description).joined(separator: ", ")
            throw CapsuleError(
                .notFound,
                "stage \(name) has not held \(target)"
                    + (held.isEmpty ? "" : "; before \(current.identity) it held \(held)"))
        }
        throw CapsuleError(.notFound, "stage \(name) has held no other release than \(current.identity)")
    }

    /// The maximum number of releases that a message names.
    private static let shownReleases = 5
}
