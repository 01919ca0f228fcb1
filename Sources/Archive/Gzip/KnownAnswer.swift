internal import CZlib

/// Checks that this system's zlib compresses as packing 1 is defined to.
///
/// The compressor decides the bytes of a layer: zlib-ng and the replacements of vendors give other bytes, and so another digest
/// for the same release. Therefore a fixed text is compressed first. `docs/adr/0006-zlib-decides-the-bytes.md`
enum KnownAnswer {
    /// The CRC-32 of the gzip that zlib's own deflate makes of `text`.
    static let expected: UInt = 2_240_184_242

    /// True when the compressed text has the expected CRC; computed once in a process.
    static let holds = (try? answer()) == expected

    static func answer() throws(ArchiveError) -> UInt {
        let result = try Deflater.compress { (gzip) throws(ArchiveError) in try gzip.write(text) }
        return result.bytes.withUnsafeBufferPointer { UInt(crc32(0, $0.baseAddress, UInt32($0.count))) }
    }

    /// 64 KiB that look like manifests: words that repeat at short and long distances, so that each decision of the matcher has
    /// an effect.
    static var text: [UInt8] {
        var state: UInt32 = 2_463_534_242
        var bytes: [UInt8] = []
        bytes.reserveCapacity(64 << 10)
        while bytes.count < 64 << 10 {
            state ^= state << 13
            state ^= state >> 17
            state ^= state << 5
            bytes += Array("  - name: service-\(state % 701)\n    value: \"\(String(state % 4093, radix: 16))\"\n".utf8)
        }
        return bytes
    }
}
