internal import Cryptography
internal import Documents
internal import OCI
internal import Signing
internal import Support

/// Reads one of the places where evidence stands.
struct EvidenceReader: Sendable {
    private let digest: Digest
    private let source: any ContentSource
    private(set) var pieces: [SignedPiece] = []
    private(set) var refusals: [Refusal] = []

    init(_ digest: Digest, _ source: any ContentSource) {
        self.digest = digest
        self.source = source
    }

    /// Reads cosign's `.sig` manifest.
    consuming func signatures() async throws -> EvidenceReader {
        var reader = self
        try await reader.readTag(".sig", "signature", SignatureFormat.simpleSigning, limit: EvidenceLimits.payload) {
            layer, name, manifest, payload in
            guard let signature = layer.annotations?[SignatureFormat.signatureAnnotation].flatMap(Base64.decode) else {
                throw DocumentError(.invalidDocument, "\(name): the signature is missing, or not base64")
            }
            return SignedPiece(
                name: name, form: .simpleSigning, manifest: manifest, payload: payload, signature: signature)
        }
        return reader
    }

    /// Reads cosign's `.att` manifest.
    consuming func envelopes() async throws -> EvidenceReader {
        var reader = self
        try await reader.readTag(".att", "attestation", SignatureFormat.envelope, limit: EvidenceLimits.envelope) {
            _, name, manifest, payload in
            let envelope = try Envelope(JSONParser.parse(payload, file: name, limits: EvidenceLimits.outer), name: name)
            return SignedPiece(
                name: name, form: .envelope, manifest: manifest, payload: envelope.payload,
                signature: envelope.signature)
        }
        return reader
    }

    /// Reads the bundles that refer to the manifest.
    consuming func bundles(_ scope: ReleaseEvidence.Scope) async throws -> EvidenceReader {
        var reader = self
        try await reader.readBundles(scope)
        return reader
    }

    private mutating func readTag(
        _ suffix: String, _ word: String, _ mediaType: String, limit: Int64,
        _ make: (Descriptor, String, Digest, [UInt8]) throws -> SignedPiece
    ) async throws {
        let source = source
        let tag = try SignatureFormat.tag(digest, suffix)
        guard let descriptor = try await source.resolve(tag) else { return }
        guard let layers = try await note(look { try await source.manifest(descriptor).imageManifest().layers })
        else { return }
        guard layers.count <= EvidenceLimits.listed else {
            return refuse("\(tag) lists \(layers.count) \(word)s; more than \(EvidenceLimits.listed) are not read")
        }
        var wanted: [(name: String, layer: Descriptor)] = []
        for (index, layer) in layers.enumerated() {
            let name = "\(tag), \(word) \(index + 1)"
            guard layer.mediaType == mediaType else {
                refuse("\(name) is a \(quoted(layer.mediaType)), not a \(word)")
                continue
            }
            wanted.append((name, layer))
        }
        let contents = try await read(wanted.map { ($0.name, $0.layer) }, limit: limit)
        for ((name, layer), content) in zip(wanted, contents) {
            guard let payload = note(content) else { continue }
            if let piece = try await note(look { try make(layer, name, descriptor.digest, payload) }) {
                pieces.append(piece)
            }
        }
    }

    private mutating func readBundles(_ scope: ReleaseEvidence.Scope) async throws {
        let (digest, source) = (digest, source)
        // What the list says of a manifest only saves the reading of others; nothing is taken on its word.
        let listed = try await source.listReferrers(of: digest).filter { referrer in
            let predicate = referrer.descriptor.annotations?[SignatureFormat.predicateAnnotation]
            return referrer.descriptor.artifactType.map(SignatureFormat.bundles.contains) != false
                && (scope == .everything || predicate == nil || predicate == SignatureFormat.signPredicate)
        }
        guard listed.count <= EvidenceLimits.bundles else {
            return refuse(
                "\(listed.count) bundles refer to \(digest); more than \(EvidenceLimits.bundles) are not read")
        }
        let layers = try await concurrently(listed, width: EvidenceLimits.width) { referrer in
            let descriptor = referrer.descriptor
            return try await look { () -> Descriptor? in
                let read =
                    if let manifest = referrer.manifest { manifest } else {
                        try await source.manifest(descriptor.target)
                    }
                // A list need not say what its entries are.
                if descriptor.artifactType == nil {
                    guard let type = try read.referrerDescriptor().artifactType, SignatureFormat.bundles.contains(type)
                    else { return nil }
                }
                let manifest = try read.imageManifest()
                guard manifest.subject?.digest == digest, manifest.layers.count == 1 else {
                    throw DocumentError(
                        .invalidDocument, "bundle \(descriptor.digest.short) is not one bundle about this capsule")
                }
                return manifest.layers[0]
            }
        }
        var wanted: [(name: String, layer: Descriptor, manifest: Digest)] = []
        for (descriptor, layer) in zip(listed.map(\.descriptor), layers) {
            if let layer = note(layer) ?? nil {
                wanted.append(("bundle \(descriptor.digest.short)", layer, descriptor.digest))
            }
        }
        wanted.sort { ($0.layer.size, $0.manifest) < ($1.layer.size, $1.manifest) }
        let contents = try await read(wanted.map { ($0.name, $0.layer) }, limit: EvidenceLimits.envelope)
        for ((name, _, manifest), content) in zip(wanted, contents) {
            guard let bytes = note(content) else { continue }
            let piece = try await look {
                let bundle = try SigstoreBundle(bytes, name: name)
                return SignedPiece(
                    name: name, form: .bundle, manifest: manifest, payload: bundle.payload,
                    signature: bundle.signature, hint: bundle.hint)
            }
            if let piece = note(piece) { pieces.append(piece) }
        }
    }

    /// Reads documents side by side, each within its limit and all together within theirs.
    private func read(_ documents: [(name: String, layer: Descriptor)], limit: Int64) async throws -> [Found<[UInt8]>] {
        let source = source
        var total: Int64 = 0
        // Two keys that signed one payload share its blob.
        var places: [Digest: Int] = [:]
        var items: [(name: String, layer: Descriptor, total: Int64)] = []
        for document in documents where places[document.layer.digest] == nil {
            places[document.layer.digest] = items.count
            total += min(document.layer.size, limit + 1)
            items.append((document.name, document.layer, total))
        }
        let contents = try await concurrently(items, width: EvidenceLimits.width) {
            name, layer, total -> Found<[UInt8]> in
            guard total <= EvidenceLimits.total else {
                return .refused(
                    Refusal(
                        "\(name) was not read: more than \(EvidenceLimits.total >> 20) MiB of evidence stand here",
                        remedy: nil))
            }
            return try await look { try await source.bytes(of: layer, limit: limit) }
        }
        return documents.compactMap { document in places[document.layer.digest].map { contents[$0] } }
    }

    private mutating func refuse(_ reason: String) { refusals.append(Refusal(reason, remedy: nil)) }

    /// What was read; nil when it is not acceptable, which is noted.
    private mutating func note<Value>(_ found: Found<Value>) -> Value? {
        switch found {
        case .value(let value): return value
        case .refused(let refusal): refusals.append(refusal)
        case .unknown(let reason): refuse(reason)
        }
        return nil
    }
}
