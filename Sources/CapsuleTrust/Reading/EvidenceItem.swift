internal import CapsuleCore
internal import Cryptography
internal import Documents
internal import FoundationEssentials
public import OCI
internal import Support

/// The unverified description of one signature or attestation, for `capsule inspect`.
public struct EvidenceItem: Hashable, Sendable, Codable {
    /// `signature`, `provenance`, `sbom`, `promoted`, `verified`, or `other` for an unknown predicate type.
    public var kind: String
    /// The form in which it is stored: `simple signing`, `bundle` or `envelope`.
    public var form: String
    /// The manifest that holds it.
    public var manifest: Digest
    /// The fingerprint of the key that it names; nil when it names none.
    public var key: Digest?
    /// The repository that it was made for.
    public var repository: String?
    /// The digest that it names as its subject.
    public var subject: String?
    /// The type of its predicate.
    public var predicateType: String?
    /// The stage, for `promoted` and `verified`.
    public var stage: String?
    /// Further facts in a few words: the builder, the kind of SBOM, the time of the promotion.
    public var detail: String?
    /// The reason why it is malformed; nil when it is not.
    public var problem: String?

    init(_ evidence: SignedEvidence) {
        kind = evidence.form == .simpleSigning ? "signature" : "other"
        form = evidence.form.rawValue
        manifest = evidence.manifest
        key = evidence.hint.flatMap(Base64.decode).flatMap { hash in
            try? Digest("sha256:\(lowercaseHex(hash))")
        }
        predicateType = evidence.predicateType
        if let statement = try? evidence.statement?.get() {
            (repository, subject) = (statement.name, statement.digest)
        }
        do throws(DocumentError) {
            let claim = try evidence.claim
            (repository, subject) = (claim.reference, claim.digest)
            describe(claim.content)
        } catch {
            problem = error.message
        }
    }

    private mutating func describe(_ content: AttestationContent) {
        switch content {
        case .signature: kind = "signature"
        case .provenance(let facts):
            kind = "provenance"
            detail = "built by \(facts.builder)"
        case .sbom(let format): (kind, detail) = ("sbom", format)
        case .promoted(let statement):
            (kind, stage) = ("promoted", statement.stage)
            let time = CapsuleFormat.timestamp(statement.promotedAt)
            detail =
                (statement.outcome == .review ? "review opened at " : "") + time
                + (statement.gitops.stageCommit.map { ", commit \($0.short) of \(statement.gitops.branch)" } ?? "")
        case .verified(let statement):
            (kind, stage) = ("verified", statement.stage)
            detail = CapsuleFormat.timestamp(statement.verifiedAt) + (statement.evidence.map { ", \($0.name)" } ?? "")
        case .other: detail = predicateType
        }
    }
}

extension ReleaseEvidence {
    /// A description of every signature and attestation: signatures first, the others by the time of what they attest.
    public var items: [EvidenceItem] {
        let order = ["signature", "provenance", "sbom", "promoted", "verified", "other"]
        func position(_ item: EvidenceItem) -> (Int, String, String) {
            (order.firstIndex(of: item.kind) ?? order.count, item.detail ?? "", "\(item.manifest)")
        }
        return signedEvidence.map { EvidenceItem($0) }.sorted { position($0) < position($1) }
    }

    /// The reasons why some of the evidence could not be read.
    public var unreadable: [String] { rejections.map(\.reason) }
}
