internal import Archive
internal import Documents
internal import OCI
internal import Signing
internal import Support

/// One signed piece of evidence, as it was found and not judged yet.
struct SignedPiece: Sendable {
    enum Form: String, Sendable {
        /// A layer of cosign's `.sig` manifest.
        case simpleSigning = "simple signing"
        /// A Sigstore bundle.
        case bundle
        /// A DSSE envelope in cosign's `.att` manifest.
        case envelope
    }

    /// What it was found in, as messages name it.
    let name: String
    let form: Form
    /// The manifest that it stands in.
    let manifest: Digest
    /// The bytes that say what is signed, exactly as they were found.
    let payload: [UInt8]
    /// The signature in DER.
    let signature: [UInt8]
    /// The key that it claims to be by.
    let hint: String?
    /// What an envelope's payload says, or why it cannot be read. Nothing is done for its sake before the signature held.
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

    /// What it says that it attests; nil for simple signing and for what cannot be read.
    var predicateType: String? { (try? statement?.get())?.predicateType }

    /// The key among `keys` that made it.
    ///
    /// - Throws: `Refusal` that says why none of them did, or why that one does not count.
    func signer(among keys: [VerificationKey], revoked: Set<Digest>) throws(Refusal) -> VerificationKey {
        guard VerificationKey.isWellFormed(signature) else {
            throw refusal("its signature is not in DER's one strict form")
        }
        let message =
            form == .simpleSigning
            ? payload
            : PreAuthenticationEncoding.bytes(payloadType: SignatureFormat.statementPayload, payload: payload)
        guard let key = keys.first(where: { $0.isSignature(signature, over: message) }) else {
            throw refusal("none of the keys that count made it, or it was altered")
        }
        guard !revoked.contains(key.fingerprint) else { throw refusal("the key \(key) made it, which is revoked") }
        return key
    }

    /// What it says, once its signature held.
    ///
    /// - Throws: `Refusal` for what is no claim about `digest` in `repository`.
    func claim(of digest: Digest, in repository: Repository) throws(Refusal) -> AttestationContent {
        let claim: SignedClaim
        do {
            claim = try SignedClaim(self)
        } catch {
            throw refusal("what it signs is malformed: \(error.message)")
        }
        guard claim.digest == digest.description else {
            throw refusal("it is about \(quoted(claim.digest)), not about this capsule")
        }
        guard claim.names(repository) else {
            throw refusal(
                claim.reference.isEmpty
                    ? "it names no repository, so it could have been taken from any"
                    : "it was made for \(quoted(claim.reference)), not for \(repository)")
        }
        return claim.content
    }

    func refusal(_ reason: String) -> Refusal { Refusal("\(name): \(reason)", remedy: nil) }
}
