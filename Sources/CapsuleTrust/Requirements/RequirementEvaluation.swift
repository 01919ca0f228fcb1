internal import OCI
internal import Signing
internal import Support

/// Accumulates the outcome of matching every piece of evidence against one requirement.
struct RequirementEvaluation {
    /// The maximum number of rejections that a report lists after the first.
    private static let shown = 8

    /// Evidence that meets the requirement.
    struct Counted: Sendable {
        let key: VerificationKey
        /// A description of the evidence.
        let detail: String
        let namesRepository: Bool
    }

    let id: String
    private var isUnnamed = false
    /// The accepted keys that signed, each with a description of its evidence.
    private var signers: [VerificationKey: Set<String>] = [:]
    private var rejections: [RejectionReason]
    /// The predicate types of evidence that the requirement is not about.
    private var ignoredTypes: Set<String> = []

    init(id: String, rejections: [RejectionReason]) {
        self.id = id
        self.rejections = rejections
    }

    /// Records evidence of a type that the requirement is not about.
    mutating func ignore(type predicateType: String) { ignoredTypes.insert(predicateType) }

    /// Records evidence that meets the requirement, or the reason why it does not.
    mutating func evaluate(_ body: () throws(RejectionReason) -> Counted) {
        do {
            let counted = try body()
            if !counted.namesRepository { isUnnamed = true }
            signers[counted.key, default: []].insert(
                counted.detail + (counted.namesRepository ? "" : " that names the digest only"))
        } catch {
            rejections.append(error)
        }
    }

    /// The check of the requirement.
    ///
    /// - Parameters:
    ///   - word: the noun for one piece of evidence.
    ///   - none: the reason when there is no evidence at all.
    func result(
        threshold: Int, repository: Repository, word: String, none: String,
        remedies: (missing: String, rejected: String), policy: String?
    ) -> CheckResult {
        var evidence = ["repository": repository.description]
        evidence["policy"] = policy
        for (key, words) in signers { evidence[key.description] = words.sorted().joined(separator: ", ") }
        if isUnnamed {
            evidence["digest only"] =
                "a copy of the capsule in another repository carries it along; `bind: name` in the policy rejects it"
        }
        guard signers.count < threshold else { return CheckResult(id: id, status: .pass, evidence: evidence) }
        if signers.isEmpty, rejections.isEmpty {
            let others = ignoredTypes.sorted().prefix(Self.shown).map(quoted).joined(separator: ", ")
            return CheckResult(
                id: id, status: .fail, evidence: evidence,
                reason: others.isEmpty ? none : "\(none); what is there attests something else: \(others)",
                remedy: remedies.missing)
        }
        for (index, rejection) in rejections.dropFirst().prefix(Self.shown).enumerated() {
            evidence["also \(index + 1)"] = rejection.reason
        }
        let count = threshold == 1 ? "no \(word) is valid" : "\(signers.count) of \(threshold) \(word)s are valid"
        return CheckResult(
            id: id, status: .fail, evidence: evidence,
            reason: rejections.first.map { "\(count): \($0.reason)" } ?? count, remedy: remedies.rejected)
    }
}
