internal import Archive
internal import FoundationEssentials
package import OCI
internal import Support
internal import Synchronization

/// Makes an archive of the content that `body` stores, and gives it the name `path` in one step when `body` returns.
///
/// The same content gives the same bytes in whatever order it was stored. It is collected as a layout in
/// `.<name>.partial-<random>` in the same directory. When something throws, nothing is left; the partial directories of
/// killed processes for the same path are removed.
///
/// ```swift
/// try await withNewImageArchive("release.tar") { try await copy(descriptor, from: registry, to: $0, tag: tag) }
/// ```
///
/// - Parameter replacing: an existing file is replaced; otherwise it is an error, before anything is copied.
/// - Throws: `OCIError.Code.unsupported` when the file exists, `.io`, and what `body` throws.
@discardableResult
package func withNewImageArchive<Result>(
    _ path: String, replacing: Bool = false, _ body: (NewImageArchive) async throws -> Result
) async throws -> Result {
    let destination = try ArchiveDestination(path)
    let partial = try destination.makePartialDirectory(replacing: replacing)
    defer { partial.end() }
    let layout = try ImageLayout(path: "\(partial.path)/layout", create: true)
    let archive = NewImageArchive(path: path, layout: layout)
    let result = try await body(archive)
    try await archive.pack(into: "\(partial.path)/archive.tar")
    try destination.commit("\(partial.path)/archive.tar", replacing: replacing)
    return result
}

/// The content of an archive that is being made: a destination for `copy`. The file exists when the closure has returned.
package final class NewImageArchive: ContentStore {
    /// The reference of the archive.
    package let reference: StoreReference

    private let layout: ImageLayout
    private let stored = Mutex<[Digest: Int64]>([:])

    init(path: String, layout: ImageLayout) {
        reference = .archive(path: path)
        self.layout = layout
    }

    /// The manifest that `tag` refers to so far.
    package func resolve(_ tag: Tag) async throws -> Descriptor? { try await layout.resolve(tag) }

    /// A manifest that was stored.
    package func resolve(_ digest: Digest) async throws -> Descriptor? { try await layout.resolve(digest) }

    /// Streams content that was stored.
    package func withContent<Result: Sendable>(
        of descriptor: Descriptor, from offset: Int64, _ body: @Sendable (ContentStream) async throws -> Result
    ) async throws -> Result {
        try await layout.withContent(of: descriptor, from: offset, body)
    }

    /// The manifests that were stored and whose subject is `digest`.
    package func referrers(of digest: Digest) async throws -> [Descriptor] { try await layout.referrers(of: digest) }

    /// All tags so far.
    package func tags() async throws -> [Tag] { try await layout.tags() }

    /// True when the content was stored.
    package func contains(_ descriptor: Descriptor) async throws -> Bool { try await layout.contains(descriptor) }

    /// Stores one blob or manifest.
    package func store(_ descriptor: Descriptor, from source: any ContentSource) async throws {
        try await layout.store(descriptor, from: source)
        stored.withLock { $0[descriptor.digest] = descriptor.size }
    }

    /// Tags a manifest that was stored.
    package func tag(_ descriptor: Descriptor, as tag: Tag) async throws { try await layout.tag(descriptor, as: tag) }

    /// Lists a manifest in `index.json` without a tag.
    package func keep(_ descriptor: Descriptor) async throws { try await layout.keep(descriptor) }

    /// Writes the tar: `oci-layout` and `index.json`, then the blobs sorted by digest, with time, user and group 0.
    func pack(into path: String) async throws {
        let blobs = stored.withLock { $0 }.sorted { $0.key < $1.key }
        var index = try LayoutIndex(readFile("\(layout.path)/\(TarIndex.index)"), path: TarIndex.index)
        index.sort()
        do {
            let file = try SystemCall.open(path, [.writeOnly, .create, .exclusive], mode: 0o666)
            defer { SystemCall.close(file) }
            try write(TarIndex.marker, try readFile("\(layout.path)/\(TarIndex.marker)"), to: file)
            try write(TarIndex.index, try index.encoded(), to: file)
            try SystemCall.write(file, TarHeader.encode(path: "blobs", kind: .directory, size: 0, modified: 0))
            var algorithm: Digest.Algorithm?
            for (digest, size) in blobs {
                let directory = "blobs/\(digest.algorithm.rawValue)"
                if digest.algorithm != algorithm {
                    try SystemCall.write(
                        file, TarHeader.encode(path: directory, kind: .directory, size: 0, modified: 0))
                    algorithm = digest.algorithm
                }
                try SystemCall.write(
                    file, TarHeader.encode(path: "\(directory)/\(digest.hex)", kind: .file, size: size, modified: 0))
                // The content is verified again while it is read back, so that an archive with a disk error never gets its name.
                let descriptor = Descriptor(mediaType: "application/octet-stream", digest: digest, size: size)
                try await layout.withContent(of: descriptor) { stream in
                    for try await chunk in stream { try SystemCall.write(file, chunk) }
                }
                try SystemCall.write(file, TarHeader.padding(after: size))
            }
            try SystemCall.write(file, [UInt8](repeating: 0, count: 2 * TarHeader.blockSize))
            try await awaitBlocking { () throws(SystemError) in try SystemCall.synchronize(file) }
        } catch let error as SystemError {
            throw error.error("write", reference.description)
        }
    }

    private func write(_ name: String, _ content: [UInt8], to file: Int32) throws(SystemError) {
        let size = Int64(content.count)
        try SystemCall.write(file, TarHeader.encode(path: name, kind: .file, size: size, modified: 0))
        try SystemCall.write(file, content)
        try SystemCall.write(file, TarHeader.padding(after: size))
    }

    private func readFile(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: path))) }
}
