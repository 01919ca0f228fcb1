internal import Archive
internal import CapsuleCore
internal import OCI

/// What a verification reads of a release before it judges: the capsule, and the digest of the image. It can be read while
/// the requirements are still being found; the checks are the same.
package struct ReleaseReading: Sendable {
    let capsule: CapsuleEvidence
    let image: EvidenceLookup<ImageFacts>

    /// Reads a release. An image that does not depend on the content of the capsule is looked up at the same time.
    ///
    /// - Parameter staged: receives the files of the layer as they are read.
    /// - Throws: errors that allow no verdict.
    static func read(
        _ request: VerificationRequest, opener: any ContentOpener, into staged: StagedTree? = nil
    ) async throws -> ReleaseReading {
        async let named = ImageFacts.named(request)
        let capsule = try await CapsuleEvidence.gather(request, into: staged)
        try Task.checkCancellation()
        if let image = try await named { return ReleaseReading(capsule: capsule, image: image) }
        return ReleaseReading(
            capsule: capsule,
            image: try await ImageFacts.gather(request, release: capsule.release.value, opener: opener))
    }

    /// Returns this reading with the evidence that a request needs, which is read now.
    func readingEvidence(_ request: VerificationRequest) async throws -> ReleaseReading {
        ReleaseReading(capsule: try await capsule.readingEvidence(request), image: image)
    }

    /// Returns this reading with the witness of a pair, and the image that the witness names, which are read now.
    func readingWitness(_ request: VerificationRequest, opener: any ContentOpener) async throws -> ReleaseReading {
        guard capsule.form == .pair else { return self }
        let capsule = try await capsule.readingWitness(request)
        if case .notAttempted = image {
            return ReleaseReading(
                capsule: capsule,
                image: try await ImageFacts.gather(request, release: capsule.release.value, opener: opener))
        }
        return ReleaseReading(capsule: capsule, image: image)
    }
}
