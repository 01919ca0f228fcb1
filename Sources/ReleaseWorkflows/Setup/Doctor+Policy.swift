internal import CapsuleCore
internal import DeliveryConfiguration
internal import Documents
internal import EvidencePolicies
internal import Support

extension Doctor {
    /// Looks at the policy for evidence that the configuration names: whether it can be read with its keys, and whether a
    /// release could pass each stage today.
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
                        remedy: "`capsule policy explain` says what each stage asks for")
                }
                let asks = !policy.rules(for: stage.name).isEmpty
                return Check(
                    id: id, status: .ok, detail: asks ? "a release can pass it today" : "it asks for no evidence")
            }
    }
}
