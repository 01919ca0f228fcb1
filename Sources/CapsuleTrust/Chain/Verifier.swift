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
        try await verify(request, complete(request, ReleaseReading.read(request, opener: opener)))
    }

    private func complete(_ request: VerificationRequest, _ reading: ReleaseReading) async throws -> ReleaseReading {
        try await reading.readingWitness(request, opener: opener)
    }

    /// Reads what ``verify(_:)`` reads, except for the evidence and the witness of a pair, and judges nothing.
    ///
    /// - Throws: the errors of ``verify(_:)``.
    package func read(_ request: VerificationRequest) async throws -> ReleaseReading {
        var request = request
        (request.evidence, request.readsEvidence) = (nil, false)
        return try await .read(request, opener: opener)
    }

    /// Verifies a capsule that has been read; its evidence is read now.
    ///
    /// - Throws: the errors of ``verify(_:)``.
    package func verify(_ request: VerificationRequest, reading: ReleaseReading) async throws -> Verdict {
        try await verify(request, complete(request, reading.readingEvidence(request)))
    }

    /// Verifies a capsule and unpacks it in the same pass into a directory that must not exist yet. The directory gets its
    /// name only after every check has passed; in every other case, nothing is left.
    ///
    /// - Throws: the errors of `verify(_:)`, and `ArchiveError` with `.exists`, `.invalidPath` or `.io`.
    package func unpack(_ request: VerificationRequest, to directory: String) async throws -> UnpackVerdict {
        try await StagedTree.with(directory) { staged in
            let reading = try await ReleaseReading.read(request, opener: opener, into: staged)
            switch try await verify(request, complete(request, reading)) {
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

    private func verify(_ request: VerificationRequest, _ reading: ReleaseReading) async throws -> Verdict {
        let (capsule, image) = (reading.capsule, reading.image)
        // Hashing and linting a large package would block other tasks.
        func examine(_ platforms: Set<Digest>) async throws -> (ChainVerification, [CheckResult]) {
            try await awaitBlocking {
                let examination = ChainVerification(
                    request: request, capsule: capsule, image: image, platforms: platforms)
                return (examination, try examination.checks(now: now()))
            }
        }
        var (examination, checks) = try await examine([])
        // The index of the image is read only when a document names another manifest than the image's own.
        let documents = [CheckID.metadataSBOM, .metadataProvenance].map(\.rawValue)
        if checks.contains(where: { documents.contains($0.id) && $0.status == .fail }) {
            let platforms = await platforms(of: image, request, release: capsule.release.value)
            if !platforms.isEmpty { (examination, checks) = try await examine(platforms) }
        }
        let report = VerificationReport(
            form: capsule.form, witness: capsule.witness.value?.reference,
            capsule: .init(
                reference: request.capsule.description, tag: capsule.tag, digest: capsule.descriptor.value?.digest),
            image: examination.imageSubject, release: capsule.release.value, checks: checks,
            evidence: request.evidence?.checkIDs ?? [])
        guard report.ok, let verified = examination.verified() else { return .rejected(report) }
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
    func verified() -> VerifiedCapsule? {
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
            evidence: capsule.evidence.value)
    }
}
