internal import HTTPMessages
internal import OCI
internal import Support

extension RegistryRepository {
    /// Uploads a blob unless the repository has it.
    func storeBlob(_ descriptor: Descriptor, from source: any ContentSource) async throws {
        if try await contains(descriptor) { return }
        let upload = BlobUpload(descriptor: descriptor, source: source, endpoint: endpoint)
        if case .registry(let other) = source.reference, other != repository,
            RegistryName.apiHost(other.registry) == RegistryName.apiHost(repository.registry)
        {
            switch try await upload.mount(from: other) {
            case .stored: return
            case .session(let address): return try await upload.run(session: address)
            }
        }
        try await upload.run(session: nil)
    }
}

/// The upload of one blob.
struct BlobUpload: Sendable {
    let descriptor: Descriptor
    let source: any ContentSource
    let endpoint: RegistryEndpoint

    /// The response to the start of an upload.
    enum Start {
        /// The registry has the blob.
        case stored
        /// The address to send the blob to.
        case session(WebAddress)
    }

    var configuration: RegistryConfiguration { endpoint.configuration }
    var doing: String { "storing \(descriptor.digest) in \(endpoint.repository)" }
    var scope: TokenScope { .push(endpoint.name) }

    /// Mounts the blob from another repository of the registry. A registry that cannot mount it opens an upload session.
    /// [Mounting a blob from another repository](https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#mounting-a-blob-from-another-repository)
    func mount(from other: Repository) async throws -> Start {
        let name = RegistryName.apiName(other)
        let address = endpoint.address("blobs/uploads/").adding("mount", descriptor.digest.description)
            .adding("from", name)
        do {
            return try await start(address, scope: scope.union(.pull(name)))
        } catch let error as OCIError where error.code == .unauthorized {
            // The credential cannot read the other repository: upload the blob.
            return try await start(endpoint.address("blobs/uploads/"), scope: scope)
        }
    }

    /// Uploads the blob in one request or in chunks, by its size.
    func run(session: WebAddress?) async throws {
        if descriptor.size <= configuration.uploads.monolithicLimit {
            try await sendWhole(session: session)
        } else {
            try await sendChunks(session: session)
        }
    }

    /// Opens an upload session. An unused session costs the registry nothing, so this is safe to repeat.
    func start(_ address: WebAddress? = nil, scope: TokenScope? = nil) async throws -> Start {
        let response = try await endpoint.exchange(
            TransportRequest(.POST, address ?? endpoint.address("blobs/uploads/")), scope: scope ?? self.scope,
            doing: doing)
        switch response.status {
        case 201:
            await response.drain()
            return .stored
        case 202:
            await response.drain()
            return .session(try location(response))
        default:
            throw await endpoint.failure(response, doing: doing)
        }
    }

    /// Sends the blob in one PUT. After a failure, checks for the blob before sending it again.
    private func sendWhole(session: WebAddress?) async throws {
        var budget = RetryBudget(configuration, metadata: endpoint.logMetadata)
        var session = session
        while true {
            let address: WebAddress
            if let session {
                address = session
            } else {
                guard case .session(let fresh) = try await start() else { return }
                address = fresh
            }
            session = nil
            do {
                let response = try await withChannel(from: 0) { channel in
                    try await send(
                        TransportRequest(
                            .PUT, address.adding("digest", descriptor.digest.description),
                            headers: ["Content-Type": "application/octet-stream"],
                            body: .stream(channel, length: descriptor.size)))
                }
                switch response.status {
                case 201, 204:
                    return await response.drain()
                case 401, 404, 416:
                    // The token or the session expired; both are renewed.
                    let error = await endpoint.failure(response, doing: doing)
                    try await budget.pause(error, true)
                case let status where RegistryEndpoint.isTransient(status):
                    try await endpoint.pause(&budget, response, doing: doing)
                default:
                    throw await endpoint.failure(response, doing: doing)
                }
            } catch let failure as TransportFailure {
                try await budget.pause(failure.error(doing), failure.isTransient)
            }
            if try await isStored() { return }
        }
    }

    /// Sends a request of this upload. Other hosts than the registry's receive no credentials.
    func send(_ request: TransportRequest) async throws -> TransportResponse {
        try await endpoint.send(request, scope: scope, doing: doing)
    }

    func isStored() async throws -> Bool {
        try await RegistryRepository(endpoint: endpoint, fallbackLocks: KeyedLock()).contains(descriptor)
    }

    /// Returns the address for the next request of this upload: on the registry's own origin, or one that the
    /// configuration allows.
    func location(_ response: TransportResponse) throws -> WebAddress {
        guard let text = response.headers.first(name: "Location") else {
            throw OCIError(.protocolViolation, "\(doing): the response has no Location for the upload")
        }
        let address: WebAddress
        do { address = try response.address.resolving(text) } catch {
            throw OCIError(.protocolViolation, "\(doing): the Location for the upload is rejected: \(error)")
        }
        let allowed = configuration.uploadHosts
        guard
            address.origin == endpoint.base
                || (address.origin.scheme == .https || configuration.plainHTTP.allows(address.origin))
                    && (allowed.contains(address.origin.authority) || allowed.contains(address.origin.host))
        else {
            if address.origin.host == endpoint.base.host, endpoint.base.scheme == .https, address.origin.scheme == .http
            {
                throw OCIError(
                    .protocolViolation,
                    "\(doing): \(endpoint.base) answers with the address \(address.origin), without TLS, which is rejected. The "
                        + "proxy in front of the registry must set X-Forwarded-Proto: https")
            }
            throw OCIError(
                .protocolViolation,
                "\(doing): \(endpoint.base) directs the upload to another server, \(address.origin), which is rejected. "
                    + "If that is intended, allow that host for uploads")
        }
        return address
    }

    /// Reads the source from an offset into a channel while `body` sends from it.
    func withChannel<Result: Sendable>(
        from offset: Int64, _ body: @Sendable (ByteChannel) async throws -> Result
    ) async throws -> Result {
        try await source.withContent(of: descriptor, from: offset) { stream in
            let channel = ByteChannel()
            return try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    do {
                        for try await chunk in stream {
                            guard await channel.send(chunk) else { return }
                        }
                        channel.finish()
                    } catch {
                        channel.fail(error)
                    }
                }
                defer {
                    channel.close()
                    group.cancelAll()
                }
                do {
                    return try await body(channel)
                } catch {
                    throw channel.failure ?? error
                }
            }
        }
    }
}
