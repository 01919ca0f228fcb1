internal import Archive
internal import Support

/// A tar in memory, read as Go's `archive/tar` reads it: every format, pax names and GNU long names.
struct TarArchive: TarSource {
    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Calls `body` with each entry and its content.
    func forEachEntry(_ body: (TarEntry, ArraySlice<UInt8>) throws -> Void) throws {
        var walker = TarWalker(self, .layout)
        while let item = try walker.next() {
            try body(item.entry, bytes[Int(item.offset)...].prefix(Int(item.entry.size)))
        }
    }

    var size: Int64 { Int64(bytes.count) }

    func read(at offset: Int64, count: Int) throws(StepFailure) -> [UInt8] {
        Array(bytes.dropFirst(Int(offset)).prefix(count))
    }

    func rejection(_ error: ArchiveError) -> StepFailure {
        StepFailure(.errored, "error reading tar: \(error.message)")
    }

    func cutShort(_ reason: String) -> StepFailure { StepFailure(.errored, "error reading tar: \(reason)") }
}
