internal import HTTPMessages
internal import OCI
internal import Support

/// The pieces of an upload that are sent from one read of the source.
struct PieceRun: Sendable {
    /// The reason for the end of a run.
    enum End: Sendable {
        /// Everything was sent.
        case complete
        /// The registry took a part of a piece.
        case short
        case failure(TransportFailure)
        case answer(TransportResponse)
    }

    private let upload: BlobUpload
    private let start: Int64
    private let pieceSize: Int64
    /// The number of bytes that may be sent.
    private let allowance: Int64
    /// The session, with the address of the next request.
    private(set) var session: UploadSession
    /// The beginning of the next piece.
    private(set) var offset: Int64
    /// True when the registry's ranges are missing or contradict what it accepts: they are ignored.
    private(set) var isDoubtful: Bool
    /// The number of bytes that were sent.
    private(set) var sent: Int64 = 0
    /// The reason for the end.
    private(set) var end = End.complete

    init(
        upload: BlobUpload, session: UploadSession, from offset: Int64, pieceSize: Int64, allowance: Int64,
        isDoubtful: Bool
    ) {
        self.upload = upload
        self.session = session
        start = offset
        self.offset = offset
        self.pieceSize = pieceSize
        self.allowance = allowance
        self.isDoubtful = isDoubtful
    }

    /// The largest offset that the registry can have.
    var reached: Int64 { start.addingClamped(sent) }

    /// Sends pieces to the end of the blob, or to a failure.
    mutating func send(_ channel: ByteChannel) async throws {
        let size = upload.descriptor.size
        while offset < size {
            let length = min(pieceSize, size - offset)
            guard sent.addingClamped(length) <= allowance else { throw tooMuch }
            let request = TransportRequest(
                .PATCH, session.address,
                headers: [
                    "Content-Type": "application/octet-stream",
                    "Content-Range": "\(offset)-\(offset + length - 1)",
                ], body: .stream(channel, length: length))
            let response: TransportResponse
            do {
                response = try await upload.send(request)
            } catch let failure as TransportFailure {
                sent = channel.taken
                end = .failure(failure)
                return
            }
            sent = channel.taken
            guard [201, 202, 204].contains(response.status) else {
                end = .answer(response)
                return
            }
            await response.drain()
            session.address = try upload.location(response, or: session.address)
            guard reached == offset + length else {
                end = .failure(TransportFailure("it answered before it had the whole piece"))
                return
            }
            try await move(to: ContentRange.uploaded(response.headers.first(name: "Range")))
            if case .short = end { return }
        }
        // The source verifies the digest at its end, so read to the end.
        _ = try await channel.next(atMost: 1)
    }

    /// Continues after a piece that was accepted, when the registry says that it has `count` bytes now.
    private mutating func move(to count: Int64?) async throws {
        let before = offset
        guard let count, count != reached, !isDoubtful else {
            isDoubtful = isDoubtful || count == nil
            offset = reached
            return
        }
        // Some registries take a part of a piece. Others say the same about every piece, or more than was sent.
        if let (place, count) = try await upload.status(of: session) {
            session = place
            if count > before, count < reached {
                offset = count
                end = .short
                return
            }
            isDoubtful = count != reached
        } else {
            isDoubtful = true
        }
        offset = reached
    }

    private var tooMuch: OCIError {
        OCIError(
            .unavailable,
            "\(upload.doing): the registry does not keep what it accepts; gave up after sending the "
                + "\(upload.descriptor.size) bytes several times. Ask the registry's operator")
    }
}
