internal import CZlib
internal import Cryptography
internal import Support

/// Reads the single gzip member of an archive, and stops when it unpacks to more than the limit.
struct Inflater: ~Copyable {
    /// The kind of archive.
    enum Origin {
        /// The layer of a capsule, whose gzip header the format fixes.
        case layer
        /// A tarball of another tool, with any gzip header.
        case tarball

        /// The rules for the tar inside.
        var dialect: TarDialect { self == .layer ? .capsule : .chart }

        fileprivate var noun: String { self == .layer ? "layer" : "archive" }

        fileprivate var header: [UInt8] {
            switch self {
            // Magic, deflate, no flags, no time, no extra flags (level 6), unknown system.
            case .layer: [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]
            case .tarball: [0x1F, 0x8B, 8]
            }
        }

        fileprivate var wrongHeader: String {
            switch self {
            case .layer:
                "the layer does not start with the gzip header of the format (deflate at level 6, no name, no time, "
                    + "system 255)"
            case .tarball: "the archive is not a gzip"
            }
        }
    }

    /// 32 KiB of history; 16 is zlib's flag for a gzip header, with which it checks CRC and length at the end.
    private static let windowBits: Int32 = 15 + 16
    private static let chunkSize = 128 << 10

    private let stream: UnsafeMutablePointer<z_stream>
    private let chunk: UnsafeMutableRawBufferPointer
    /// The part of `chunk` that was unpacked and not yet read.
    private var ready = 0..<0
    private var produced: Int64 = 0
    private let limit: Int64
    private let ratio: Int64
    let origin: Origin
    private var ended = false
    private var hash: HashFunction?

    /// The SHA-256 of everything that was unpacked; nil when the stream is not hashed.
    var sha256: [UInt8]? { hash?.finalize() }

    /// Runs `body` with the unpacked stream of `archive`.
    ///
    /// - Parameter hashing: computes the SHA-256 of the stream.
    static func inflate(
        _ archive: [UInt8], from origin: Origin = .layer, limits: ArchiveLimits, hashing: Bool = false,
        _ body: (inout Inflater) throws -> Void
    ) throws {
        guard archive.count <= limits.compressedSize else {
            throw ArchiveError(
                .tooLarge, "the \(origin.noun) has \(archive.count) bytes; the limit is \(limits.compressedSize)")
        }
        guard archive.starts(with: origin.header) else { throw ArchiveError(.malformed, origin.wrongHeader) }
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: chunkSize, alignment: 16)
        defer {
            inflateEnd(stream)
            stream.deallocate()
            chunk.deallocate()
        }
        let status = inflateInit2_(stream, windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else {
            throw ArchiveError(.io, "zlib cannot start to unpack (status \(status)); check that there is memory left")
        }
        try archive.withUnsafeBufferPointer { input in
            stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
            // The limit keeps the size far below the 32 bits that zlib counts in, unless a caller raises it.
            guard let count = UInt32(exactly: input.count) else {
                throw ArchiveError(
                    .tooLarge, "the \(origin.noun) has \(archive.count) bytes; zlib reads 4 GiB at most")
            }
            stream.pointee.avail_in = count
            var inflater = Inflater(
                stream: stream, chunk: chunk, limit: limits.streamSize(compressed: archive.count), ratio: limits.ratio,
                origin: origin, hash: hashing ? HashFunction(.sha256) : nil)
            try body(&inflater)
        }
    }

    private init(
        stream: UnsafeMutablePointer<z_stream>, chunk: UnsafeMutableRawBufferPointer, limit: Int64, ratio: Int64,
        origin: Origin, hash: HashFunction?
    ) {
        self.stream = stream
        self.chunk = chunk
        self.limit = limit
        self.ratio = ratio
        self.origin = origin
        self.hash = hash
    }

    /// Fills `target`; returns less than its size only at the end of the stream.
    mutating func read(into target: UnsafeMutableRawBufferPointer) throws(ArchiveError) -> Int {
        var filled = 0
        while filled < target.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: target[filled...])
            if !ready.isEmpty {
                let count = min(ready.count, rest.count)
                StepCount.add(count)
                rest.copyMemory(from: UnsafeRawBufferPointer(rebasing: chunk[ready.prefix(count)]))
                ready = ready.dropFirst(count)
                filled += count
            } else if ended {
                break
            } else if rest.count >= chunk.count {
                filled += try inflate(into: rest)
            } else {
                ready = 0..<(try inflate(into: chunk))
            }
        }
        return filled
    }

    /// Reads `count` bytes; fewer are an error.
    mutating func read(count: Int) throws(ArchiveError) -> [UInt8] {
        var missing = 0
        var failure: ArchiveError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            do throws(ArchiveError) {
                initialized = try read(into: UnsafeMutableRawBufferPointer(buffer))
                missing = count - initialized
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        guard missing == 0 else { throw cutShort }
        return bytes
    }

    var cutShort: ArchiveError {
        ArchiveError(.malformed, "the tar ends in the middle of an entry; the \(origin.noun) is cut short")
    }

    /// Checks that nothing follows the tar, neither in the stream nor after it, except zeros in dialects that allow them.
    mutating func finish() throws(ArchiveError) {
        while true {
            let isPadding =
                origin.dialect.allowsZerosAfterEnd && UnsafeRawBufferPointer(rebasing: chunk[ready]).isZero
            guard ready.isEmpty || isPadding else {
                throw ArchiveError(
                    .malformed,
                    "there is data after the two zero blocks that end the tar"
                        + (origin == .layer ? "; a layer has no padding there" : ""))
            }
            if ended { break }
            ready = 0..<(try inflate(into: chunk))
        }
        guard stream.pointee.avail_in == 0 else {
            throw ArchiveError(
                .malformed,
                "\(stream.pointee.avail_in) bytes follow the end of the gzip; the \(origin.noun) must be a single gzip member"
            )
        }
    }

    private mutating func inflate(into target: UnsafeMutableRawBufferPointer) throws(ArchiveError) -> Int {
        let size = min(target.count, 1 << 30)
        stream.pointee.next_out = target.assumingMemoryBound(to: UInt8.self).baseAddress
        stream.pointee.avail_out = UInt32(size)
        let input = stream.pointee.avail_in
        let status = CZlib.inflate(stream, Z_NO_FLUSH)
        let count = size - Int(stream.pointee.avail_out)
        StepCount.add(count + Int(input - stream.pointee.avail_in))
        produced += Int64(count)
        guard produced <= limit else {
            throw ArchiveError(
                .tooLarge,
                "the \(origin.noun) unpacks to more than \(limit) bytes, over \(ratio) times its size; unpacking was stopped"
            )
        }
        hash?.update(UnsafeRawBufferPointer(rebasing: target[..<count]).bytes)
        switch status {
        case Z_STREAM_END: ended = true
        case Z_OK: break
        case Z_BUF_ERROR:
            throw ArchiveError(.malformed, "the gzip ends early; the \(origin.noun) is cut short")
        case Z_DATA_ERROR:
            let reason = stream.pointee.msg.map { String(cString: $0) } ?? "invalid data"
            throw ArchiveError(.malformed, "the gzip is damaged: \(reason)")
        default:
            throw ArchiveError(.io, "zlib cannot unpack the \(origin.noun) (status \(status))")
        }
        return count
    }
}
