internal import Archive
internal import Documents
internal import OCI
internal import Signing
internal import Support

/// A signature or attestation as it was read. Its signature is not verified yet.
struct SignedEvidence: Sendable {
    enum Form: String, Sendable {
        /// A layer of cosign's `.sig` manifest.
        case simpleSigning = "simple signing"
        /// A Sigstore bundle.
        case bundle
        /// A DSSE envelope in cosign's `.att` manifest.
        case envelope
    }

    /// The name of the document that holds it, for messages.
    let name: String
    let form: Form
    /// The manifest that holds it.
    let manifest: Digest
    /// The signed bytes, exactly as they were read.
    let payload: [UInt8]
    /// The signature in DER.
    let signature: [UInt8]
    /// The key that it names as its signer.
    let hint: String?
    /// The statement in the payload of an envelope, or the reason why it cannot be read; nil for simple signing. It must not
    /// be relied on before the signature is verified.
    let statement: Result<Statement, DocumentError>?

    init(
        name: String, form: Form, manifest: Digest, payload: [UInt8], signature: [UInt8], hint: String? = nil
    ) {
        self.name = name
        self.form = form
        self.manifest = manifest
        self.payload = payload
        self.signature = signature
        self.hint = hint
        guard form != .simpleSigning else {
            statement = nil
            return
        }
        do {
            statement = .success(try Statement(payload))
        } catch {
            statement = .failure(error)
        }
    }

    /// The type of the statement's predicate; nil for simple signing and for payloads that cannot be read.
    var predicateType: String? { (try? statement?.get())?.predicateType }

    /// Returns the key among `keys` that made the signature.
    ///
    /// - Throws: `RejectionReason` when none of them did, or when that key is revoked.
    func signer(among keys: [VerificationKey], revoked: Set<Digest>) throws(RejectionReason) -> VerificationKey {
        guard VerificationKey.isWellFormed(signature) else {
            throw rejection("its signature is not strict DER")
        }
        let message =
            form == .simpleSigning
            ? payload
            : PreAuthenticationEncoding.bytes(payloadType: SignatureFormat.statementPayload, payload: payload)
        guard let key = keys.first(where: { $0.isSignature(signature, over: message) }) else {
            throw rejection("none of the accepted keys made it, or it was altered")
        }
        guard !revoked.contains(key.fingerprint) else { throw rejection("the key \(key) made it, which is revoked") }
        return key
    }

    /// The claim of the payload.
    ///
    /// - Throws: `DocumentError` when the payload is malformed.
    var claim: SignedClaim {
        get throws(DocumentError) {
            if let statement { try SignedClaim(statement.get()) } else { try SignedClaim(simpleSigning: payload) }
        }
    }

    /// What a statement attests of a capsule.
    struct VerifiedClaim: Sendable {
        let content: AttestationContent
        /// True when the statement names the repository.
        let namesRepository: Bool
    }

    /// Returns what is attested of `digest` in `repository`. Call this after the signature was verified.
    ///
    /// - Parameter binding: what the statement must name.
    /// - Throws: `RejectionReason` when the payload is malformed, or about another digest or repository.
    func claim(
        of digest: Digest, in repository: Repository, binding: EvidenceBinding
    ) throws(RejectionReason) -> VerifiedClaim {
        let claim: SignedClaim
        do {
            claim = try self.claim
        } catch {
            throw rejection("what it signs is malformed: \(error.message)")
        }
        guard claim.digest == digest.description else {
            throw rejection("it is about \(quoted(claim.digest)), not about this capsule")
        }
        if claim.reference.isEmpty {
            guard binding == .digest, statement != nil, !claim.content.isAboutStage else {
                throw rejection(
                    "it does not name a repository, so it could be a copy from another one"
                        + (statement == nil || claim.content.isAboutStage ? "" : "; the policy has `bind: name`"))
            }
            return VerifiedClaim(content: claim.content, namesRepository: false)
        }
        guard claim.names(repository) else {
            throw rejection("it was made for \(quoted(claim.reference)), not for \(repository)")
        }
        return VerifiedClaim(content: claim.content, namesRepository: true)
    }

    /// A reason for rejecting this evidence, which names it.
    func rejection(_ reason: String) -> RejectionReason { RejectionReason("\(name): \(reason)", remedy: nil) }
}
