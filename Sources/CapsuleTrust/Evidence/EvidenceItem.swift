internal import CapsuleCore
internal import Cryptography
internal import Documents
internal import FoundationEssentials
public import OCI
internal import Support

/// One piece of evidence for people to look at: what it says of itself. Whether it holds, `verify` finds out.
public struct EvidenceItem: Hashable, Sendable, Codable {
    /// `signature`, `provenance`, `sbom`, `promoted`, `verified`, or `other` for what is not known here.
    public var kind: String
    /// How it is kept: `simple signing`, `bundle` or `envelope`.
    public var form: String
    /// The manifest that it stands in.
    public var manifest: Digest
    /// The fingerprint of the key that it says it is by; nil where it does not say.
    public var key: Digest?
    /// The repository that it was made for.
    public var repository: String?
    /// What it is about, as it says.
    public var subject: String?
    /// The type of its predicate.
    public var predicateType: String?
    /// The stage, for `promoted` and `verified`.
    public var stage: String?
    /// The rest in a few words: who built, which kind of SBOM, when it was promoted.
    public var detail: String?
    /// Why it cannot count, when it is malformed.
    public var problem: String?

    init(_ piece: SignedPiece) {
        kind = piece.form == .simpleSigning ? "signature" : "other"
        form = piece.form.rawValue
        manifest = piece.manifest
        key = piece.hint.flatMap(Base64.decode).flatMap { hash in
            try? Digest("sha256:\(lowercaseHex(hash))")
        }
        predicateType = piece.predicateType
        if let statement = try? piece.statement?.get() {
            (repository, subject) = (statement.name, statement.digest)
        }
        do throws(DocumentError) {
            let claim = try SignedClaim(piece)
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
                (statement.outcome == .review ? "put up for review at " : "") + time
                + (statement.gitops.stageCommit.map { ", commit \($0.short) of \(statement.gitops.branch)" } ?? "")
        case .verified(let statement):
            (kind, stage) = ("verified", statement.stage)
            detail = CapsuleFormat.timestamp(statement.verifiedAt) + (statement.evidence.map { ", \($0.name)" } ?? "")
        case .other: detail = predicateType
        }
    }
}

extension ReleaseEvidence {
    /// Every piece, signatures first and the others in the order of what happened.
    public var items: [EvidenceItem] {
        let order = ["signature", "provenance", "sbom", "promoted", "verified", "other"]
        func place(_ item: EvidenceItem) -> (Int, String, String) {
            (order.firstIndex(of: item.kind) ?? order.count, item.detail ?? "", "\(item.manifest)")
        }
        return pieces.map { EvidenceItem($0) }.sorted { place($0) < place($1) }
    }

    /// What claims to be evidence and cannot be read, with the reasons.
    public var unreadable: [String] { refusals.map(\.reason) }
}
