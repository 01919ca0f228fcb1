internal import FoundationEssentials
internal import HTTPMessages
package import OCI
internal import Support

extension RegistryRepository {
    /// The manifests whose subject is `digest`, sorted by digest.
    ///
    /// Reads the referrers API and the fallback tag: copies from registries without the API bring the tag to others. Each
    /// manifest that the tag lists is checked, because everyone with push access can write the list. A response that does not
    /// mean that the registry lacks the API is an error: evidence that cannot be read is not missing evidence.
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
        async let tagged = fallbackList(of: digest)
        let listed = try await referrersByAPI(of: digest) ?? []
        let known = Set(listed.map(\.digest))
        let others = try await tagged.filter { !known.contains($0) }
        try checkCount(known.count + others.count, of: digest)
        let checked = try await checkedReferrers(others, of: digest)
        return (listed.map { Referrer($0) } + checked).sorted { $0.descriptor.digest < $1.descriptor.digest }
    }

    /// The digests of the manifests that the fallback tag lists; none when it does not exist or names something else.
    func fallbackList(of digest: Digest) async throws -> [Digest] {
        // GitLab answers a tag that looks like a digest with the manifest that has the digest, which is not a list.
        guard let manifest = try await fetchManifest(Self.fallbackTag(digest), expected: nil),
            MediaType.isIndex(manifest.descriptor.mediaType)
        else { return [] }
        let listed = try manifest.imageIndex().manifests
        try checkCount(listed.count, of: digest)
        return Set(listed.filter { MediaType.isManifest($0.mediaType) }.map(\.digest)).sorted()
    }

    private func checkedReferrers(_ digests: [Digest], of digest: Digest) async throws -> [Referrer] {
        let found = try await concurrently(digests, width: Self.width) { listed -> Referrer? in
            guard let manifest = try await listedManifest(listed),
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

    /// The statuses with which registries respond that do not have the referrers API.
    private static let withoutAPI = [400, 404, 405, 406, 501]

    /// The list of the referrers API; nil when the registry does not have the API.
    func referrersByAPI(of digest: Digest) async throws -> [Descriptor]? {
        let doing = "listing the referrers of \(digest) in \(repository)"
        var found: [Digest: Descriptor] = [:]
        var isMissing = false
        try await forEachPage(endpoint.address("referrers/\(digest)"), doing: doing) { response in
            let isFirst = found.isEmpty
            if isFirst, Self.withoutAPI.contains(response.status) {
                await response.drain()
                isMissing = true
                return false
            }
            guard response.status == 200 else { throw await endpoint.failure(response, doing: doing) }
            guard response.mediaType == MediaType.imageIndex else {
                // A proxy or a web page that answers 200 to every path.
                await response.drain()
                guard isFirst else {
                    throw OCIError(.protocolViolation, "\(doing): the response is not an image index")
                }
                isMissing = true
                return false
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
