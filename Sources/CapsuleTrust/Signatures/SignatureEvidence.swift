internal import CapsuleCore
internal import OCI
internal import Signing

/// Every signature that stands beside a capsule, in both forms, not judged yet.
struct SignatureEvidence: Sendable {
    /// What could be read.
    private(set) var candidates: [SignatureCandidate] = []
    /// What claims to be a signature and cannot be read, with the reason.
    private(set) var refusals: [Refusal] = []

    /// Whether there is nothing at all.
    var isEmpty: Bool { candidates.isEmpty && refusals.isEmpty }

    /// Looks for signatures of a manifest.
    ///
    /// - Throws: what leaves the question open. That there is no such tag or no referrer is an answer; that the place
    ///   could not say so is none.
    static func gather(_ digest: Digest, in source: any ContentSource) async throws -> SignatureEvidence {
        var evidence = SignatureEvidence()
        try await evidence.readTag(digest, source)
        try await evidence.readBundles(digest, source)
        return evidence
    }

    private mutating func readTag(_ digest: Digest, _ source: any ContentSource) async throws {
        let tag = try SignatureFormat.signatureTag(digest)
        guard let descriptor = try await source.resolve(tag) else { return }
        guard let layers = try await read({ try await source.manifest(descriptor).imageManifest().layers }) else {
            return
        }
        guard layers.count <= SignatureFormat.maximumSignatures else {
            return refuse(
                "\(tag) lists \(layers.count) signatures; more than \(SignatureFormat.maximumSignatures) are not read")
        }
        for (index, layer) in layers.enumerated() {
            let name = "\(tag), signature \(index + 1)"
            guard layer.mediaType == SignatureFormat.simpleSigning else {
                refuse("\(name) is a \(quoted(layer.mediaType)), not a simple-signing payload")
                continue
            }
            guard let signature = layer.annotations?[SignatureFormat.signatureAnnotation].flatMap(Base64.decode) else {
                refuse("\(name): the signature is missing, or not base64")
                continue
            }
            guard
                let payload = try await read({
                    try await source.bytes(of: layer, limit: SignatureFormat.maximumDocument)
                })
            else { continue }
            candidates.append(
                SignatureCandidate(name: name, form: .simpleSigning, payload: payload, signature: signature))
        }
    }

    private mutating func readBundles(_ digest: Digest, _ source: any ContentSource) async throws {
        // What the list says of a manifest only saves the reading of others; nothing is taken on its word.
        let listed = try await source.referrers(of: digest).filter { descriptor in
            let predicate = descriptor.annotations?[SignatureFormat.predicateAnnotation]
            return descriptor.artifactType.map(SignatureFormat.bundles.contains) == true
                && (predicate == nil || predicate == SignatureFormat.signPredicate)
        }
        guard listed.count <= SignatureFormat.maximumSignatures else {
            return refuse(
                "\(listed.count) bundles refer to \(digest); more than \(SignatureFormat.maximumSignatures) are not read"
            )
        }
        for descriptor in listed {
            let name = "bundle \(descriptor.digest.short)"
            let bundle = try await read {
                let manifest = try await source.manifest(descriptor.target).imageManifest()
                guard manifest.subject?.digest == digest, manifest.layers.count == 1 else {
                    throw CapsuleError(.invalidDocument, "\(name) is not one bundle about this capsule")
                }
                return try SigstoreBundle(
                    try await source.bytes(of: manifest.layers[0], limit: SignatureFormat.maximumDocument), name: name)
            }
            guard let bundle else { continue }
            candidates.append(
                SignatureCandidate(
                    name: name, form: .bundle, payload: bundle.payload, signature: bundle.signature))
        }
    }

    private mutating func refuse(_ reason: String) { refusals.append(Refusal(reason, remedy: nil)) }

    /// What was read; nil when it is not acceptable, which is noted.
    private mutating func read<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value? {
        switch try await look(body) {
        case .value(let value): return value
        case .refused(let refusal): refusals.append(refusal)
        case .unknown(let reason): refuse(reason)
        }
        return nil
    }
}
