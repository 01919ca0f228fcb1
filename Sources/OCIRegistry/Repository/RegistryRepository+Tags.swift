internal import FoundationEssentials
internal import HTTPMessages
internal import Logging
package import OCI
internal import Support

extension RegistryRepository {
    /// Every tag, sorted.
    ///
    /// - Throws: `OCIError.Code.notFound` when the repository does not exist.
    package func tags() async throws -> [Tag] {
        struct Page: Decodable { var tags: [String]? }
        let doing = "listing the tags of \(repository)"
        var tags: Set<Tag> = []
        let limit = configuration.limits.tags
        func read(_ response: TransportResponse) async throws -> Bool {
            guard response.status == 200 else { throw await endpoint.failure(response, doing: doing) }
            let body = try await response.collect(upTo: configuration.limits.tagPageSize)
            guard let page = try? JSONDecoder().decode(Page.self, from: Data(body)) else {
                throw OCIError(.protocolViolation, "\(doing): the response is not a list of tags")
            }
            for text in page.tags ?? [] {
                // Artifactory lists digests among the tags.
                guard let tag = try? Tag(text) else {
                    configuration.logger.info(
                        "ignored \(quoted(text)) in the list of tags: it is not a tag",
                        metadata: endpoint.logMetadata)
                    continue
                }
                tags.insert(tag)
            }
            guard tags.count <= limit else {
                throw OCIError(.tooLarge, "\(doing): it has more than \(limit) tags; delete some")
            }
            return true
        }
        let list = endpoint.address("tags/list")
        var isRefused = false
        try await forEachPage(list.adding("n", "1000"), doing: doing) { response in
            if tags.isEmpty, Self.mayRefusePageSize(response.status) {
                await response.drain()
                isRefused = true
                return false
            }
            return try await read(response)
        }
        if isRefused { try await forEachPage(list, doing: doing, read) }
        return tags.sorted()
    }

    /// The manifest that `tag` names now, which a list remembers for itself: the cache would hold it twice.
    package func manifest(_ tag: Tag, unless known: Digest?) async throws -> TaggedManifest {
        if let known {
            switch try await lookUp(tag.description, expected: nil, unless: known) {
            case .unchanged: return .unchanged
            case .missing: return .missing
            case .names: break
            }
        }
        return try await fetchManifest(tag.description, expected: nil).map(TaggedManifest.manifest) ?? .missing
    }

    /// The manifests that the last list of this repository found, from the cache.
    package func remembered() async -> [RememberedManifest] {
        configuration.cache?.list(of: "\(repository)").map(RememberedManifest.decode) ?? []
    }

    /// Keeps the manifests of a list in the cache.
    package func remember(_ manifests: [RememberedManifest]) async {
        configuration.cache?.note(list: RememberedManifest.encode(manifests), of: "\(repository)")
    }

    /// True for a status by which a registry may refuse the size of a page. Quay, for one, limits it.
    private static func mayRefusePageSize(_ status: Int) -> Bool {
        (400..<500).contains(status) && ![401, 403, 404].contains(status) && !RegistryEndpoint.isTransient(status)
    }

    /// Reads the pages of a list by their `Link` headers, until the last one or until `body` returns false.
    ///
    /// A link must lead to the same host, and only its query is used: behind proxies, registries name schemes and paths that do
    /// not exist for their clients. So no link leads to another list.
    func forEachPage(
        _ first: WebAddress, doing: String, _ body: (TransportResponse) async throws -> Bool
    ) async throws {
        var address = first
        var seen: Set<WebAddress> = []
        while true {
            seen.insert(address)
            guard seen.count <= configuration.limits.pages else {
                throw OCIError(
                    .tooLarge, "\(doing): the list has more than \(configuration.limits.pages) pages")
            }
            let next = try await readPage(address, doing: doing, body)
            guard let next else { return }
            let target: WebAddress
            do { target = try address.resolving(next) } catch {
                throw OCIError(.protocolViolation, "\(doing): the link to the next page is rejected: \(error)")
            }
            guard target.origin.host == first.origin.host, target.query?.isEmpty == false else {
                throw OCIError(
                    .protocolViolation,
                    "\(doing): the link to the next page leads to another list, \(target); it is rejected")
            }
            let page = first.replacingQuery(by: target)
            guard !seen.contains(page) else {
                throw OCIError(.protocolViolation, "\(doing): the link to the next page leads back to one already read")
            }
            address = page
        }
    }

    /// Reads one page, again when the connection breaks. Returns the link to the next.
    private func readPage(
        _ address: WebAddress, doing: String, _ body: (TransportResponse) async throws -> Bool
    ) async throws -> String? {
        var budget = RetryBudget(configuration, metadata: endpoint.logMetadata)
        while true {
            let response = try await endpoint.exchange(TransportRequest(.GET, address), scope: pullScope, doing: doing)
            do {
                guard try await body(response) else { return nil }
                return LinkHeader.next(response.headers["Link"])
            } catch let failure as TransportFailure {
                try await budget.pause(failure.error(doing), failure.isTransient)
            }
        }
    }
}
