package import CapsuleCore
internal import GitOps

extension GitOpsWorkspace {
    /// Reads the witness of a release at the policy commit. When that is not the head of the policy branch, the head must
    /// have the same witness: a caller who names a commit cannot choose among witnesses.
    ///
    /// - Throws: `GitError`, `CapsuleError`
    package func witness(of release: ReleaseIdentity) async throws -> Witness {
        let later = try await later()
        var witness = try await snapshot.witness(
            of: release, root: configuration.gitops.root, before: later.map { [$0.snapshot.commit.id] } ?? [])
        guard let digest = witness.reference?.digest, let later else { return witness }
        let head = try await later.snapshot.witness(of: release, root: later.configuration.gitops.root)
        if head.reference?.digest != digest {
            witness.faults.append(
                "\(head.path) at \(head.commit.short), the head of the policy branch, "
                    + (head.content == nil ? "does not exist" : "has other content"))
        }
        witness.faults += head.faults
        return witness
    }

    /// Reads witnesses from this repository.
    package var witnesses: WitnessSource { { try await witness(of: $0) } }
}
