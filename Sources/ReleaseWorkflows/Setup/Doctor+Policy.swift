internal import CapsuleCore
internal import DeliveryConfiguration
internal import Documents
internal import EvidencePolicies
internal import Support

extension Doctor {
    /// Checks that the evidence policy of the configuration and its keys can be read, and that a release can pass each
    /// stage at the current time.
    func policy(_ workspace: GitOpsWorkspace) async throws -> [Check] {
        let id = "policy"
        let policy: EvidencePolicy?
        do {
            policy = try await workspace.evidencePolicy()
        } catch let error as any Failure where error is CapsuleError || error is DocumentError {
            return [Check(id: id, status: .fail, detail: error.message, remedy: "correct the GitOps repository")]
        }
        guard let policy else { return [] }
        let read = Check(id: id, status: .ok, detail: "\(policy.name), \(policy.keys.count) keys")
        let now = now()
        return [read]
            + workspace.configuration.stages.map { stage in
                let id = "\(id).\(stage.name)"
                if let problem = policy.problem(stage.name, now: now) {
                    return Check(
                        id: id, status: .fail, detail: problem,
                        remedy: "`capsule policy explain` lists the requirements of each stage")
                }
                let requiresEvidence = !policy.rules(for: stage.name).isEmpty
                return Check(
                    id: id, status: .ok,
                    detail: requiresEvidence ? "a release can pass it today" : "it requires no evidence")
            }
    }
}
