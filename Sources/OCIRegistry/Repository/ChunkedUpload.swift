internal import HTTPMessages
internal import OCI
internal import Support

/// The upload of one blob in pieces.
///
/// A piece that the registry has accepted is not sent again unless the registry says that it lost it, and only what goes
/// beyond the furthest offset so far counts as progress. What a registry says about its progress is used where it can be
/// true; otherwise the next piece follows, and the digest at the end decides. The bytes that are sent are limited.
/// [Pushing a blob in chunks](https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-a-blob-in-chunks)
struct ChunkedUpload: Sendable {
    /// The size below which a piece is not halved. Proxies of Kubernetes accept 1 MiB by default.
    static let smallestPiece: Int64 = 256 << 10
    /// The limit for the bytes that are sent, in whole blobs: a registry that always keeps a little of much would otherwise be
    /// sent the blob without end.
    private static let mostSendings: Int64 = 5

    /// The result of an upload.
    enum Outcome {
        case stored
        /// The registry does not take the blob in pieces; it may take it in one request.
        case refusesPieces
    }

    private let upload: BlobUpload
    private var budget: RetryBudget
    private var losses = 0
    /// The maximum number of sessions, or places in one, that the registry loses without an end.
    private static let maximumLosses = 5
    private var session: UploadSession?
    private var pieceSize: Int64
    /// The beginning of the next piece.
    private var offset: Int64 = 0
    /// The largest offset that the registry has confirmed, in all sessions.
    private var furthest: Int64 = 0
    /// The number of bytes that were sent, in all sessions.
    private var sent: Int64 = 0
    /// True in a session in which the registry's ranges are missing or contradict what it accepts: they are ignored.
    private var isDoubtful = false
    /// True when this session has answered 416 before.
    private var wasOutOfRange = false

    init(_ upload: BlobUpload, session: UploadSession?, pieceSize: Int64) {
        self.upload = upload
        self.pieceSize = pieceSize
        budget = RetryBudget(upload.configuration, metadata: upload.endpoint.logMetadata)
        if let session { begin(session) }
    }

    private var size: Int64 { upload.descriptor.size }
    private var endpoint: RegistryEndpoint { upload.endpoint }
    private var doing: String { upload.doing }

    private mutating func begin(_ fresh: UploadSession) {
        session = fresh
        (offset, isDoubtful, wasOutOfRange) = (0, false, false)
    }

    /// Uploads the blob. After a failure, requests the number of stored bytes from the registry and resumes from there;
    /// starts over when the session no longer exists.
    mutating func run() async throws -> Outcome {
        while true {
            if session == nil {
                guard case .session(let fresh) = try await upload.start() else { return .stored }
                begin(fresh)
            }
            guard let current = session else { continue }
            let run = try await sendPieces(in: current)
            session = run.session
            offset = run.offset
            isDoubtful = run.isDoubtful
            sent = sent.addingClamped(run.sent)
            advance(to: offset)
            let next: Next
            switch run.end {
            case .complete: next = try await commit(run.session)
            case .short: next = .proceed
            case .failure(let failure):
                try await budget.pause(failure.error(doing), failure.isTransient)
                next = .resume(run.reached)
            case .answer(let response): next = try await react(to: response, reached: run.reached)
            }
            switch next {
            case .proceed: break
            case .startOver: session = nil
            case .outcome(let outcome): return outcome
            case .resume(let reached): if try await resume(upTo: reached) { return .stored }
            }
        }
    }

    /// What follows a run of pieces.
    private enum Next {
        case proceed
        case startOver
        /// Request the number of bytes that the registry has, which is at most this number, and resume from there.
        case resume(Int64)
        case outcome(Outcome)
    }

    /// Sends pieces from `offset` to the end or to a failure.
    private func sendPieces(in session: UploadSession) async throws -> PieceRun {
        let (most, overflows) = size.multipliedReportingOverflow(by: Self.mostSendings)
        let run = PieceRun(
            upload: upload, session: session, from: offset, pieceSize: max(pieceSize, session.minimumPiece),
            allowance: (overflows ? .max : most).subtractingClamped(sent), isDoubtful: isDoubtful)
        guard offset < size else { return run }
        return try await upload.withChannel(from: offset) { channel in
            var run = run
            try await run.send(channel)
            return run
        }
    }

