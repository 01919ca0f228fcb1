internal import HTTPMessages
package import OCI

extension RegistryRepository: RegistryDescribing {
    /// The login that is used when the registry requires one.
    package func login() async throws -> String? {
        try await endpoint.authenticator.login(for: repository)?.description
    }

    /// Reads the list of tags, and the referrers of one of them. An empty list of referrers
    /// shows that the registry has the API, too. The request is about a manifest that exists, if there is one.
    package func traits() async throws -> RegistryTraits {
        let tags: [Tag]
        do {
            tags = try await self.tags()
        } catch let error as OCIError where error.code == .notFound {
            return RegistryTraits(referrers: .unknown, evidence: [])
        }
        let names = tags.map(\.description)
        var forms: Set<String> = []
        for suffix in [".sig", ".att"] where names.contains(where: { $0.hasPrefix("sha256-") && $0.hasSuffix(suffix) })
        {
            forms.insert(suffix)
        }
        var subject: Digest?
        if let tag = tags.last(where: { !$0.description.hasPrefix("sha256-") }) {
            subject = try await resolve(tag)?.digest
        }
        let probed = try subject ?? Digest("sha256:\(String(repeating: "0", count: 64))")
        let listed = try await referrersByAPI(of: probed)
        if let subject {
            for descriptor in try await referrers(of: subject) {
                forms.insert(descriptor.artifactType ?? descriptor.mediaType)
            }
        }
        return RegistryTraits(referrers: listed == nil ? .fallbackTag : .api, evidence: forms.sorted())
    }

    /// Removes a manifest with its tags, if the registry allows that.
    package func remove(_ digest: Digest) async {
        let request = TransportRequest(.DELETE, endpoint.address("manifests/\(digest)"))
        let response = try? await endpoint.exchange(
            request, scope: .delete(endpoint.name), doing: "removing \(digest) from \(repository)")
        await response?.drain()
    }
}
