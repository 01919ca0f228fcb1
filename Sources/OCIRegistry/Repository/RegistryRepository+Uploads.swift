internal import HTTPMessages
internal import OCI
internal import Support

extension RegistryRepository {
    /// Puts a blob here, unless it is here already.
    func storeBlob(_ descriptor: Descriptor, from source: any ContentSource) async throws {
        if try await contains(descriptor) { return }
        let upload = BlobUpload(descriptor: descriptor, source: source, endpoint: endpoint)
        if case .registry(let other) = source.place, other != repository,
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

/// One blob on its way into a repository.
struct BlobUpload: Sendable {
    let descriptor: Descriptor
    let source: any ContentSource
    let endpoint: RegistryEndpoint

    /// What asking for a place to upload to leads to.
    enum Start {
        /// The registry has the blob now.
        case stored
        /// The blob is to be sent there.
        case session(WebAddress)
    }

    var context: ClientContext { endpoint.context }
    var doing: String { "storing \(descriptor.digest) in \(endpoint.repository)" }
    var scope: TokenScope { .push(endpoint.name) }

    /// Asks the registry to take the blob from another of its repositories. One that cannot offers a session instead.
    /// [Mounting a blob from another repository](https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#mounting-a-blob-from-another-repository)
    func mount(from other: Repository) async throws -> Start {
        let name = RegistryName.apiName(other)
        let address = endpoint.address("blobs/uploads/").adding("mount", descriptor.digest.description)
            .adding("from", name)
        do {
            return try await start(address, scope: scope.union(.pull(name)))
        } catch let error as OCIError where error.code == .unauthorized {
            // No right to the other repository's blob by this login: send it then.
            return try await start(endpoint.address("blobs/uploads/"), scope: scope)
        }
    }

    /// Sends the blob, in one piece or in several by its size.
    func run(session: WebAddress?) async throws {
        if descriptor.size <= context.configuration.uploads.monolithicLimit {
            try await sendWhole(session: session)
        } else {
            try await sendChunks(session: session)
        }
    }

    /// Opens a session. A session that is never used costs the registry nothing, so this is safe to repeat.
    func start(_ address: WebAddress? = nil, scope: TokenScope? = nil) async throws -> Start {
        let response = try await endpoint.exchange(
            WireRequest(.POST, address ?? endpoint.address("blobs/uploads/")), scope: scope ?? self.scope, doing: doing)
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

    /// Sends everything in one PUT. When that breaks, looks whether it got there before sending it again.
    private func sendWhole(session: WebAddress?) async throws {
        var budget = RetryBudget(context, metadata: endpoint.logMetadata)
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
                let response = try await withPipe(from: 0) { pipe in
                    try await send(
                        WireRequest(
                            .PUT, address.adding("digest", descriptor.digest.description),
                            headers: ["Content-Type": "application/octet-stream"],
                            body: .stream(pipe, length: descriptor.size)))
                }
                switch response.status {
                case 201, 204:
                    return await response.drain()
                case 401, 404, 416:
                    // The token ran out, or the session did; both are made anew.
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

    /// Sends a request of this upload. A host that the configuration allows besides the registry's gets no credentials.
    func send(_ request: WireRequest) async throws -> WireResponse {
        try await endpoint.send(request, scope: scope, doing: doing)
    }

    func isStored() async throws -> Bool {
        try await RegistryRepository(endpoint: endpoint, fallbackLocks: KeyedLock()).contains(descriptor)
    }

    /// Where the registry wants the next request of this upload: its own origin, or one that the configuration allows.
    func location(_ response: WireResponse) throws -> WebAddress {
        guard let text = response.headers.first(name: "Location") else {
            throw OCIError(.protocolViolation, "\(doing): the registry does not say where to send it")
        }
        let address: WebAddress
        do { address = try response.address.resolving(text) } catch {
            throw OCIError(.protocolViolation, "\(doing): the address to send it to is refused: \(error)")
        }
        let allowed = context.configuration.uploadHosts
        guard
            address.origin == endpoint.base
                || (address.origin.scheme == .https || context.plainHTTP.allows(address.origin))
                    && (allowed.contains(address.origin.authority) || allowed.contains(address.origin.host))
        else {
            throw OCIError(
                .protocolViolation,
                "\(doing): \(endpoint.base) wants it sent to \(address.origin), another server; that is refused. If it is "
                    + "meant so, allow that host for uploads")
        }
        return address
    }

    /// Opens the source at an offset and reads it into a channel while `body` sends from it.
    func withPipe<Result: Sendable>(
        from offset: Int64, _ body: @Sendable (ByteChannel) async throws -> Result
    ) async throws -> Result {
        try await source.withContent(of: descriptor, from: offset) { stream in
            let pipe = ByteChannel()
            return try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    do {
                        for try await chunk in stream {
                            guard await pipe.send(chunk) else { return }
                        }
                        pipe.finish()
                    } catch {
                        pipe.fail(error)
                    }
                }
                defer {
                    pipe.close()
                    group.cancelAll()
                }
                do {
                    return try await body(pipe)
                } catch {
                    throw pipe.failure ?? error
                }
            }
        }
    }
}