    private mutating func advance(to offset: Int64) {
        guard offset > furthest else { return }
        budget.progress(offset - furthest)
        losses = 0
        furthest = offset
    }

    /// Continues where the registry says that it stopped, or in a fresh session; true when the blob is stored.
    private mutating func resume(upTo reached: Int64) async throws -> Bool {
        if let current = session, let (place, count) = try await upload.status(of: current), count <= reached {
            session = place
            offset = count
            advance(to: count)
            return false
        }
        session = nil
        return try await upload.isStored()
    }

    private mutating func react(to response: TransportResponse, reached: Int64) async throws -> Next {
        switch response.status {
        case 413:
            // A proxy limits the size of a request.
            let minimum = session?.minimumPiece ?? 0
            let refused = min(max(pieceSize, minimum), size - offset)
            let error = await endpoint.failure(response, doing: doing)
            let smallest = max(Self.smallestPiece, minimum)
            guard refused > smallest else { throw error }
            pieceSize = max(smallest, refused / 2)
            return .proceed
        case 405, 501:
            await response.drain()
            return .outcome(.refusesPieces)
        case 416:
            try await pauseAfterLoss(await endpoint.failure(response, doing: doing))
            if isDoubtful { return .outcome(.refusesPieces) }
            return try await leaveRange(reached)
        case 401, 404:
            try await pauseAfterLoss(await endpoint.failure(response, doing: doing))
        case let status where RegistryEndpoint.isTransient(status):
            try await endpoint.pause(&budget, response, doing: doing)
        default:
            let error = await endpoint.failure(response, doing: doing)
            guard isDoubtful else { throw error }
            return .outcome(.refusesPieces)
        }
        return .resume(reached)
    }

    /// Waits before the next try after the registry has lost a session or a place in it. That is not an outage, which time
    /// ends: it may happen a few times.
    private mutating func pauseAfterLoss(_ error: OCIError) async throws {
        losses += 1
        try await budget.pause(error, losses < Self.maximumLosses)
    }

    /// After 416: continues once where the registry says that it stopped, if that is another place; otherwise in a fresh
    /// session.
    private mutating func leaveRange(_ reached: Int64) async throws -> Next {
        let before = offset
        let isFirst = !wasOutOfRange
        wasOutOfRange = true
        guard isFirst, let current = session, let (place, count) = try await upload.status(of: current),
            count <= reached, count != before
        else { return .startOver }
        session = place
        offset = count
        advance(to: count)
        return .proceed
    }

    /// Completes the upload with the digest.
    private mutating func commit(_ session: UploadSession) async throws -> Next {
        let request = TransportRequest(
            .PUT, session.address.adding("digest", upload.descriptor.digest.description),
            headers: ["Content-Type": "application/octet-stream"])
        while true {
            do {
                let response = try await upload.send(request)
                switch response.status {
                case 201, 204:
                    await response.drain()
                    return .outcome(.stored)
                case let status where RegistryEndpoint.isTransient(status):
                    try await endpoint.pause(&budget, response, doing: doing)
                case 404, 416:
                    let error = await endpoint.failure(response, doing: doing)
                    if try await upload.isStored() { return .outcome(.stored) }
                    if isDoubtful { return .outcome(.refusesPieces) }
                    try await pauseAfterLoss(error)
                    return .startOver
                default:
                    let error = await endpoint.failure(response, doing: doing)
                    guard isDoubtful, error.code != .unauthorized else { throw error }
                    return .outcome(.refusesPieces)
                }
            } catch let failure as TransportFailure {
                try await budget.pause(failure.error(doing), failure.isTransient)
            }
            if try await upload.isStored() { return .outcome(.stored) }
        }
    }
}
