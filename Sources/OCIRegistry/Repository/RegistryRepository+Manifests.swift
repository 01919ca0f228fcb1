internal import HTTPMessages
package import OCI
internal import Support

extension TransportResponse {
    /// The Content-Type without its parameters.
    var mediaType: String? {
        headers.first(name: "Content-Type").map { value in
            String(value.prefix { $0 != ";" }).trimmingSpaces().lowercased()
        }
    }
}

extension RegistryRepository {
    static let acceptManifests: HTTPHeaders = ["Accept": MediaType.manifests.joined(separator: ", ")]

    /// The descriptor that `tag` points to; nil when there is no such tag.
    package func resolve(_ tag: Tag) async throws -> Descriptor? {
        try await resolve(reference: tag.description, expected: nil)
    }

    /// The descriptor of the manifest with this digest; nil when the repository does not have it.
    package func resolve(_ digest: Digest) async throws -> Descriptor? {
        try await resolve(reference: digest.description, expected: digest)
    }

    private func resolve(reference: String, expected: Digest?) async throws -> Descriptor? {
        guard case .names(let descriptor) = try await lookUp(reference, expected: expected) else { return nil }
        return descriptor
    }

    enum LookUp {
        case names(Descriptor)
        case unchanged
        case missing
    }

    /// Looks a reference up by HEAD.
    ///
    /// - Parameter known: the digest that it most likely names. A registry whose entity tags are digests, as those of
    ///   distribution are, then does not read the manifest; another one does not see a match, and answers in full.
    func lookUp(_ reference: String, expected: Digest?, unless known: Digest? = nil) async throws -> LookUp {
        let doing = "resolving \(reference) in \(repository)"
        var request = TransportRequest(
            .HEAD, endpoint.address("manifests/\(reference)"), headers: Self.acceptManifests)
        if let known { request.headers.add(name: "If-None-Match", value: "\"\(known)\"") }
        func found(_ descriptor: Descriptor) -> LookUp { descriptor.digest == known ? .unchanged : .names(descriptor) }
        let head = try await endpoint.exchange(request, scope: pullScope, doing: doing)
        switch head.status {
        case 200:
            await head.drain()
            if let descriptor = try descriptor(head, expected: expected, doing: doing) {
                endpoint.headLengths.record(descriptor)
                return found(descriptor)
            }
        case 304 where known != nil:
            await head.drain()
            return .unchanged
        case 404:
            await head.drain()
            return .missing
        case _ where endpoint.refusesHead(head):
            await head.drain()
        default:
            throw await endpoint.failure(head, doing: doing)
        }
        // The registry lacks a header or does not support HEAD: read the manifest instead.
        return try await fetchManifest(reference, expected: expected).map { found($0.descriptor) } ?? .missing
    }

    /// The descriptor from the headers of a HEAD response; nil when a header is missing.
    private func descriptor(_ head: TransportResponse, expected: Digest?, doing: String) throws -> Descriptor? {
        guard let mediaType = head.mediaType, let length = head.headers.first(name: "Content-Length"),
            let size = Int64(length), size > 0
        else { return nil }
        var digest = expected
        if let text = head.headers.first(name: "Docker-Content-Digest") {
            guard let said = try? Digest(text) else {
                throw OCIError(
                    .protocolViolation, "\(doing): the Docker-Content-Digest \(quoted(text)) is not a digest")
            }
            if let expected, expected.algorithm == said.algorithm, expected != said { throw otherDigest(said, doing) }
            digest = expected ?? said
        }
        guard let digest else { return nil }
        try checkManifestType(mediaType, doing: doing)
        try checkManifestSize(size, doing: doing)
        return Descriptor(mediaType: mediaType, digest: digest, size: size)
    }

