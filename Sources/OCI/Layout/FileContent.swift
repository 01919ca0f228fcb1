internal import Support
internal import Synchronization

/// An open blob as a stream that verifies itself.
///
/// The descriptor is closed when the reader's closure ends. A stream that outlives the closure throws, because another
/// file may have the descriptor's number by then.
final class FileContent: Sendable {
    private struct State: Sendable {
        var file: Int32?
        var offset: Int64
        var verifier: ContentVerifier?
    }
    private let state: Mutex<State>
    private let descriptor: Descriptor
    private let path: String

    /// Takes over an open file that has the size of `descriptor`.
    init(_ file: Int32, path: String, descriptor: Descriptor, from offset: Int64, reference: StoreReference) {
        self.descriptor = descriptor
        self.path = path
        let verifier = offset == 0 ? ContentVerifier(descriptor, from: reference.description) : nil
        state = Mutex(State(file: file, offset: offset, verifier: verifier))
    }

    /// The stream, to be read once.
    var stream: ContentStream {
        ContentStream {
            try Task.checkCancellation()
            return try self.next()
        }
    }

    /// Closes the file.
    func close() {
        state.withLock { state in
            if let file = state.file { SystemCall.close(file) }
            state.file = nil
        }
    }

    private func next() throws -> [UInt8]? {
        try state.withLock { state in
            guard let file = state.file else {
                throw OCIError(.io, "\(path) was read after the closure that it was given to had ended")
            }
            let chunk: [UInt8]
            do {
                // Reading one byte more than is left detects a file that grew.
                let left = descriptor.size - state.offset
                chunk = try SystemCall.read(
                    file, at: state.offset, count: Int(min(Int64(ContentStream.chunkSize), left + 1)))
            } catch let error as SystemError {
                throw error.error("read", path)
            }
            state.offset += Int64(chunk.count)
            guard !chunk.isEmpty else {
                try state.verifier?.finish()
                guard state.offset == descriptor.size else { throw sizeChanged() }
                return nil
            }
            try state.verifier?.update(chunk)
            guard state.offset <= descriptor.size else { throw sizeChanged() }
            return chunk
        }
    }

    private func sizeChanged() -> OCIError {
        OCIError(
            .contentMismatch, "\(path) changed its size while it was read; it should have \(descriptor.size) bytes")
    }
}
