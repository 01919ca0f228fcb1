internal import CapsuleCore
internal import OCI

/// What a token is good for.
enum Role: Hashable, Sendable {
    /// Verifying, and preparing a promotion without a push.
    case verify
    /// Having it attested that a stage, or any, holds a release.
    case attest(stage: String?)
    /// Promoting, to one stage or to any.
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
                "\(quoted(text)) is no role; write verify, attest, attest:STAGE, promote or promote:STAGE")
        }
    }
}
