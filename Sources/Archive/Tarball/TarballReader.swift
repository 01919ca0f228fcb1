/// Reads a tar.gz that another tool wrote, such as a chart that `helm package` made, into memory.
///
/// Modes, owners, times, GNU's magic and zeros at the end are the tool's own business and pass here, unlike in a layer. What
/// two readers could see differently is refused all the same, and so are links and everything else that is not a file.
package enum TarballReader {
    /// A file of a tarball.
    package struct File: Sendable {
        /// The path, whose form is that of paths in a layer.
        package let path: String
        /// The bytes.
        package let content: [UInt8]
    }

    /// What a tarball holds.
    package struct Contents: Sendable {
        /// The files, in the order of the archive. Directories are left out: whoever reads charts never looks at them.
        package let files: [File]
        /// What counts against the limit: headers, and directories without one.
        package let entries: Int
    }

    /// Reads a tarball to its end.
    ///
    /// - Throws: `ArchiveError`
    package static func read(_ tarball: [UInt8], limits: ArchiveLimits) throws -> Contents {
        var state = TarballState(limits: limits)
        try Inflater.inflate(tarball, from: .tarball, limits: limits) { inflater in
            let block = UnsafeMutableRawBufferPointer.allocate(byteCount: TarHeader.blockSize, alignment: 16)
            defer { block.deallocate() }
            while try readBlock(&inflater, block) {
                let header = try TarballHeader(UnsafeRawBufferPointer(block))
                let padding = UnsafeMutableRawBufferPointer(
                    rebasing: block[..<TarHeader.paddingSize(after: header.size)])
                try state.accept(header)
                let content = try inflater.read(count: Int(header.size))
                // What the padding holds is nobody's: some writers leave the last block's bytes there.
                guard try inflater.read(into: padding) == padding.count else { throw inflater.cutShort }
                try state.add(header, content)
            }
            try inflater.finish()
        }
        return try state.finish()
    }

    /// Reads the next header; false at the two zero blocks.
    private static func readBlock(
        _ inflater: inout Inflater, _ block: UnsafeMutableRawBufferPointer
    ) throws(ArchiveError) -> Bool {
        for count in 0..<2 {
            guard try inflater.read(into: block) == block.count else {
                throw ArchiveError(.malformed, "the tar ends without its two zero blocks; the archive is cut short")
            }
            if block.contains(where: { $0 != 0 }) {
                guard count == 0 else { throw ArchiveError(.malformed, "the tar has one zero block in its middle") }
                return true
            }
        }
        return false
    }
}
