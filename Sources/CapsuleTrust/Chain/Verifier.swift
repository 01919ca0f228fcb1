internal import Archive
internal import CapsuleCore
public import OCI
internal import Support

/// The verdict of a verification. A rejection is a verdict, not an error.
public enum Verdict: Sendable {
    /// Every check passed.
    case verified(VerifiedCapsule, VerificationReport)
    /// At least one check did not pass.
    case rejected(VerificationReport)

    /// The report of either verdict.
    public var report: VerificationReport {
        switch self {
        case .verified(_, let report), .rejected(let report): report
        }
    }
}

/// The verdict of a verification that unpacks.
package enum UnpackVerdict: Sendable {
    /// Every check passed, and the files are unpacked.
    case unpacked(UnpackedCapsule, VerificationReport)
    /// At least one check did not pass, and nothing is left on the disk.
    case rejected(VerificationReport)
}

/// Runs the chain of `docs/security.md`: proves that an image and a capsule are one release, and that the capsule is whole.
public struct Verifier: Sendable {
    private let opener: any ContentOpener
    private let now: @Sendable () -> Int64

    /// A verifier that opens an image's repository through `opener` when a request has no source for it.
    ///
    /// - Parameter now: the time, in seconds since 1970, for requirements of the age of a release; nil for the time of
    ///   this system.
    public init(opener: any ContentOpener, now: (@Sendable () -> Int64)? = nil) {
        self.opener = opener
        self.now = now ?? WallClock.system
    }

    /// Verifies a capsule. Every tag is resolved once and all content is read once; the bytes that are checked here are the
    /// ones that are unpacked later.
    ///
    /// - Throws: errors that allow no verdict: `OCIError` with `.unavailable`, `.unauthorized`, `.io`, and
    ///   `CancellationError`. Missing, altered or wrong content is a rejection.
    public func verify(_ request: VerificationRequest) async throws -> Verdict {
        let (examination, evidence) = try await ReleaseReading.with(request, opener: opener) {
            try await examine($0, request)
        }
        return await verdict(on: examination, evidence, request)
    }

    /// Reads what ``verify(_:)`` reads, except for the evidence and the witness of a pair, and makes the checks that depend on
    /// no requirement.
    ///
    /// - Throws: the errors of ``verify(_:)``.
    package func read(_ request: VerificationRequest) async throws -> ReleaseReading {
        var request = request
        (request.evidence, request.readsEvidence) = (nil, false)
        return try await ReleaseReading.with(request, opener: opener) { [request] in
            try await $0.examined(request)
        }.result
    }

    /// Verifies a capsule that has been read; its evidence is read now.
    ///
    /// - Throws: the errors of ``verify(_:)``.
    package func verify(_ request: VerificationRequest, reading: ReleaseReading) async throws -> Verdict {
        async let attached = reading.capsule.attached(request)
        let examination = try await examine(reading, request)
        return await verdict(on: examination, reading.capsule.describing(try await attached), request)
    }

    /// Verifies a capsule and unpacks it in the same pass into a directory that must not exist yet. The directory gets its
    /// name only after every check has passed; in every other case, nothing is left.
    ///
    /// - Throws: the errors of `verify(_:)`, and `ArchiveError` with `.exists`, `.invalidPath` or `.io`.
    package func unpack(_ request: VerificationRequest, to directory: String) async throws -> UnpackVerdict {
        try await StagedTree.with(directory) { staged in
            let (examination, evidence) = try await ReleaseReading.with(request, opener: opener, into: staged) {
                // The disk writes while the processor checks.
                async let flushed: Void = awaitBlocking { try staged.flush() }
                let examination = try await examine($0, request)
                try await flushed
                return examination
            }
            switch await verdict(on: examination, evidence, request) {
            case .rejected(let report): return .rejected(report)
            case .verified(let capsule, let report):
                try Task.checkCancellation()
                try await awaitBlocking { try staged.commit() }
                return .unpacked(UnpackedCapsule(directory: directory, capsule: capsule), report)
            }
        }
    }

