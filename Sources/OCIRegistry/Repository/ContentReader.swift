internal import HTTPClient
internal import HTTPMessages
internal import OCI
internal import Support

/// Downloads and verifies one blob or manifest, and resumes after a broken connection.
actor ContentReader {
    private let descriptor: Descriptor
    private let endpoint: RegistryEndpoint
    private let doing: String
    private var budget: RetryBudget
    /// Nil when the stream does not begin at 0: only the size is checked then.
    private var verifier: ContentVerifier?
    /// The number of bytes that were returned, or skipped by the caller's offset.
    private var position: Int64
    /// The number of bytes to discard because the response starts before `position`.
    private var skip: Int64 = 0
    private var body: HTTPResponseBody?
    /// The origin of the body: the registry, or the storage that it redirects to.
    private var origin: Origin
    private var ignoresRanges = false
    private var isFinished = false

    init(_ descriptor: Descriptor, from offset: Int64, endpoint: RegistryEndpoint) {
        self.descriptor = descriptor
        self.endpoint = endpoint
        position = offset
        origin = endpoint.base
        doing = "reading \(descriptor.digest) from \(endpoint.repository)"
        verifier = offset == 0 ? ContentVerifier(descriptor, from: "\(endpoint.repository)") : nil
        budget = RetryBudget(endpoint.configuration, metadata: endpoint.logMetadata)
    }

    /// Ends the download. Closes the connection when the body was not read to its end.
    func close() {
        body = nil
        isFinished = true
    }

    /// The next bytes; nil at the end, after the digest was verified.
    func next() async throws -> [UInt8]? {
        while !isFinished {
            do {
                if body == nil { try await open() }
                guard let bytes = try await read() else {
                    guard position < descriptor.size else {
                        try verifier?.finish()
                        isFinished = true
                        return nil
                    }
                    throw TransportFailure("only \(position) of \(descriptor.size) bytes arrived")
                }
                if !bytes.isEmpty { return bytes }
            } catch let failure as TransportFailure {
                body = nil
                // All bytes arrived; only the end of the response is missing.
                if position == descriptor.size, descriptor.size > 0 {
                    try verifier?.finish()
                    isFinished = true
                    return nil
                }
                try await pause { try await $0.pause(failure.error(doing), failure.isTransient) }
            }
        }
        return nil
    }

    private func pause(_ body: (inout RetryBudget) async throws -> Void) async throws {
        var next = budget
        try await body(&next)
        budget = next
    }

    /// The next bytes of the body that are not skipped, which may be none; nil at its end.
    private func read() async throws -> [UInt8]? {
        guard let body else { return nil }
        let next: [UInt8]?
        do {
            next = try await body.next()
        } catch let failure as HTTPFailure {
            try Task.checkCancellation()
            endpoint.transport.failed.insert(origin)
            throw TransportFailure(failure, host: origin.host)
        }
        guard var bytes = next else {
            self.body = nil
            return nil
        }
        if skip > 0 {
            let skipped = min(skip, Int64(bytes.count))
            bytes.removeFirst(Int(skipped))
            skip -= skipped
        }
        guard !bytes.isEmpty else { return [] }
        try verifier?.update(bytes)
        position += Int64(bytes.count)
        guard position <= descriptor.size else { throw tooMany() }
        budget.progress(Int64(bytes.count))
        return bytes
    }

    /// Requests the missing bytes.
    private func open() async throws {
        let isManifest = MediaType.isManifest(descriptor.mediaType)
        var request = TransportRequest(
            .GET, endpoint.address("\(isManifest ? "manifests" : "blobs")/\(descriptor.digest)"))
        if isManifest { request.headers.add(name: "Accept", value: descriptor.mediaType) }
        let asksForRange = position > 0 && position < descriptor.size && !ignoresRanges
        if asksForRange { request.headers.add(name: "Range", value: "bytes=\(position)-\(descriptor.size - 1)") }
        let response = try await endpoint.send(request, scope: .pull(endpoint.name), doing: doing)
        if RegistryEndpoint.isTransient(response.status) {
            try await pause { try await endpoint.pause(&$0, response, doing: doing) }
            return try await open()
        }
        try check(response)
        switch response.status {
        case 200:
            skip = position
            if let length = response.headers.first(name: "Content-Length"), Int64(length) != descriptor.size {
                throw sizeMismatch(length)
            }
        case 206 where asksForRange:
            guard let range = ContentRange(response.headers.first(name: "Content-Range")), range.first == position,
                range.total ?? descriptor.size == descriptor.size
            else {
                // Another range: request the whole content and discard the part that is here.
                ignoresRanges = true
                throw TransportFailure("it sent another range than the one requested")
            }
            skip = 0
        case 416 where asksForRange:
            await response.drain()
            ignoresRanges = true
            throw TransportFailure("it rejects the requested range")
        default:
            throw await endpoint.failure(response, doing: doing)
        }
        body = response.body
        origin = response.address.origin
    }

    private func check(_ response: TransportResponse) throws {
        guard response.status == 200 || response.status == 206 else { return }
        do throws(OCIError) {
            try response.checkEncoding()
        } catch {
            throw OCIError(error.code, "\(doing): \(error.message)")
        }
        guard response.address.origin == endpoint.base else { return }
        if let text = response.headers.first(name: "Docker-Content-Digest"),
            descriptor.digest.description.hasPrefix("sha256:"), text.hasPrefix("sha256:"),
            text != descriptor.digest.description
        {
            throw OCIError(
                .contentMismatch, "\(doing): the registry says that it sends \(quoted(text)), which is other content")
        }
        if MediaType.isManifest(descriptor.mediaType), let type = response.mediaType, type != descriptor.mediaType {
            throw OCIError(
                .invalidManifest,
                "\(doing): it is \(quoted(descriptor.mediaType)) but comes with the Content-Type \(quoted(type))")
        }
    }

    private func sizeMismatch(_ length: String) -> OCIError {
        OCIError(
            .contentMismatch,
            "\(doing): the registry sends \(quoted(length)) bytes instead of \(descriptor.size); it was altered there")
    }

    private func tooMany() -> OCIError {
        OCIError(.contentMismatch, "\(doing): more than the \(descriptor.size) bytes it should have; it was altered")
    }
}
