internal import CapsuleCore
internal import OCI
internal import Signing

/// A signature that was found, not judged yet.
struct SignatureCandidate: Sendable {
    enum Form: String, Sendable {
        /// A layer of cosign's `.sig` manifest.
        case simpleSigning = "simple signing"
        /// A Sigstore bundle.
        case bundle
    }

    /// What it was found in, as messages name it.
    let name: String
    let form: Form
    /// The bytes that say what is signed, exactly as they were found.
    let payload: [UInt8]
    /// The signature in DER.
    let signature: [UInt8]

    /// The bytes that the signature is over.
    var message: [UInt8] {
        switch form {
        case .simpleSigning: payload
        case .bundle:
            PreAuthenticationEncoding.bytes(payloadType: SignatureFormat.statementPayload, payload: payload)
        }
    }

    /// The key that made it, when it holds for `digest` in `repository`.
    ///
    /// - Throws: `Refusal` that says why it does not. What a payload says is looked at only after its signature held.
    func signer(of digest: Digest, by requirement: SignatureRequirement) throws(Refusal) -> VerificationKey {
        guard VerificationKey.isWellFormed(signature) else {
            throw refusal("its signature is not in DER's one strict form")
        }
        let message = message
        guard let key = requirement.keys.first(where: { $0.isSignature(signature, over: message) }) else {
            throw refusal("none of the keys that count made it, or it was altered")
        }
        let claim: SignedClaim
        do {
            claim = try SignedClaim(self)
        } catch {
            throw refusal("what it signs is malformed: \(error.message)")
        }
        guard claim.digest == digest.description else {
            throw refusal("it is about \(quoted(claim.digest)), not about this capsule")
        }
        guard claim.names(requirement.repository) else {
            throw refusal(
                claim.reference.isEmpty
                    ? "it names no repository, so it could have been taken from any"
                    : "it was made for \(quoted(claim.reference)), not for \(requirement.repository)")
        }
        return key
    }

    private func refusal(_ reason: String) -> Refusal { Refusal("\(name): \(reason)", remedy: nil) }
}