    /// The digests of the manifests in the image's index; empty when the image has none, and when it cannot be read.
    private func platforms(
        of image: EvidenceLookup<ImageFacts>, _ request: VerificationRequest, release: ReleaseManifest?
    ) async -> Set<Digest> {
        guard let facts = image.value else { return [] }
        let source: (any ContentSource)? =
            if case .lookup(let source, _, _) = request.image {
                source
            } else if let release {
                try? await opener.source(.registry(release.image.repoURL))
            } else {
                nil
            }
        return (try? await source?.platforms(of: facts.digest)) ?? []
    }

    /// The chain of a release, and the results of its checks.
    private struct Examination: Sendable {
        let chain: ChainVerification
        let checks: [CheckResult]
    }

    /// Makes the checks of the chain. They do not need the evidence.
    private func examine(_ reading: ReleaseReading, _ request: VerificationRequest) async throws -> Examination {
        let reading = try await reading.readingWitness(request, opener: opener)
        // Hashing and linting a large package would block other tasks.
        func examine(_ platforms: Set<Digest>, _ results: [CheckResult] = []) async throws -> Examination {
            try await awaitBlocking {
                let chain = ChainVerification(
                    request: request, capsule: reading.capsule, image: reading.image, platforms: platforms)
                return Examination(chain: chain, checks: try chain.checks(made: results))
            }
        }
        let examination = try await examine([], reading.results)
        // The index of the image is read only when a document names another manifest than the image's own.
        let documents = [CheckID.metadataSBOM, .metadataProvenance].map(\.rawValue)
        guard examination.checks.contains(where: { documents.contains($0.id) && $0.status == .fail }) else {
            return examination
        }
        let platforms = await platforms(of: reading.image, request, release: reading.capsule.release.value)
        return platforms.isEmpty ? examination : try await examine(platforms)
    }

    /// Adds the requirements of evidence to the checks of the chain.
    private func verdict(
        on examination: Examination, _ evidence: ReleaseEvidence?, _ request: VerificationRequest
    ) async -> Verdict {
        let (chain, capsule) = (examination.chain, examination.chain.capsule)
        // Signatures take processor time.
        let required = await awaitBlocking {
            request.evidence.map { requirements in
                evidence?.checks(requirements, now: now())
                    ?? requirements.checkIDs.map {
                        CheckResult(id: $0, status: .skipped, reason: "the capsule was not found")
                    }
            }
        }
        let report = VerificationReport(
            form: capsule.form, witness: capsule.witness.value?.reference,
            capsule: .init(
                reference: request.capsule.description, tag: capsule.tag, digest: capsule.descriptor.value?.digest),
            image: chain.imageSubject, release: capsule.release.value, checks: examination.checks + (required ?? []),
            evidence: request.evidence?.checkIDs ?? [])
        guard report.ok, let verified = chain.verified(evidence) else { return .rejected(report) }
        return .verified(verified, report)
    }
}

extension ChainVerification {
    var imageSubject: VerificationReport.Subject? {
        let facts = image.value
        let named = release.map { "\($0.image.repoURL):\($0.image.tag)" }
        guard let reference = facts?.reference ?? named else { return nil }
        return .init(reference: reference, tag: imageTag, digest: facts?.digest)
    }

    /// The verified capsule. Call this only when the report is `ok`; nil when an input is missing nevertheless.
    func verified(_ evidence: ReleaseEvidence?) -> VerifiedCapsule? {
        guard let release, let package, let layer = capsule.layer.value, let contents = capsule.contents.value,
            let tag = capsule.tag,
            let digest = capsule.descriptor.value?.digest, let imageDigest = image.value?.digest
        else { return nil }
        return VerifiedCapsule(
            release: release, witness: capsule.witness.value?.reference,
            freight: Freight(
                image: .init(repoURL: release.image.repoURL, tag: release.image.tag, digest: imageDigest),
                capsule: .init(repoURL: capsule.store.description, tag: tag, digest: digest)),
            committed: annotations[CapsuleFormat.Annotation.created].flatMap { CapsuleFormat.seconds($0) },
            annotations: annotations, package: package, contents: contents, layer: layer,
            evidence: evidence)
    }
}
