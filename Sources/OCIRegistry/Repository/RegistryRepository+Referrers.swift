internal import FoundationEssentials
internal import HTTPMessages
package import OCI
internal import Support

extension RegistryRepository {
    /// The manifests whose subject is `digest`, sorted by digest.
    ///
    /// Uses the referrers API. On a registry without it (404), reads the fallback tag and checks each manifest that it lists,
    /// because everyone with push access can write the list. Any other response is an error: evidence that cannot be read is
    /// not missing evidence.
    /// [Listing referrers](https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-referrers)
    package func referrers(of digest: Digest) async throws -> [Descriptor] {
        try await listReferrers(of: digest).map(\.descriptor)
    }

    /// The number of manifests of a fallback list that are read concurrently.
    private static let width = 8
    /// Manifests up to this size are returned with a list. Those of signatures have some hundred bytes; 5,000 of this size are
    /// 80 MiB.
    private static let kept = 16 << 10

    /// Like `referrers(of:)`, but also returns the manifests that were fetched to build the list.
    package func listReferrers(of digest: Digest) async throws -> [Referrer] {
        if let listed = try await referrersByAPI(of: digest) { return listed.map { Referrer($0) } }
        guard let index = try await fetchManifest(Self.fallbackTag(digest), expected: nil) else { return [] }
        let listed = try index.imageIndex().manifests
        try checkCount(listed.count, of: digest)
        let digests = Set(listed.filter { MediaType.isManifest($0.mediaType) }.map(\.digest)).sorted()
        let found = try await concurrently(digests, width: Self.width) { listed -> Referrer? in
            guard let manifest = try await fetchManifest(listed.description, expected: listed),
                try manifest.subject()?.digest == digest
            else { return nil }
            return Referrer(
                try manifest.referrerDescriptor(), manifest: manifest.bytes.count <= Self.kept ? manifest : nil)
        }
        return found.compactMap { $0 }
    }

    /// The tag of the list of referrers on registries without the referrers API: `sha256-<hex>`.
    static func fallbackTag(_ digest: Digest) -> String {
        // The specification truncates the algorithm to 32 characters and the hash to 64.
        "\(digest.algorithm.rawValue.prefix(32))-\(digest.hex.prefix(64))"
    }

    /// The list of the referrers API; nil when the registry does not have the API.
    func referrersByAPI(of digest: Digest) async throws -> [Descriptor]? {
        let doing = "listing the referrers of \(digest) in \(repository)"
        var found: [Digest: Descriptor] = [:]
        var isMissing = false
        try await forEachPage(endpoint.address("referrers/\(digest)"), doing: doing) { response in
            if response.status == 404 {
                await response.drain()
                isMissing = true
                return false
            }
            guard response.status == 200 else { throw await endpoint.failure(response, doing: doing) }
            guard response.mediaType == MediaType.imageIndex else {
                throw OCIError(.protocolViolation, "\(doing): the response is not an image index")
            }
            let body = try await response.collect(upTo: configuration.limits.pageSize)
            guard let page = try? JSONDecoder().decode(ImageIndex.self, from: Data(body)) else {
                throw OCIError(.protocolViolation, "\(doing): the response is not an image index")
            }
            for descriptor in page.manifests { found[descriptor.digest] = descriptor }
            try checkCount(found.count, of: digest)
            return true
        }
        return isMissing ? nil : found.values.sorted { $0.digest < $1.digest }
    }

    private func checkCount(_ count: Int, of digest: Digest) throws {
        let limit = configuration.limits.referrers
        guard count <= limit else {
            throw OCIError(
                .tooLarge, "more than \(limit) manifests refer to \(digest) in \(repository), the limit for referrers")
        }
    }
}
