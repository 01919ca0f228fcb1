internal import Cryptography
internal import Documents
internal import OCI
internal import Signing
internal import Support

/// Reads the evidence of a manifest from one of the three places where it is stored.
struct EvidenceReader: Sendable {
    private let digest: Digest
    private let source: any ContentSource
    private(set) var signedEvidence: [SignedEvidence] = []
    private(set) var rejections: [RejectionReason] = []
    /// Everything that refers to the manifest.
    private(set) var attached: [Descriptor] = []

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
            return SignedEvidence(
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
            return SignedEvidence(
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
        _ make: (Descriptor, String, Digest, [UInt8]) throws -> SignedEvidence
    ) async throws {
        let source = source
        let tag = try SignatureFormat.tag(digest, suffix)
        let found = try await capturingRejection { () -> (manifest: Digest, layers: [Descriptor])? in
            guard let manifest = try await source.manifest(tag) else { return nil }
            return (manifest.descriptor.digest, try manifest.imageManifest().layers)
        }
        guard let (manifest, layers) = record(found) ?? nil else { return }
        guard layers.count <= EvidenceLimits.listed else {
            return reject("\(tag) lists \(layers.count) \(word)s; more than \(EvidenceLimits.listed) are not read")
        }
        var wanted: [(name: String, layer: Descriptor)] = []
        for (index, layer) in layers.enumerated() {
            let name = "\(tag), \(word) \(index + 1)"
            guard layer.mediaType == mediaType else {
                reject("\(name) is a \(quoted(layer.mediaType)), not a \(word)")
                continue
            }
            wanted.append((name, layer))
        }
        let contents = try await read(wanted.map { ($0.name, $0.layer) }, limit: limit)
        for ((name, layer), content) in zip(wanted, contents) {
            guard let payload = record(content) else { continue }
            if let evidence = try await record(capturingRejection { try make(layer, name, manifest, payload) }) {
                signedEvidence.append(evidence)
            }
        }
    }

    private mutating func readBundles(_ scope: ReleaseEvidence.Scope) async throws {
        let (digest, source) = (digest, source)
        // The types in the list only avoid reading unrelated manifests: every manifest that is read is checked again.
        let referrers = try await source.listReferrers(of: digest)
        attached = referrers.map(\.descriptor)
        let listed = referrers.filter { referrer in
            let predicate = referrer.descriptor.annotations?[SignatureFormat.predicateAnnotation]
            return Self.listedType(referrer.descriptor).map(SignatureFormat.bundles.contains) != false
                && (scope == .everything || predicate == nil || predicate == SignatureFormat.signPredicate)
        }
        guard listed.count <= EvidenceLimits.bundles else {
            return reject(
                "\(listed.count) bundles refer to \(digest); more than \(EvidenceLimits.bundles) are not read")
        }
        // Small documents are read first, so one that has its share of the limit at most is read in any case, and at once.
        let share = EvidenceLimits.total / Int64(max(listed.count, 1))
        let found = try await concurrently(listed, width: EvidenceLimits.width) { referrer in
            let bundle = try await capturingRejection { try await Bundle(referrer, about: digest, in: source) }
            guard case .value(var bundle?) = bundle, bundle.layer.size <= share else { return bundle }
            bundle.evidence = try await capturingRejection { [bundle] in
                try bundle.evidence(try await source.bytes(of: bundle.layer, limit: EvidenceLimits.envelope))
            }
            return .value(bundle)
        }
        var bundles: [Bundle] = []
        for bundle in found {
            if let bundle = record(bundle) ?? nil { bundles.append(bundle) }
        }
        bundles.sort { ($0.layer.size, $0.manifest) < ($1.layer.size, $1.manifest) }
        let rest = bundles.drop { $0.evidence != nil }
        let before = bundles[..<rest.startIndex].reduce(0) { $0 + $1.layer.size }
        var contents = try await read(
            rest.map { ($0.name, $0.layer) }, limit: EvidenceLimits.envelope, after: before
        ).makeIterator()
        for bundle in bundles {
            if let evidence = bundle.evidence {
                if let evidence = record(evidence) { signedEvidence.append(evidence) }
            } else if let content = contents.next(), let bytes = record(content),
                let evidence = try await record(capturingRejection { try bundle.evidence(bytes) })
            {
                signedEvidence.append(evidence)
            }
        }
    }

    /// A bundle whose manifest was read.
    private struct Bundle: Sendable {
        let name: String
        let manifest: Digest
        let layer: Descriptor
        /// What the layer holds; nil until it was read.
        var evidence: EvidenceLookup<SignedEvidence>?

        /// Reads the manifest of a bundle about `digest`; nil when it is something else.
        init?(_ referrer: Referrer, about digest: Digest, in source: any ContentSource) async throws {
            let descriptor = referrer.descriptor
            let read =
                if let manifest = referrer.manifest { manifest } else {
                    try await source.manifest(descriptor.target)
                }
            if EvidenceReader.listedType(descriptor) == nil {
                guard let type = try read.referrerDescriptor().artifactType, SignatureFormat.bundles.contains(type)
                else { return nil }
            }
            let manifest = try read.imageManifest()
            guard manifest.subject?.digest == digest, manifest.layers.count == 1 else {
                throw DocumentError(
                    .invalidDocument, "bundle \(descriptor.digest.short) is not one bundle about this capsule")
            }
            (name, self.manifest) = ("bundle \(descriptor.digest.short)", descriptor.digest)
            layer = manifest.layers[0]
        }

        /// The signature or attestation in the bytes of the layer.
        func evidence(_ bytes: [UInt8]) throws -> SignedEvidence {
            let bundle = try SigstoreBundle(bytes, name: name)
            return SignedEvidence(
                name: name, form: .bundle, manifest: manifest, payload: bundle.payload, signature: bundle.signature,
                hint: bundle.hint)
        }
    }

    /// The artifact type that a list of referrers has for an entry; nil when it does not say. Registries that follow a draft of the
    /// specification have the media type of the config in its place.
    private static func listedType(_ descriptor: Descriptor) -> String? {
        [MediaType.emptyJSON, MediaType.imageConfig].contains(descriptor.artifactType) ? nil : descriptor.artifactType
    }

    /// Reads documents concurrently, each within its limit and all together within theirs.
    ///
    /// - Parameter total: the bytes that were read before.
    private func read(
        _ documents: [(name: String, layer: Descriptor)], limit: Int64, after total: Int64 = 0
    ) async throws -> [EvidenceLookup<[UInt8]>] {
        let source = source
        var total = total
        // Two keys that signed one payload share its blob.
        var places: [Digest: Int] = [:]
        var items: [(name: String, layer: Descriptor, total: Int64)] = []
        for document in documents where places[document.layer.digest] == nil {
            places[document.layer.digest] = items.count
            total += min(document.layer.size, limit + 1)
            items.append((document.name, document.layer, total))
        }
        let contents = try await concurrently(items, width: EvidenceLimits.width) {
            name, layer, total -> EvidenceLookup<[UInt8]> in
            guard total <= EvidenceLimits.total else {
                return .rejected(
                    RejectionReason(
                        "\(name) was not read: more than \(EvidenceLimits.total >> 20) MiB of evidence are stored here",
                        remedy: nil))
            }
            return try await capturingRejection { try await source.bytes(of: layer, limit: limit) }
        }
        return documents.compactMap { document in places[document.layer.digest].map { contents[$0] } }
    }

    private mutating func reject(_ reason: String) { rejections.append(RejectionReason(reason, remedy: nil)) }

    /// Returns what was read, or nil after recording why it is rejected.
    private mutating func record<Value>(_ found: EvidenceLookup<Value>) -> Value? {
        switch found {
        case .value(let value): return value
        case .rejected(let rejection): rejections.append(rejection)
        case .notAttempted(let reason): reject(reason)
        }
        return nil
    }
}
