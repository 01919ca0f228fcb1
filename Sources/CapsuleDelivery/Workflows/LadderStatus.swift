public import CapsuleCore
internal import OCI

/// The ladder as it stands: which release each stage holds, since when, and what may move next and why not.
public struct LadderStatus: Sendable, Codable {
    /// A release that a stage could take from the stage before it.
    public struct Next: Sendable, Codable {
        /// The release.
        public var release: ReleaseIdentity
        /// Whether every gate is open.
        public var ok: Bool
        /// What every gate says.
        public var gates: [GateResult]
    }

    /// A stage.
    public struct Rung: Sendable, Codable {
        /// What it holds.
        public var state: StageState
        /// What it could take; nil when the stages before it hold nothing else.
        public var next: Next?
    }

    /// The version of this document.
    public var schemaVersion = ReleaseManifest.currentSchema
    /// The policy whose gates were asked.
    public var gitops: ReleaseRecord.GitOps
    /// The stages, in the order of the ladder.
    public var stages: [Rung]

    /// Reads the stage branches and asks the gates.
    ///
    /// - Parameter now: the time in seconds since 1970, for soak times.
    /// - Throws: `GitError`, `CapsuleError`
    public static func read(
        _ workspace: GitOpsWorkspace, now: @escaping @Sendable () -> Int64
    ) async throws -> LadderStatus {
        let promoter = Promoter(
            snapshot: workspace.snapshot, configuration: workspace.configuration, ancestry: nil,
            options: Promoter.Options(now: now))
        let states = try await promoter.states()
        var rungs: [Rung] = []
        for (stage, state) in zip(workspace.configuration.stages, states) {
            let upstream = states.first { $0.stage == stage.after.first }
            guard let upstream, let release = upstream.record?.release,
                state.record?.release.isSame(as: release) != true
            else {
                rungs.append(Rung(state: state))
                continue
            }
            let gates = try await promoter.gates(of: stage, for: release, committed: upstream.releaseCommitted)
            rungs.append(
                Rung(
                    state: state,
                    next: Next(release: release.identity, ok: gates.allSatisfy(\.ok), gates: gates)))
        }
        return LadderStatus(
            gitops: .init(
                repository: workspace.snapshot.repository.remote.description, commit: workspace.snapshot.commit.id),
            stages: rungs)
    }

    /// The ladder for a person.
    public func text() -> String {
        let width = stages.map(\.state.stage.count).max() ?? 0
        var out = ""
        for rung in stages {
            let name = rung.state.stage + String(repeating: " ", count: width - rung.state.stage.count)
            let held = rung.state.record.map { "\($0.release.identity)  since \(rung.state.since ?? "unknown")" }
            out += "\(name)  \(held ?? rung.state.problem ?? "nothing yet")\n"
            guard let next = rung.next else { continue }
            let indent = String(repeating: " ", count: width + 2)
            out += "\(indent)\(next.ok ? "may take" : "may not take yet") \(next.release)\n"
            for gate in next.gates where !gate.ok { out += "\(indent)✗ \(gate)\n" }
        }
        return out
    }
}
