internal import CapsuleCore
internal import GitOps
internal import OCI
internal import Support

/// A permission of a token.
enum Role: Hashable, Sendable {
    /// Verify releases, and prepare promotions without a push.
    case verify
    /// Attest that a stage, or any stage, holds a release.
    case attest(stage: String?)
    /// Promote to one stage, or to any stage.
    case promote(stage: String?)

    /// Parses `verify`, or `attest` and `promote` with or without `:STAGE`.
    init(_ text: String) throws(CapsuleError) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let stage = parts.count == 2 ? String(parts[1]) : nil
        switch (parts.first, stage?.isEmpty) {
        case ("verify", nil): self = .verify
        case ("attest", nil), ("attest", false): self = .attest(stage: stage)
        case ("promote", nil), ("promote", false): self = .promote(stage: stage)
        default:
            throw CapsuleError(
                .invalidName,
                "\(quoted(text)) is not a role; write verify, attest, attest:STAGE, promote or promote:STAGE")
        }
    }
}
