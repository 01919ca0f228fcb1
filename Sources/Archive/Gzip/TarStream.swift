internal import Support

/// Reads a tar in a gzip in one pass, with at most one file in memory.
enum TarStream {
    /// The facts that are known after a whole tar was read.
    struct Summary {
        /// The number of headers, extension headers included.
        let headers: Int
        /// The SHA-256 of the tar; nil when it was not hashed.
        let sha256: [UInt8]?
    }

    /// Calls `accept` with the header of each entry, before a byte of its content is read, and then `body` with what it
    /// returned and the content.
    ///
    /// - Parameter hashing: computes the SHA-256 of the tar.
    /// - Parameter accept: gets the entry and the number of headers so far.
    /// - Throws: `ArchiveError`, and what `body` throws.
    static func forEachEntry<Accepted>(
        of archive: [UInt8], from origin: Inflater.Origin, limits: ArchiveLimits, maximumHeaders: Int = .max,
        hashing: Bool = false,
        accept: (TarEntry, _ headers: Int) throws(ArchiveError) -> Accepted,
        _ body: (Accepted, [UInt8]) throws -> Void
    ) throws -> Summary {
        var sha256: [UInt8]?
        var tokenizer = TarTokenizer(origin.dialect, maximumHeaders: maximumHeaders)
        try Inflater.inflate(archive, from: origin, limits: limits, hashing: hashing) { inflater in
            var block = [UInt8](repeating: 0, count: TarHeader.blockSize)
            reading: while true {
                let count = try block.withUnsafeMutableBytes { try inflater.read(into: $0) }
                guard count == block.count else {
                    if count == 0 { try tokenizer.finish() }
                    throw inflater.cutShort
                }
                switch try tokenizer.read(block) {
                case .end: break reading
                case .zeroBlock: continue
                case .extensionHeader(let size):
                    let content = try inflater.read(count: size)
                    try tokenizer.take(content)
                    try inflater.skipPadding(after: Int64(size), of: "pax header".utf8)
                case .entry(let entry):
                    let accepted = try accept(entry, tokenizer.headers)
                    let content = try inflater.read(count: Int(entry.size))
                    try inflater.skipPadding(after: entry.size, of: entry.name)
                    try body(accepted, content)
                }
            }
            try inflater.finish()
            sha256 = inflater.sha256
        }
        return Summary(headers: tokenizer.headers, sha256: sha256)
    }
}

extension Inflater {
    fileprivate mutating func skipPadding(after size: Int64, of name: some Collection<UInt8>) throws(ArchiveError) {
        let padding = try read(count: TarHeader.paddingSize(after: size))
        guard !origin.dialect.requiresZeroPadding || padding.isZero(in: padding.indices) else {
            throw ArchiveError(
                .malformed, "\(quoted(name)) is padded with bytes other than zeros", entryName: name)
        }
    }
}
