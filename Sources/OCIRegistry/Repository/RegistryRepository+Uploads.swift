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
            case .session(let session): return try await upload.run(session)
            }
        }
        try await upload.run(nil)
    }
}

/// An upload session of a registry.
struct UploadSession: Sendable {
    /// The address of the next request.
    var address: WebAddress
    /// The minimum size of a piece that is not the last one, by `OCI-Chunk-Min-Length`; 0 without a limit.
    var minimumPiece: Int64 = 0
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
        /// The session to send the blob in.
        case session(UploadSession)
    }

    var configuration: RegistryConfiguration { endpoint.configuration }
    var doing: String { "storing \(descriptor.digest) in \(endpoint.repository)" }
    var scope: TokenScope { .push(endpoint.name) }

    /// Mounts the blob from another repository of the registry. A registry that does not mount it, whatever it answers, is
    /// sent the blob.
    /// [Mounting a blob from another repository](https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#mounting-a-blob-from-another-repository)
    func mount(from other: Repository) async throws -> Start {
        let name = RegistryName.apiName(other)
        let address = endpoint.address("blobs/uploads/").adding("mount", descriptor.digest.description)
            .adding("from", name)
        do {
            let response = try await endpoint.send(
                TransportRequest(.POST, address), scope: scope.union(.pull(name)), doing: doing)
            await response.drain()
            if response.status == 201 { return .stored }
            if response.status == 202 { return .session(try session(response)) }
        } catch is TransportFailure {
        } catch is OCIError {
            // The credential cannot read the other repository, for one.
        }
        return try await start()
    }

    /// Uploads the blob in one request or in pieces, by its size. A registry that refuses one way is tried the other.
    func run(_ session: UploadSession?) async throws {
        var session = session
        var pieceSize = configuration.uploads.chunkSize
        if descriptor.size <= configuration.uploads.monolithicLimit {
            if try await sendWhole(session) { return }
            (session, pieceSize) = (nil, max(ChunkedUpload.smallestPiece, descriptor.size / 2))
        }
        var pieces = ChunkedUpload(self, session: session, pieceSize: pieceSize)
        if case .stored = try await pieces.run() { return }
        // Once: the blob was sent in pieces before.
        _ = try await sendWhole(nil, isLastWay: true)
    }

    /// Opens an upload session. An unused session costs the registry nothing, so this is safe to repeat.
    func start() async throws -> Start {
        let response = try await endpoint.exchange(
            TransportRequest(.POST, endpoint.address("blobs/uploads/")), scope: scope, doing: doing)
        switch response.status {
        case 201:
            await response.drain()
            return .stored
        case 202:
            await response.drain()
            return .session(try session(response))
        default:
            throw await endpoint.failure(response, doing: doing)
        }
    }

    private func session(_ response: TransportResponse) throws -> UploadSession {
        let minimum = response.headers.first(name: "OCI-Chunk-Min-Length").flatMap { Int64($0) } ?? 0
        return UploadSession(address: try location(response), minimumPiece: min(max(0, minimum), descriptor.size))
    }

    /// The number of bytes that the registry has, and the session with its next address; nil when the session no longer
    /// exists or the response is not usable.
    func status(of session: UploadSession) async throws -> (UploadSession, Int64)? {
        let response: TransportResponse
        do {
            response = try await endpoint.exchange(
                TransportRequest(.GET, session.address), scope: scope, doing: doing)
        } catch let error as OCIError where error.code == .unavailable {
            return nil
        }
        await response.drain()
        guard [200, 202, 204].contains(response.status),
            let count = ContentRange.uploaded(response.headers.first(name: "Range")), count <= descriptor.size
        else { return nil }
        var session = session
        session.address = try location(response, or: session.address)
        return (session, count)
    }

    /// Sends the blob in one PUT. After a failure, checks for the blob before sending it again. False when the registry, or
    /// a proxy in front of it, refuses a request of this size that pieces can avoid.
    ///
    /// - Parameter isLastWay: true to send it once, and to fail rather than to return false.
    private func sendWhole(_ session: UploadSession?, isLastWay: Bool = false) async throws -> Bool {
        var budget = RetryBudget(configuration, tries: isLastWay ? 1 : nil, metadata: endpoint.logMetadata)
        var session = session
        while true {
            let current: UploadSession
            if let session {
                current = session
            } else {
                guard case .session(let fresh) = try await start() else { return true }
                current = fresh
            }
            session = nil
            do {
                let response = try await withChannel(from: 0) { channel in
                    try await send(
                        TransportRequest(
                            .PUT, current.address.adding("digest", descriptor.digest.description),
                            headers: ["Content-Type": "application/octet-stream"],
                            body: .stream(channel, length: descriptor.size)))
                }
                switch response.status {
                case 201, 204:
                    await response.drain()
                    return true
                case 401, 404, 416:
                    // The token or the session expired; both are renewed.
                    let error = await endpoint.failure(response, doing: doing)
                    try await budget.pause(error, true)
                case 413 where descriptor.size > ChunkedUpload.smallestPiece && !isLastWay:
                    await response.drain()
                    return false
                case let status where RegistryEndpoint.isTransient(status):
                    try await endpoint.pause(&budget, response, doing: doing)
                default:
                    throw await endpoint.failure(response, doing: doing)
                }
            } catch let failure as TransportFailure {
                try await budget.pause(failure.error(doing), failure.isTransient)
            }
            if try await isStored() { return true }
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
    ///
    /// - Parameter old: the address that stays when the response names none.
    func location(_ response: TransportResponse, or old: WebAddress? = nil) throws -> WebAddress {
        guard let text = response.headers.first(name: "Location") else {
            if let old { return old }
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
                    + "If that is intended, name the server with --upload-host \(address.origin.authority); it gets the content, "
                    + "and no credentials")
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