    /// Reads a manifest by tag or digest; nil when there is none. The digest is always computed from the content.
    func fetchManifest(_ reference: String, expected: Digest?) async throws -> RawManifest? {
        let doing = "reading \(reference) from \(repository)"
        let request = TransportRequest(.GET, endpoint.address("manifests/\(reference)"), headers: Self.acceptManifests)
        var budget = RetryBudget(configuration, metadata: endpoint.logMetadata)
        while true {
            let response = try await endpoint.exchange(request, scope: pullScope, doing: doing)
            guard response.status != 404 else {
                await response.drain()
                return nil
            }
            guard response.status == 200 else { throw await endpoint.failure(response, doing: doing) }
            guard let mediaType = response.mediaType else {
                throw OCIError(.protocolViolation, "\(doing): the response has no Content-Type")
            }
            try checkManifestType(mediaType, doing: doing)
            let bytes: [UInt8]
            do {
                bytes = try await response.collect(upTo: Int(RawManifest.maximumSize))
            } catch let failure as TransportFailure {
                try await budget.pause(failure.error(doing), failure.isTransient)
                continue
            }
            let digest = Digest.of(bytes, expected?.algorithm ?? .sha256)
            if let expected, digest != expected { throw otherDigest(digest, doing) }
            if let text = response.headers.first(name: "Docker-Content-Digest"), let said = try? Digest(text),
                said.algorithm == digest.algorithm, said != digest
            {
                throw OCIError(
                    .contentMismatch,
                    "\(doing): the registry says \(said), but the content has the digest \(digest); it was altered")
            }
            return RawManifest(
                bytes: bytes, descriptor: Descriptor(mediaType: mediaType, digest: digest, size: Int64(bytes.count)))
        }
    }

    /// Reads a manifest whose length is known from a HEAD response: its digest decides, and not that length.
    func resolvedManifest(_ descriptor: Descriptor) async throws -> RawManifest {
        if let bytes = configuration.cache?.read(descriptor.digest, size: nil) {
            var descriptor = descriptor
            descriptor.size = Int64(bytes.count)
            return RawManifest(bytes: bytes, descriptor: descriptor)
        }
        guard let manifest = try await fetchManifest(descriptor.digest.description, expected: descriptor.digest) else {
            throw OCIError(
                .notFound, "reading \(descriptor.digest) from \(repository): it was there before; it was deleted")
        }
        guard manifest.descriptor.mediaType == descriptor.mediaType else {
            throw OCIError(
                .invalidManifest,
                "reading \(descriptor.digest) from \(repository): it is \(quoted(descriptor.mediaType)) but comes with the "
                    + "Content-Type \(quoted(manifest.descriptor.mediaType))")
        }
        configuration.cache?.write(manifest.bytes, manifest.descriptor.digest)
        return manifest
    }

    /// The manifest that `tag` points to; nil when there is no such tag.
    package func manifest(_ tag: Tag) async throws -> RawManifest? {
        guard let cache = configuration.cache else { return try await fetchManifest(tag.description, expected: nil) }
        let name = "\(repository):\(tag)"
        // A tag that was read before most likely names the same manifest, which need not be sent again.
        if cache.lastDigest(of: name) != nil {
            guard let descriptor = try await resolve(tag) else { return nil }
            cache.note(descriptor.digest, of: name)
            return try await manifest(descriptor)
        }
        guard let manifest = try await fetchManifest(tag.description, expected: nil) else { return nil }
        cache.write(manifest.bytes, manifest.descriptor.digest)
        cache.note(manifest.descriptor.digest, of: name)
        return manifest
    }

    /// The manifest with this digest, which the repository lists; nil when it does not have it. It is read from the cache if
    /// possible.
    func listedManifest(_ digest: Digest) async throws -> RawManifest? {
        if let bytes = configuration.cache?.read(digest, size: nil),
            let manifest = try? RawManifest(detecting: bytes, digest: digest)
        {
            return manifest
        }
        guard let manifest = try await fetchManifest(digest.description, expected: digest) else { return nil }
        configuration.cache?.write(manifest.bytes, digest)
        return manifest
    }

    /// Stores a manifest under its digest. Adds it to the list of its subject's referrers when the registry does not.
    func storeManifest(_ manifest: RawManifest) async throws {
        try await put(manifest, reference: manifest.descriptor.digest.description)
        guard let subject = try manifest.subject() else { return }
        // Some registries have the API, or say so by `OCI-Subject`, and list nothing: what counts is the list.
        guard try await !listedByAPI(subject.digest).contains(manifest.descriptor.digest) else { return }
        try await addToFallback([manifest], subject: subject.digest)
    }

    /// Stores manifests under their digests. Adds those to the list of their subject's referrers that neither the API nor the
    /// fallback tag lists, in one write of the tag.
    package func attach(
        _ manifests: [Descriptor], stored: [Descriptor], to subject: Digest, from source: any ContentSource
    ) async throws {
        var read: [RawManifest] = []
        for descriptor in manifests {
            let manifest = try await source.manifest(descriptor)
            try await put(manifest, reference: descriptor.digest.description)
            read.append(manifest)
        }
        let listed = try await listedByAPI(subject)
        read.removeAll { listed.contains($0.descriptor.digest) }
        let unlisted = stored.filter { !listed.contains($0.digest) }
        if !unlisted.isEmpty {
            let tagged = try await fallbackList(of: subject)
            for descriptor in unlisted where !tagged.contains(descriptor.digest) {
                read.append(try await source.manifest(descriptor))
            }
        }
        if !read.isEmpty { try await addToFallback(read, subject: subject) }
    }

