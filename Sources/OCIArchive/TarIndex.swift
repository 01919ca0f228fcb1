internal import Archive
internal import OCI
internal import Support

/// The places of `oci-layout`, `index.json` and the blobs in a tar of an OCI layout.
///
/// Tars of other programs have `./` before names, directories, pax headers for times, GNU long names and padding at the
/// end: these are read. Anything that could make two readers see different content is rejected: duplicate names, links
/// and sparse files in place of content, sizes that pass the end of the file.
struct TarIndex: Sendable {
    /// A run of bytes in the file.
    struct Extent: Hashable, Sendable {
        let offset: Int64
        let size: Int64
    }

    static let marker = "oci-layout"
    static let index = "index.json"
    /// The maximum number of entries. A layout has a few blobs for each image; this is more than a thousand images, and indexing it
    /// takes a second.
    static let maximumEntries = 100_000

    /// `oci-layout` and `index.json`, if they exist.
    private(set) var files: [String: Extent] = [:]
    /// The blobs, by digest.
    private(set) var blobs: [Digest: Extent] = [:]

    /// Reads the headers of an archive.
    init(_ file: OpenArchive) throws(OCIError) {
        let start = try file.read(at: 0, count: 2)
        guard start != [0x1F, 0x8B], start != [0x28, 0xB5] else {
            throw OCIError(.unsupported, "\(file.path) is compressed; unpack it first (gunzip, unzstd)")
        }
        var walker = TarWalker(file, .layout)
        var count = 0
        while let item = try walker.next() {
            count += 1
            guard count <= Self.maximumEntries else {
                throw OCIError(
                    .tooLarge, "\(file.path) has more than \(Self.maximumEntries) entries, which is the limit")
            }
            try take(item.entry, at: item.offset, from: file)
        }
    }

    private mutating func take(_ entry: TarEntry, at offset: Int64, from file: OpenArchive) throws(OCIError) {
        var name = String(decoding: entry.name, as: UTF8.self)[...]
        while name.hasPrefix("./") { name = name.dropFirst(2) }
        let digest = Self.digest(of: name)
        guard digest != nil || name == Self.marker || name == Self.index else { return }
        guard entry.kind == .file else {
            throw OCIError(
                .unsupported,
                "\(quoted(name)) in \(file.path) is a link or a special file; in the tar of a layout it must be a file")
        }
        let extent = Extent(offset: offset, size: entry.size)
        let previous: Extent?
        if let digest {
            previous = blobs.updateValue(extent, forKey: digest)
        } else {
            previous = files.updateValue(extent, forKey: String(name))
        }
        guard previous == nil else {
            throw OCIError(
                .invalidManifest,
                "\(quoted(name)) in \(file.path) is a duplicate entry; readers disagree on which one applies")
        }
    }

    /// The digest in a name `blobs/<algorithm>/<hex>`.
    private static func digest(of name: Substring) -> Digest? {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "blobs" else { return nil }
        return try? Digest("\(parts[1]):\(parts[2])")
    }
}

extension OpenArchive: TarSource {
    var size: Int64 { identity.size }

    func rejection(_ error: ArchiveError) -> OCIError {
        OCIError(.invalidManifest, "\(path) is not a valid tar: \(error.message)", cause: error)
    }

    func cutShort(_ reason: String) -> OCIError {
        OCIError(.contentMismatch, "\(path) was cut short: \(reason)")
    }
}
