internal import CZlib
internal import Cryptography

/// Writes one gzip member: level 6, no time, no name, and 255 for the operating system, so that the bytes do not depend on
/// the machine.
struct Deflater: ~Copyable {
    private static let level: Int32 = 6
    /// 32 KiB of history; 16 is zlib's flag for a gzip header.
    private static let windowBits: Int32 = 15 + 16
    /// zlib's default, stated because it decides the bytes.
    private static let memoryLevel: Int32 = 8
    private static let unknownSystem: Int32 = 255
    private static let chunkSize = 128 << 10
    /// zlib counts input in 32 bits.
    private static let maximumInput = 1 << 30

    private let stream: UnsafeMutablePointer<z_stream>
    private let chunk: UnsafeMutableRawBufferPointer
    /// The compressed bytes so far.
    private(set) var output: [UInt8] = []
    /// The number of bytes that were compressed.
    private(set) var consumed: Int64 = 0
    private var hash = HashFunction(.sha256)

    /// Runs `body` with a compressor and returns the finished gzip.
    static func compress(_ body: (inout Deflater) throws(ArchiveError) -> Void) throws(ArchiveError) -> Deflater.Result
    {
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let header = UnsafeMutablePointer<gz_header>.allocate(capacity: 1)
        header.initialize(to: gz_header())
        header.pointee.os = unknownSystem
        let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: chunkSize, alignment: 16)
        defer {
            deflateEnd(stream)
            stream.deallocate()
            header.deallocate()
            chunk.deallocate()
        }
        let status = deflateInit2_(
            stream, level, Z_DEFLATED, windowBits, memoryLevel, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK, deflateSetHeader(stream, header) == Z_OK else {
            throw ArchiveError(.io, "zlib cannot start to compress (status \(status)); check that there is memory left")
        }
        var deflater = Deflater(stream: stream, chunk: chunk)
        try body(&deflater)
        try deflater.run(UnsafeRawBufferPointer(start: nil, count: 0), flush: Z_FINISH)
        return Result(bytes: deflater.output, consumed: deflater.consumed, sha256: deflater.hash.finalize())
    }

    /// A finished gzip, and the number and the SHA-256 of the bytes in it.
    struct Result {
        let bytes: [UInt8]
        let consumed: Int64
        let sha256: [UInt8]
    }

    private init(stream: UnsafeMutablePointer<z_stream>, chunk: UnsafeMutableRawBufferPointer) {
        self.stream = stream
        self.chunk = chunk
    }

    /// Compresses more bytes.
    mutating func write(_ bytes: [UInt8]) throws(ArchiveError) {
        consumed += Int64(bytes.count)
        hash.update(bytes)
        var offset = 0
        while offset < bytes.count {
            let end = min(bytes.count, offset + Self.maximumInput)
            try bytes.withUnsafeBufferPointer { (buffer) throws(ArchiveError) in
                try run(
                    UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[offset..<end]), flush: Z_NO_FLUSH)
            }
            offset = end
        }
    }

    private mutating func run(_ input: UnsafeRawBufferPointer, flush: Int32) throws(ArchiveError) {
        stream.pointee.next_in = UnsafeMutablePointer(mutating: input.assumingMemoryBound(to: UInt8.self).baseAddress)
        stream.pointee.avail_in = UInt32(input.count)
        while true {
            stream.pointee.next_out = chunk.assumingMemoryBound(to: UInt8.self).baseAddress
            stream.pointee.avail_out = UInt32(chunk.count)
            let status = deflate(stream, flush)
            guard status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR else {
                throw ArchiveError(.io, "zlib cannot compress (status \(status))")
            }
            output.append(contentsOf: chunk[..<(chunk.count - Int(stream.pointee.avail_out))])
            if status == Z_STREAM_END || (flush == Z_NO_FLUSH && stream.pointee.avail_out > 0) { return }
        }
    }
}
