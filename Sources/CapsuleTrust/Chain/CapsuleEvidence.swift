internal import Archive
internal import CapsuleCore
internal import OCI
internal import Support

/// The inputs of a verification that come from the capsule, each read once. The checks read nothing else.
struct CapsuleEvidence: Sendable {
    /// The repository or layout, for messages.
    var store: StoreReference
    /// The requested tag.
    var requestedTag: Tag?
    /// The requested digests: that of the reference and the pinned one.
    var expectedDigests: [Digest] = []
    /// The descriptor that the tag resolved to.
    var tagged: EvidenceLookup<Descriptor> = .notAttempted("no tag was given")
    /// The manifest that the tag names.
    private var taggedManifest: RawManifest?
    /// The manifest that was examined.
    var descriptor: EvidenceLookup<Descriptor> = .notAttempted("the capsule was not found")
    /// The manifest that was examined, with its bytes.
    var manifest: EvidenceLookup<RawManifest> = .notAttempted("the capsule was not found")
    /// The bytes as an image manifest.
    var image: EvidenceLookup<ImageManifest> = .notAttempted("the manifest was not read")
    /// The config.
    var config: EvidenceLookup<[UInt8]> = .notAttempted("the manifest was not read")
    /// The layer's bytes.
    var layer: EvidenceLookup<[UInt8]> = .notAttempted("the manifest was not read")
    /// The layer's files.
    var contents: EvidenceLookup<LayerContents> = .notAttempted("the layer was not read")
    /// The witness of a pair; not attempted for a capsule.
    var witness: EvidenceLookup<Witness> = .notAttempted("the witness was not read")
    /// The release that `release.yaml` describes: that of a capsule's layer, or the witness of a pair.
    var release: EvidenceLookup<ReleaseManifest> = .notAttempted("release.yaml was not read")

    var annotations: [String: String] { image.value?.annotations ?? [:] }

    /// The form of the release, from the annotation of the manifest.
    var form: ReleaseForm { ReleaseForm(formatVersion: annotations[CapsuleFormat.Annotation.format]) ?? .capsule }

    /// The capsule's tag: the requested one, else the one in its annotations.
    var tag: Tag? { requestedTag ?? annotations[CapsuleFormat.Annotation.version].flatMap { try? Tag($0) } }

    /// The capsule's tag as a release identity; nil when the tag is not one.
    var identity: ReleaseIdentity? { tag.flatMap { try? ReleaseIdentity($0.description) } }
}

extension CapsuleEvidence {
    private init(_ request: VerificationRequest) {
        store = request.capsule.store
        requestedTag = request.capsule.tag
        expectedDigests = [request.capsule.digest, request.pinnedDigest].compactMap { $0 }
    }

    /// Finds a capsule: its tag, and the manifest that the tag names.
    ///
    /// - Throws: errors that allow no verdict, such as `OCIError.Code.unavailable` and `.unauthorized`. Missing or
    ///   altered content is part of the result.
    static func find(_ request: VerificationRequest) async throws -> CapsuleEvidence {
        var capsule = CapsuleEvidence(request)
        guard capsule.requestedTag != nil || !capsule.expectedDigests.isEmpty else {
            throw OCIError(
                .invalidName, "\(request.capsule) has neither a tag nor a digest; add :git-<commit> or @sha256:…")
        }
        // Evidence and revocations name a capsule by its sha256 digest.
        for digest in capsule.expectedDigests { _ = try digest.naming("a capsule") }
        try await capsule.resolve(request.source)
        return capsule
    }

    /// Returns this capsule with its content, which is read now: manifest, config, layer, `release.yaml`.
    ///
    /// - Parameter staged: receives the files of the layer as they are read.
    /// - Throws: the errors of ``find(_:)``.
    func readingContent(_ request: VerificationRequest, into staged: StagedTree?) async throws -> CapsuleEvidence {
        guard let descriptor = descriptor.value else { return self }
        var capsule = self
        try await capsule.read(descriptor, request.source, into: staged)
        return capsule
    }

    /// Returns evidence with what requirements compare it with.
    func describing(_ evidence: ReleaseEvidence?) -> ReleaseEvidence? {
        guard var evidence else { return nil }
        evidence.created = annotations[CapsuleFormat.Annotation.created].flatMap { CapsuleFormat.seconds($0) }
        evidence.revision = annotations[CapsuleFormat.Annotation.revision]
        evidence.form = form
        return evidence
    }

