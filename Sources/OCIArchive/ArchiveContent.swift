internal import OCI
internal import Synchronization

/// A blob in an archive file as a stream that is verified while it is read. The file is closed when the reader's closure ends.
final class ArchiveContent: Sendable {
    private struct State: Sendable {
        var file: OpenArchive?
        var offset: Int64
        var verifier: ContentVerifier?
    }
    private let state: Mutex<State>
    private let extent: TarIndex.Extent
    private let descriptor: Descriptor
    private let reference: StoreReference

    /// A stream that owns an open file.
    init(
        _ file: OpenArchive, extent: TarIndex.Extent, descriptor: Descriptor, from offset: Int64,
        reference: StoreReference
    ) {
        self.extent = extent
        self.descriptor = descriptor
        self.reference = reference
        let verifier = offset == 0 ? ContentVerifier(descriptor, from: reference.description) : nil
        state = Mutex(State(file: file, offset: offset, verifier: verifier))
    }

    /// The stream. It can be read once.
    var stream: ContentStream {
        ContentStream {
            try Task.checkCancellation()
            return try self.next()
        }
    }

    /// Closes the file.
    func close() {
        state.withLock { state in
            state.file?.close()
            state.file = nil
        }
    }

    private func next() throws -> [UInt8]? {
        try state.withLock { state in
            guard let file = state.file else {
                throw OCIError(
                    .io,
                    "\(descriptor.digest) in \(reference) was read after the closure that it was given to had ended")
            }
            let left = extent.size - state.offset
            guard left > 0 else {
                try state.verifier?.finish()
                return nil
            }
            let chunk = try file.read(
                at: extent.offset + state.offset, count: Int(min(Int64(ContentStream.chunkSize), left)))
            guard !chunk.isEmpty else {
                throw OCIError(
                    .contentMismatch, "\(reference) was cut short: it ends in the middle of \(descriptor.digest)")
            }
            state.offset += Int64(chunk.count)
            try state.verifier?.update(chunk)
            return chunk
        }
    }
}
