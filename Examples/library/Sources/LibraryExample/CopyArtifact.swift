public import OCI
internal import Support

/// Copies an artifact, with its signatures and attestations, and returns its digest.
///
/// Each byte is verified before it is stored under its digest. A tag at the destination that names another digest is not
/// replaced.
public func copyArtifact(
    from source: ArtifactReference, to destination: ArtifactReference, opener: any ContentOpener
) async throws -> Digest {
    // snippet: copy
    let content = try await opener.source(source.store)
    guard let root = try await content.resolve(source) else {
        throw OCIError(.notFound, "\(source) does not exist")
    }
    let store = try await opener.store(destination.store)
    let report = try await copy(root, from: content, to: store, tag: destination.tag ?? source.tag)
    print("\(report.copied) copied, \(report.present) present, \(report.attached.count) attached")
    // snippet end
    return report.digest
}
