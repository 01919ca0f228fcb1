internal import Support

/// A blob that is written to a layout.
///
/// When the transfer of a large blob ends early, what has arrived is left under a name that the next run finds. That run hashes
/// it again and goes on from there. An update of the index removes what was left, as all partial files without a writer.
struct PartialBlob {
    /// Less than this is not worth a file that is left.
    static let worthKeeping: Int64 = 1 << 20

    private let descriptor: Descriptor
    private let directory: Int32

    init(_ descriptor: Descriptor, in directory: Int32) {
        self.descriptor = descriptor
        self.directory = directory
    }

    /// Writes and verifies the whole blob. The caller gives the file its final name.
    func fill(from source: any ContentSource) async throws -> PartialFile {
        let name = "\(descriptor.digest.algorithm.rawValue)-\(descriptor.digest.hex)"
        let named = descriptor.size > Self.worthKeeping ? try PartialFile.open(name, in: directory) : nil
        // Another task or process may write the same blob.
        let file = try named ?? PartialFile.create(in: directory)
        do {
            try await fill(file, from: source)
            return file
        } catch let error as OCIError where error.code == .contentMismatch {
            let wasLeft = named != nil && error.cause is DamagedStart
            file.end()
            guard wasLeft else { throw error }
            // What was left is not the beginning of this blob: once more without it.
            let fresh = try PartialFile.create(in: directory)
            do { try await fill(fresh, from: source) } catch {
                fresh.end()
                throw error
            }
            return fresh
        } catch {
            let count = (try? SystemCall.status(file.descriptor).size) ?? 0
            if named != nil, !(error is SystemError), count >= Self.worthKeeping { file.leave() } else { file.end() }
            throw error
        }
    }

    /// Adds what is missing of the blob.
    private func fill(_ file: PartialFile, from source: any ContentSource) async throws {
        var verifier = ContentVerifier(descriptor, from: source.reference.description)
        let offset = try await hash(file, &verifier)
        let start = verifier
        try await source.withContent(of: descriptor, from: offset) { stream in
            // Sources verify what they return. This second check keeps a faulty source from giving unverified bytes a name.
            var verifier = start
            do {
                for try await chunk in stream {
                    try verifier.update(chunk)
                    try SystemCall.write(file.descriptor, chunk)
                }
                try verifier.finish()
            } catch let error as OCIError where error.code == .contentMismatch && offset > 0 {
                throw OCIError(error.code, error.message, cause: DamagedStart())
            }
        }
    }

    /// Hashes what the file has, and returns its size.
    private func hash(_ file: PartialFile, _ verifier: inout ContentVerifier) async throws -> Int64 {
        let size = try SystemCall.status(file.descriptor).size
        guard size > 0 else { return 0 }
        guard size < descriptor.size else {
            throw OCIError(
                .contentMismatch, "\(file.name) is not a part of \(descriptor.digest)", cause: DamagedStart())
        }
        while true {
            try Task.checkCancellation()
            let chunk = try SystemCall.read(file.descriptor, count: ContentStream.chunkSize)
            guard !chunk.isEmpty else { return size }
            try verifier.update(chunk)
        }
    }

    /// The content did not match, and its beginning was left by an earlier run.
    private struct DamagedStart: Error {}
}