    /// Reads the signatures and attestations attached to the capsule, limited to what the request needs; nil when the capsule
    /// was not found, or when nothing is needed.
    func attached(_ request: VerificationRequest) async throws -> ReleaseEvidence? {
        guard let descriptor = descriptor.value else { return nil }
        guard request.readsEvidence || request.evidence?.needsReading == true else {
            return request.evidence.map { _ in
                ReleaseEvidence(capsule: descriptor.digest, store: request.source.reference)
            }
        }
        let isAll = request.readsEvidence || request.evidence?.attestations.isEmpty == false
        return try await ReleaseEvidence.gather(
            descriptor.digest, in: request.source, scope: isAll ? .everything : .signatures)
    }

    private mutating func read(_ descriptor: Descriptor, _ source: any ContentSource, into staged: StagedTree?)
        async throws
    {
        if let read = taggedManifest, read.descriptor.digest == descriptor.digest {
            manifest = .value(read)
        } else {
            manifest = try await capturingRejection { try await source.manifest(descriptor) }
        }
        guard let raw = manifest.value else { return }
        image = try await capturingRejection { try raw.imageManifest() }
        // With a digest alone the tag comes from the annotations, and it may name other content in this repository.
        if requestedTag == nil, let claimed = tag { tagged = try await Self.lookUp(claimed, source) }
        guard let image = image.value else { return }
        async let config = capturingRejection {
            try await source.bytes(of: image.config, limit: Int64(CapsuleFormat.maximumConfigSize))
        }
        try await readLayer(image, source, into: staged)
        self.config = try await config
    }

    private mutating func resolve(_ source: any ContentSource) async throws {
        if let requestedTag {
            // One request for both the digest and the manifest. When the manifest is rejected, the tag may still have a digest.
            if let found = try await capturingRejection({ try await source.manifest(requestedTag) }).value {
                taggedManifest = found
                tagged = Self.lookUp(requestedTag, .value(found?.descriptor.target), source)
            } else {
                tagged = try await Self.lookUp(requestedTag, source)
            }
        }
        guard let digest = expectedDigests.first else {
            descriptor = tagged
            return
        }
        let found = try await capturingRejection { try await source.resolve(digest) }
        switch found {
        case .value(let descriptor?): self.descriptor = .value(descriptor)
        case .value(nil):
            descriptor = .rejected(
                RejectionReason(
                    "\(digest) is not in \(store)", remedy: "publish the release, or name the repository that has it"))
        case .rejected(let rejection): descriptor = .rejected(rejection)
        case .notAttempted(let reason): descriptor = .notAttempted(reason)
        }
    }

    private static func lookUp(_ tag: Tag, _ source: any ContentSource) async throws -> EvidenceLookup<Descriptor> {
        lookUp(tag, try await capturingRejection { try await source.resolve(tag) }, source)
    }

    private static func lookUp(
        _ tag: Tag, _ found: EvidenceLookup<Descriptor?>, _ source: any ContentSource
    ) -> EvidenceLookup<Descriptor> {
        switch found {
        case .value(let descriptor?): return .value(descriptor)
        case .value(nil):
            return .rejected(
                RejectionReason(
                    "there is no tag \(tag) in \(source.reference)",
                    remedy: "publish the release, or name the repository that has it"))
        case .rejected(let rejection): return .rejected(rejection)
        case .notAttempted(let reason): return .notAttempted(reason)
        }
    }

    private mutating func readLayer(
        _ image: ImageManifest, _ source: any ContentSource, into staged: StagedTree?
    ) async throws {
        guard let descriptor = image.layers.first else {
            layer = .rejected(
                RejectionReason("the manifest has no layer", remedy: "build the capsule with `capsule build`"))
            return
        }
        layer = try await capturingRejection {
            try await source.bytes(of: descriptor, limit: CapsuleFormat.maximumLayerSize)
        }
        guard let bytes = layer.value else { return }
        let form = form
        contents = try await capturingRejection {
            try await awaitBlocking { try LayerContents(reading: bytes, of: form, keeping: .forChecks, into: staged) }
        }
        guard form == .capsule, let contents = contents.value else { return }
        release = try await capturingRejection {
            guard let yaml = contents.content(of: CapsuleFormat.releasePath) else {
                throw CapsuleError(.notFound, "the layer has no release.yaml")
            }
            return try ReleaseManifest.decode(yaml: yaml)
        }
    }
}
