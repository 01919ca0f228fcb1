internal import CapsuleCore
internal import Cryptography
internal import Documents
internal import OCI
internal import Signing

/// Writes the signature and the attestations of one key about a capsule.
///
/// All bundles of one run are attached together, and all envelopes are added to cosign's `.att` manifest together: a registry
/// without the referrers API whose tags may not be changed takes each of these lists once.
struct EvidenceWriter: Sendable {
    /// The result for one statement.
    struct Written: Sendable {
        /// The manifest that holds it.
        var manifest: Digest
        /// True when it was attached before.
        var isPresent = false
        /// The reason why there is no bundle; nil when there is one.
        var refusal: String?
    }

    /// The result of one run.
    struct Report: Sendable {
        var signature = ReleaseSigner.Outcome.present
        var bundle = ReleaseSigner.Outcome.present
        /// The reason why one form of the signature is missing.
        var refusal: String?
        var statements: [Written] = []
    }

    let key: SigningKey
    /// The repository that signatures and statements name.
    let repository: Repository
    /// Waits between two reads of a tag that others may write too.
    let pause: @Sendable (Duration) async throws -> Void

    /// Writes what is not there yet. A store that cannot hold bundles gets envelopes; of a signature one form is sufficient.
    ///
    /// - Parameters:
    ///   - signs: true to write the signature.
    ///   - predicates: the attestations.
    func write(
        _ capsule: Descriptor, signs: Bool, _ predicates: [AttestationPredicate], in store: any ContentStore
    ) async throws -> Report {
        let statements = try predicates.map { try statement($0, of: capsule.digest) }
        let present = try await ReleaseEvidence.gather(
            capsule.digest, in: store, scope: predicates.isEmpty ? .signatures : .everything)
        let signed = signs ? forms(of: present, capsule.digest) : [.bundle, .simpleSigning]
        var report = Report()
        report.statements = statements.map { written($0.statement, in: present, capsule.digest) }
        let missing = statements.indices.filter { !report.statements[$0].isPresent }

        var bundles = missing.map { statements[$0] }
        if !signed.contains(.bundle) { bundles.append(signature(of: capsule.digest)) }
        let (manifests, refusal) = try await unlessRefused {
            bundles.isEmpty
                ? [] : try await SigstoreBundle.attach(bundles, signedBy: key, to: capsule, in: store, pause: pause)
        }
        if !signed.contains(.bundle) { report.bundle = refusal == nil ? .added : .refused }
        if !signed.contains(.simpleSigning) {
            let (_, simpleRefusal) = try await unlessRefused { try await addSignature(capsule, store) }
            report.signature = simpleRefusal == nil ? .added : .refused
            if let simpleRefusal {
                // A signature in either form is sufficient, whichever run wrote it.
                if report.bundle == .refused { throw refusal ?? simpleRefusal }
                report.refusal = simpleRefusal.message
            }
        }
        if report.bundle == .refused { report.refusal = refusal?.message }
        if let refusal, !missing.isEmpty {
            let (manifest, other) = try await unlessRefused {
                try await addEnvelopes(missing.map { statements[$0] }, to: capsule, store)
            }
            // What bundles need is the better thing to change.
            guard other == nil else { throw refusal }
            for index in missing {
                report.statements[index] = Written(
                    manifest: (manifest ?? nil) ?? capsule.digest, refusal: refusal.message)
            }
        } else if let manifests {
            for (index, manifest) in zip(missing, manifests) { report.statements[index].manifest = manifest }
        }
        return report
    }

    /// Runs `write`, and returns the error of a store that cannot hold what it writes.
    private func unlessRefused<Value>(_ write: () async throws -> Value) async throws -> (Value?, OCIError?) {
        do {
            return (try await write(), nil)
        } catch let error as OCIError where [.refused, .tagExists].contains(error.code) {
            return (nil, error)
        }
    }

    /// The forms in which this key has signed the capsule.
    private func forms(of evidence: ReleaseEvidence, _ digest: Digest) -> Set<SignedEvidence.Form> {
        Set(
            evidence.signedEvidence.filter { evidence in
                guard (try? evidence.signer(among: [key.verificationKey], revoked: [])) != nil,
                    case .signature? = try? evidence.claim(of: digest, in: repository, binding: .name).content
                else { return false }
                return true
            }.map(\.form))
    }

    private func written(_ statement: [UInt8], in evidence: ReleaseEvidence, _ capsule: Digest) -> Written {
        let same = evidence.signedEvidence.first { evidence in
            evidence.form != .simpleSigning && evidence.payload == statement
                && (try? evidence.signer(among: [key.verificationKey], revoked: [])) != nil
        }
        return Written(manifest: same?.manifest ?? capsule, isPresent: same != nil)
    }

    private func statement(_ predicate: AttestationPredicate, of digest: Digest) throws -> SigstoreBundle.Content {
        let statement = SignatureFormat.statement(digest, repository: repository, predicate)
        guard Int64(SigstoreBundle.size(of: statement.count)) <= EvidenceLimits.envelope else {
            throw CapsuleError(
                .limitExceeded,
                "the statement has \(statement.count) bytes; its bundle would exceed the limit of \(EvidenceLimits.envelope) bytes that readers accept"
            )
        }
        return SigstoreBundle.Content(predicateType: predicate.type, statement: statement)
    }

    /// The statement that signs the capsule.
    private func signature(of digest: Digest) -> SigstoreBundle.Content {
        SigstoreBundle.Content(
            predicateType: SignatureFormat.signPredicate,
            statement: SignatureFormat.statement(
                digest, repository: repository,
                AttestationPredicate(type: SignatureFormat.signPredicate, value: .object([]))))
    }

    /// Adds the signature to cosign's `.sig` manifest.
    private func addSignature(_ capsule: Descriptor, _ store: any ContentStore) async throws {
        let payload = SignatureFormat.payload(capsule.digest, repository: repository)
        let memory = MemoryStore()
        var layer = memory.add(payload, mediaType: SignatureFormat.simpleSigning)
        layer.annotations = [
            SignatureFormat.signatureAnnotation: Base64.encode(key.signature(over: payload))
        ]
        let tag = try SignatureFormat.signatureTag(capsule.digest)
        try await CosignManifest(tag: tag, store: store, pause: pause).add([layer], from: memory)
    }

    /// Adds statements to cosign's `.att` manifest, and returns it.
    private func addEnvelopes(
        _ contents: [SigstoreBundle.Content], to capsule: Descriptor, _ store: any ContentStore
    ) async throws -> Digest? {
        let memory = MemoryStore()
        let layers = contents.map { content in
            let message = PreAuthenticationEncoding.bytes(
                payloadType: SignatureFormat.statementPayload, payload: content.statement)
            let envelope = Envelope.encode(payload: content.statement, signature: key.signature(over: message))
            var layer = memory.add(Array(envelope.utf8), mediaType: SignatureFormat.envelope)
            layer.annotations = [
                SignatureFormat.signatureAnnotation: "",
                SignatureFormat.layerPredicateAnnotation: content.predicateType,
            ]
            return layer
        }
        let tag = try SignatureFormat.tag(capsule.digest, ".att")
        return try await CosignManifest(tag: tag, store: store, pause: pause).add(layers, from: memory)
    }
}
