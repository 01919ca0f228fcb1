internal import Archive
internal import CapsuleCore
internal import OCI
internal import Support

/// What a verification reads of a release before it judges: the capsule, and the digest of the image. It can be read while
/// the requirements are still being found; the checks are the same.
package struct ReleaseReading: Sendable {
    let capsule: CapsuleEvidence
    let image: EvidenceLookup<ImageFacts>
    /// The results of checks that were made already, those for a request that expects nothing of the image and the package.
    private(set) var results: [CheckResult] = []

    /// Reads a release. An image that does not depend on the content of the capsule is looked up at the same time, and
    /// `body` gets the release while its evidence is still read.
    ///
    /// - Parameter staged: receives the files of the layer as they are read.
    /// - Returns: the result of `body`, and the evidence, which is nil when the capsule was not found.
    /// - Throws: errors that allow no verdict.
    static func with<Result>(
        _ request: VerificationRequest, opener: any ContentOpener, into staged: StagedTree? = nil,
        isolation: isolated (any Actor)? = #isolation, _ body: (ReleaseReading) async throws -> Result
    ) async throws -> (result: Result, evidence: ReleaseEvidence?) {
        async let named = ImageFacts.named(request)
        let found = try await CapsuleEvidence.find(request)
        async let attached = found.attached(request)
        let capsule = try await found.readingContent(request, into: staged)
        try Task.checkCancellation()
        let image =
            if let image = try await named {
                image
            } else {
                try await ImageFacts.gather(request, release: capsule.release.value, opener: opener)
            }
        let result = try await body(ReleaseReading(capsule: capsule, image: image))
        return (result, capsule.describing(try await attached))
    }

    /// Returns this reading with the results of the checks that depend on no requirement, which are made now. Those of a pair
    /// need its witness.
    func examined(_ request: VerificationRequest) async throws -> ReleaseReading {
        guard capsule.form == .capsule else { return self }
        var reading = self
        reading.results = try await awaitBlocking {
            try ChainVerification(request: request, capsule: capsule, image: image).results()
        }
        return reading
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
