@testable import Archive

extension FuzzTarget {
    /// A tar, read by each dialect: the stricter one accepts nothing that the others see differently, what a layer holds can be
    /// written again, and every content lies within the bytes.
    static let tar = FuzzTarget(name: "tar") { bytes throws(Finding) in
        let layout = try lenientEntries(bytes)
        guard let gzip = try? gzip(bytes) else { throw Finding("the tar cannot be compressed") }
        guard let chart = try? TarballReader.read(gzip, limits: .capsule).files else {
            try Finding.unless((try? layerItems(gzip)) == nil, "a layer that is not a tarball")
            return
        }
        let chartFiles = chart.map { LayerItem.file(path: $0.path, content: $0.content) }
        try Finding.unless(layout?.filter(\.isFile) == chartFiles, "a tarball that other programs read differently")
        guard let layer = try? layerItems(gzip) else { return }
        try Finding.unless(layer.items == layout, "a layer that other programs read differently")
        let written = try? LayerWriter.write(layer.items.reversed(), modified: layer.modified)
        try Finding.unless(
            written.flatMap { try? layerItems($0) }?.items == layer.items, "a layer that is not written again")
    }

    /// What a program reads that accepts every format; nil when the bytes are refused.
    private static func lenientEntries(_ bytes: [UInt8]) throws(Finding) -> [LayerItem]? {
        var walker = TarWalker(MemoryTar(bytes: bytes), .layout)
        var items: [LayerItem] = []
        while true {
            let next: TarWalker<MemoryTar>.Item?
            do { next = try walker.next() } catch { return nil }
            guard let next else { return items }
            let end = next.offset + next.entry.size
            try Finding.unless(next.entry.size >= 0 && end <= bytes.count, "content that ends at \(end)")
            let path = String(decoding: next.entry.trimmedName, as: UTF8.self)
            items.append(
                next.entry.kind == .directory
                    ? .directory(path: path)
                    : .file(path: path, content: Array(bytes[Int(next.offset)..<Int(end)])))
        }
    }

    private static func layerItems(_ gzip: [UInt8]) throws -> (items: [LayerItem], modified: Int64) {
        var items: [LayerItem] = []
        var modified: Int64 = 0
        try LayerReader(gzip).forEachEntry { entry, content in
            modified = entry.modified
            items.append(
                entry.kind == .directory
                    ? .directory(path: entry.path) : .file(path: entry.path, content: content))
        }
        return (items, modified)
    }

    private static func gzip(_ bytes: [UInt8]) throws -> [UInt8] {
        try Deflater.compress { (deflater) throws(ArchiveError) in try deflater.write(bytes) }.bytes
    }
}

extension LayerItem {
    fileprivate var isFile: Bool {
        if case .file = self { true } else { false }
    }
}

private struct MemoryTar: TarSource {
    let bytes: [UInt8]

    var size: Int64 { Int64(bytes.count) }

    func read(at offset: Int64, count: Int) throws(ArchiveError) -> [UInt8] {
        Array(bytes.dropFirst(Int(offset)).prefix(count))
    }

    func rejection(_ error: ArchiveError) -> ArchiveError { error }

    func cutShort(_ reason: String) -> ArchiveError { ArchiveError(.malformed, reason) }
}
