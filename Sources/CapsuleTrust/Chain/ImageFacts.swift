internal import CapsuleCore
internal import OCI

/// The application image as it was found outside the capsule.
struct ImageFacts: Sendable {
    /// The origin of the digest.
    enum Origin: Sendable {
        /// The digest was looked up in this store.
        case seen(StoreReference)
        /// The request asserted it.
        case asserted
    }

    let origin: Origin
    /// The tag that was resolved; nil for an assertion, and for a digest that was found without its tag.
    let tag: Tag?
    /// The digest.
    let digest: Digest
    /// The digest that the request expects.
    let expected: Digest?

    /// The reference that was resolved, for the report; nil for an assertion.
    var reference: String? {
        if case .seen(let store) = origin { "\(store)" + (tag.map { ":\($0)" } ?? "") } else { nil }
    }

    /// Finds an image that the request names by tag or digest; nil when it depends on the content of the capsule.
    ///
    /// - Throws: errors that allow no verdict.
    static func named(_ request: VerificationRequest) async throws -> EvidenceLookup<ImageFacts>? {
        switch request.image {
        case .lookup(let source, let tag?, let expected):
            _ = try expected?.naming("an image")
            return try await lookUp(source, tag: tag, releaseTag: nil, expected: expected)
        case .lookup, .asserted, nil: return nil
        }
    }

    /// Finds the image that belongs to a capsule.
    ///
    /// - Throws: errors that allow no verdict.
    static func gather(
        _ request: VerificationRequest, release: ReleaseManifest?, opener: any ContentOpener
    ) async throws -> EvidenceLookup<ImageFacts> {
        switch request.image {
        case .asserted(let digest):
            _ = try digest.naming("an image")
            return .value(ImageFacts(origin: .asserted, tag: nil, digest: digest, expected: digest))
        case .lookup(let source, let tag, let expected):
            _ = try expected?.naming("an image")
            return try await lookUp(source, tag: tag, releaseTag: release?.image.tag, expected: expected)
        case nil:
            guard let release else {
                return .notAttempted("release.yaml could not be read, so there is no image to look up")
            }
            let source = try await opener.source(.registry(release.image.repoURL))
            return try await lookUp(source, tag: nil, releaseTag: release.image.tag, expected: nil)
        }
    }

    private static func lookUp(
        _ source: any ContentSource, tag: Tag?, releaseTag: Tag?, expected: Digest?
    ) async throws -> EvidenceLookup<ImageFacts> {
        let store = source.reference
        if let name = tag ?? releaseTag {
            let found = try await capturingRejection { try await source.resolve(name) }
            switch found {
            case .value(let descriptor?):
                return .value(
                    ImageFacts(origin: .seen(store), tag: name, digest: descriptor.digest, expected: expected))
            case .rejected(let rejection): return .rejected(rejection)
            case .value(nil), .notAttempted:
                // A mirror may hold an image by its digest alone, and the request names the digest.
                guard tag == nil, expected != nil else {
                    return .rejected(
                        RejectionReason(
                            "there is no tag \(name) in \(store)",
                            remedy: "push the image of this release there, or give its reference with --image"))
                }
            }
        }
        guard let expected else {
            return .notAttempted("release.yaml could not be read, so there is no image tag to look up")
        }
        let found = try await capturingRejection { try await source.resolve(expected) }
        switch found {
        case .value(let descriptor?):
            return .value(
                ImageFacts(origin: .seen(store), tag: nil, digest: descriptor.digest, expected: expected))
        case .rejected(let rejection): return .rejected(rejection)
        case .value(nil), .notAttempted:
            return .rejected(
                RejectionReason(
                    "\(expected) is not in \(store)",
                    remedy: "push the image of this release there, or give its reference with --image"))
        }
    }
}
