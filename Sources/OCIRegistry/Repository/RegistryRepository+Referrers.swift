internal import FoundationEssentials
internal import HTTPMessages
public import OCI
internal import Support

extension RegistryRepository {
    /// The manifests here whose subject is `digest`, sorted by digest.
    ///
    /// Asks the referrers API; where the registry has none (404), reads the fallback tag and looks at each manifest that it
    /// lists, because anyone who can push may have written the list. Any other answer is an error: evidence that cannot be
    /// read is not evidence that is missing.
    /// [Listing referrers](https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-referrers)
    public func referrers(of digest: Digest) async throws -> [Descriptor] {
        try await listReferrers(of: digest).map(\.descriptor)
    }

    /// How many manifests of a fallback list are read side by side.
    private static let width = 8
    /// Manifests up to this size are handed on with a list. Those of signatures have some hundred bytes; 5,000 of these
    /// are 80 MiB at the very most.
    private static let kept = 16 << 10

    /// The manifests here whose subject is `digest`, with those that had to be read to list them.
    public func listReferrers(of digest: Digest) async throws -> [Referrer] {
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

    /// The tag under which clients keep the list of referrers on registries that do not: `sha256-<hex>`.
    static func fallbackTag(_ digest: Digest) -> String {
        // The specification cuts the algorithm at 32 characters and the hash at 64.
        "\(digest.algorithm.rawValue.prefix(32))-\(digest.hex.prefix(64))"
    }

    /// What the referrers API lists; nil when the registry does not have it.
    func referrersByAPI(of digest: Digest) async throws -> [Descriptor]? {
        let doing = "listing what refers to \(digest) in \(repository)"
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
                throw OCIError(.protocolViolation, "\(doing): the answer is not an image index")
            }
            let body = try await response.collect(upTo: context.configuration.limits.pageSize)
            guard let page = try? JSONDecoder().decode(ImageIndex.self, from: Data(body)) else {
                throw OCIError(.protocolViolation, "\(doing): the answer is not an image index")
            }
            for descriptor in page.manifests { found[descriptor.digest] = descriptor }
            try checkCount(found.count, of: digest)
            return true
        }
        return isMissing ? nil : found.values.sorted { $0.digest < $1.digest }
    }

    private func checkCount(_ count: Int, of digest: Digest) throws {
        let limit = context.configuration.limits.referrers
        guard count <= limit else {
            throw OCIError(
                .tooLarge, "more than \(limit) manifests refer to \(digest) in \(repository); they were not read")
        }
    }
}
