internal import OCI

extension ReleaseEvidence {
    /// What a signed release has and this one lacks, in words with what to do: the signature, or one of the two forms that it
    /// is kept in. A run that was broken off, and a copy by a program that knows one form, leave such releases behind.
    ///
    /// Whether a signature holds is not looked at: it needs a key.
    public var missing: [String] {
        let signatures = items.filter {
            $0.kind == "signature" && $0.problem == nil && $0.subject == capsule.description
        }
        let isSimple = signatures.contains { $0.form == SignedPiece.Form.simpleSigning.rawValue }
        let isBundle = signatures.contains { $0.form != SignedPiece.Form.simpleSigning.rawValue }
        let again = "; `capsule sign` with the key that signed adds it"
        return switch (isSimple, isBundle) {
        case (true, true): []
        case (false, false): ["no signature: the release is unsigned; `capsule sign` signs it"]
        case (true, false): ["the signature stands in cosign's .sig manifest alone, not as a Sigstore bundle" + again]
        case (false, true): ["the signature stands in a Sigstore bundle alone, not in cosign's .sig manifest" + again]
        }
    }
}
