internal import OCI
internal import Signing
internal import Support

/// What came of looking at one piece of evidence after the other for one requirement.
struct Judged {
    /// The most refusals that a report lists beside the first.
    private static let shown = 8

    let id: String
    /// What each key that counts has done.
    private var signers: [VerificationKey: Set<String>] = [:]
    private var refusals: [Refusal]
    /// What stands there too, and was not asked for.
    private var others: Set<String> = []

    init(id: String, refusals: [Refusal]) {
        self.id = id
        self.refusals = refusals
    }

    /// Notes what is of another type than asked for.
    mutating func passOver(_ predicateType: String) { others.insert(predicateType) }

    /// Notes a piece that counts, or why it does not.
    mutating func judge(_ body: () throws(Refusal) -> (VerificationKey, String)) {
        do {
            let (key, words) = try body()
            signers[key, default: []].insert(words)
        } catch {
            refusals.append(error)
        }
    }

    /// The check.
    func result(
        threshold: Int, repository: Repository, word: String, none: String,
        remedies: (missing: String, refused: String), policy: String?
    ) -> CheckResult {
        var evidence = ["repository": repository.description]
        evidence["policy"] = policy
        for (key, words) in signers { evidence[key.description] = words.sorted().joined(separator: ", ") }
        guard signers.count < threshold else { return CheckResult(id: id, status: .pass, evidence: evidence) }
        if signers.isEmpty, refusals.isEmpty {
            let also = others.sorted().prefix(Self.shown).map(quoted).joined(separator: ", ")
            return CheckResult(
                id: id, status: .fail, evidence: evidence,
                reason: others.isEmpty ? none : "\(none); what is there attests something else: \(also)",
                remedy: remedies.missing)
        }
        for (index, refusal) in refusals.dropFirst().prefix(Self.shown).enumerated() {
            evidence["also \(index + 1)"] = refusal.reason
        }
        let count = threshold == 1 ? "no \(word) holds" : "\(signers.count) of \(threshold) \(word)s hold"
        return CheckResult(
            id: id, status: .fail, evidence: evidence,
            reason: refusals.first.map { "\(count): \($0.reason)" } ?? count, remedy: remedies.refused)
    }
}