    private func listedByAPI(_ subject: Digest) async throws -> Set<Digest> {
        Set((try await referrersByAPI(of: subject) ?? []).map(\.digest))
    }

    /// Points `tag` to a manifest of this repository.
    package func tag(_ descriptor: Descriptor, as tag: Tag) async throws {
        let manifest = try await manifest(descriptor)
        _ = try await put(manifest, reference: tag.description)
    }

    /// The number of responses `MANIFEST_BLOB_UNKNOWN` after which the content is missing for good.
    package static let blobWaits = 5

    /// PUTs a manifest. When a response is lost, checks for the manifest before sending it again.
    ///
    /// `MANIFEST_BLOB_UNKNOWN` is retried, because content is stored before the manifest that refers to it: docker-registry
    /// briefly hides a blob while another writer sends the same one.
    @discardableResult
    func put(_ manifest: RawManifest, reference: String) async throws -> HTTPHeaders {
        do {
            return try await send(manifest, reference: reference)
        } catch let error as OCIError
            where [.unauthorized, .refused, .unsupported, .protocolViolation].contains(error.code)
        {
            // A registry whose tags may not be changed refuses the second write of a tag, some with a status that otherwise
            // requires a login, and some also when the tag names the same content already.
            guard let tag = try? Tag(reference), let there = try? await resolve(tag) else { throw error }
            guard there.digest != manifest.descriptor.digest else { return [:] }
            throw OCIError(
                .tagExists,
                "\(repository):\(tag) is \(there.digest), and the registry does not let it be changed to "
                    + "\(manifest.descriptor.digest); \(error.message)", cause: error)
        }
    }

    private func send(_ manifest: RawManifest, reference: String) async throws -> HTTPHeaders {
        let doing = "storing the manifest \(reference) in \(repository)"
        let request = TransportRequest(
            .PUT, endpoint.address("manifests/\(reference)"),
            headers: ["Content-Type": manifest.descriptor.mediaType], body: .bytes(manifest.bytes))
        var budget = RetryBudget(configuration, metadata: endpoint.logMetadata)
        var waits = 0
        while true {
            do {
                let response = try await endpoint.send(request, scope: pushScope, doing: doing)
                if RegistryEndpoint.isTransient(response.status) {
                    try await endpoint.pause(&budget, response, doing: doing)
                } else {
                    guard [200, 201, 202].contains(response.status) else {
                        let refusal = await endpoint.refusal(response)
                        waits += 1
                        try await budget.pause(
                            endpoint.failure(response, refusal, doing: doing),
                            refusal.has(RegistryEndpoint.blobUnknown) && waits < Self.blobWaits)
                        continue
                    }
                    await response.drain()
                    if let text = response.headers.first(name: "Docker-Content-Digest"), let said = try? Digest(text),
                        said.algorithm == manifest.descriptor.digest.algorithm, said != manifest.descriptor.digest
                    {
                        throw otherDigest(said, doing)
                    }
                    return response.headers
                }
            } catch let failure as TransportFailure {
                try await budget.pause(failure.error(doing), failure.isTransient)
            }
            let digest = manifest.descriptor.digest
            if try await resolve(reference: reference, expected: nil)?.digest == digest { return [:] }
        }
    }

    private func otherDigest(_ digest: Digest, _ doing: String) -> OCIError {
        OCIError(.contentMismatch, "\(doing): the registry has other content there, \(digest); try again")
    }

    private func checkManifestType(_ mediaType: String, doing: String) throws {
        guard MediaType.isManifest(mediaType) else {
            throw OCIError(
                .invalidManifest, "\(doing): its type \(quoted(mediaType)) is neither a manifest nor an index")
        }
    }

    private func checkManifestSize(_ size: Int64, doing: String) throws {
        guard size <= RawManifest.maximumSize else {
            throw OCIError(
                .tooLarge,
                "\(doing): it has \(size) bytes, more than the limit for a manifest of \(RawManifest.maximumSize)")
        }
    }
}
