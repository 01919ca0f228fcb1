internal import HTTPMessages
internal import OCI

extension BlobUpload {
    /// The result of sending chunks from one read of the source.
    private struct Run: Sendable {
        var session: WebAddress
        var offset: Int64
        /// The reason for an early end.
        var broken: Break?

        enum Break: Sendable {
            case failure(TransportFailure)
            case answer(TransportResponse)
            case shortOf(Int64)
        }
    }

    /// Uploads the blob in chunks. After a failure, requests the number of stored bytes from the registry and resumes
    /// from there; starts over when the session no longer exists.
    func sendChunks(session: WebAddress?) async throws {
        var budget = RetryBudget(configuration, metadata: endpoint.logMetadata)
        var session = session
        var offset: Int64 = 0
        while true {
            let address: WebAddress
            if let session {
                address = session
            } else {
                guard case .session(let fresh) = try await start() else { return }
                address = fresh
                offset = 0
            }
            let run =
                offset < descriptor.size ? try await sendRun(address, offset) : Run(session: address, offset: offset)
            session = run.session
            if run.offset > offset { budget.progress() }
            switch run.broken {
            case nil:
                if try await commit(run.session, &budget) { return }
                (session, offset) = (nil, 0)
                continue
            case .failure(let failure):
                try await budget.pause(failure.error(doing), failure.isTransient)
            case .shortOf(let count):
                let error = OCIError(
                    .protocolViolation,
                    "\(doing): the registry accepted \(count) of the \(run.offset) bytes that were sent; try again")
                try await budget.pause(error, true)
            case .answer(let response) where RegistryEndpoint.isTransient(response.status):
                try await endpoint.pause(&budget, response, doing: doing)
            case .answer(let response):
                let canResync = [401, 404, 416].contains(response.status)
                try await budget.pause(await endpoint.failure(response, doing: doing), canResync)
            }
            if let (place, count) = try await status(of: run.session) {
                (session, offset) = (place, count)
            } else {
                if try await isStored() { return }
                (session, offset) = (nil, 0)
            }
        }
    }

    /// Sends chunks from `offset` to the end or to a failure.
    private func sendRun(_ session: WebAddress, _ offset: Int64) async throws -> Run {
        let size = descriptor.size
        return try await withChannel(from: offset) { channel in
            var run = Run(session: session, offset: offset)
            while run.offset < size {
                let length = min(configuration.uploads.chunkSize, size - run.offset)
                let response: TransportResponse
                do {
                    response = try await send(
                        TransportRequest(
                            .PATCH, run.session,
                            headers: [
                                "Content-Type": "application/octet-stream",
                                "Content-Range": "\(run.offset)-\(run.offset + length - 1)",
                            ], body: .stream(channel, length: length)))
                } catch let failure as TransportFailure {
                    run.broken = .failure(failure)
                    return run
                }
                guard response.status == 202 || response.status == 201 || response.status == 204 else {
                    run.broken = .answer(response)
                    return run
                }
                await response.drain()
                run.session = try location(response)
                run.offset += length
                let sent = offset + channel.taken
                let taken = ContentRange.uploaded(response.headers.first(name: "Range")) ?? run.offset
                if taken != run.offset || sent != run.offset {
                    run.broken = .shortOf(min(taken, sent))
                    return run
                }
            }
            // The source verifies the digest at its end, so read to the end.
            _ = try await channel.next(atMost: 1)
            return run
        }
    }

    /// The number of bytes that the registry has; nil when the session no longer exists or the response is malformed.
    private func status(of session: WebAddress) async throws -> (WebAddress, Int64)? {
        let response = try await endpoint.exchange(TransportRequest(.GET, session), scope: scope, doing: doing)
        await response.drain()
        guard response.status == 204 || response.status == 202 || response.status == 200,
            let count = ContentRange.uploaded(response.headers.first(name: "Range")), count <= descriptor.size
        else { return nil }
        let place = response.headers.contains(name: "Location") ? try location(response) : session
        return (place, count)
    }

    /// Completes the upload with the digest; false when the blob has to be sent again.
    private func commit(_ session: WebAddress, _ budget: inout RetryBudget) async throws -> Bool {
        let request = TransportRequest(
            .PUT, session.adding("digest", descriptor.digest.description),
            headers: ["Content-Type": "application/octet-stream"])
        while true {
            do {
                let response = try await send(request)
                switch response.status {
                case 201, 204:
                    await response.drain()
                    return true
                case let status where RegistryEndpoint.isTransient(status):
                    try await endpoint.pause(&budget, response, doing: doing)
                case 404, 416:
                    let error = await endpoint.failure(response, doing: doing)
                    if try await isStored() { return true }
                    try await budget.pause(error, true)
                    return false
                default:
                    throw await endpoint.failure(response, doing: doing)
                }
            } catch let failure as TransportFailure {
                try await budget.pause(failure.error(doing), failure.isTransient)
            }
            if try await isStored() { return true }
        }
    }
}
