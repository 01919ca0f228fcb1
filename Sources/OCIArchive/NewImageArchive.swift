internal import Archive
internal import FoundationEssentials
public import OCI
internal import Support
internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Makes an archive of what `body` stores in the new one, and gives it the name `path` in one step when `body` is done.
///
/// The same content makes the same bytes, whatever order it came in. It is collected in `.<name>.partial-<random>` beside
/// the file, as a layout; nothing is left when something throws.
///
/// ```swift
/// try await withNewImageArchive("release.tar") { try await copy(descriptor, from: registry, to: $0, tag: tag) }
/// ```
///
/// - Parameter replacing: an existing file of that name is replaced; otherwise it is an error, before anything is copied.
/// - Throws: `OCIError.Code.unsupported` when the file exists, `.io`, and what `body` throws.
@discardableResult
public func withNewImageArchive<Result>(
    _ path: String, replacing: Bool = false, _ body: (NewImageArchive) async throws -> Result
) async throws -> Result {
    let file = try ArchiveName(path)
    guard replacing || access(path, F_OK) != 0 else { throw file.exists }
    let partial = try file.makePartialDirectory()
    do {
        let archive = NewImageArchive(path: path, layout: try ImageLayout(path: "\(partial)/layout", create: true))
        let result = try await body(archive)
        try await archive.pack(into: "\(partial)/archive.tar")
        try file.commit("\(partial)/archive.tar", replacing: replacing)
        try? FileManager.default.removeItem(atPath: partial)
        return result
    } catch {
        try? FileManager.default.removeItem(atPath: partial)
        throw error
    }
}

/// An archive that is being collected: a place to copy to. It has its name when the closure that got it is done.
public final class NewImageArchive: ContentStore {
    /// The file that it will be.
    public let place: Place

    private let layout: ImageLayout
    private let stored = Mutex<[Digest: Int64]>([:])

    init(path: String, layout: ImageLayout) {
        place = .archive(path: path)
        self.layout = layout
    }

    /// What `tag` names so far.
    public func resolve(_ tag: Tag) async throws -> Descriptor? { try await layout.resolve(tag) }

    /// A manifest that was stored.
    public func resolve(_ digest: Digest) async throws -> Descriptor? { try await layout.resolve(digest) }

    /// Streams content that was stored.
    public func withContent<Result: Sendable>(
        of descriptor: Descriptor, from offset: Int64, _ body: @Sendable (ContentStream) async throws -> Result
    ) async throws -> Result {
        try await layout.withContent(of: descriptor, from: offset, body)
    }

    /// The manifests that were stored and whose subject is `digest`.
    public func referrers(of digest: Digest) async throws -> [Descriptor] { try await layout.referrers(of: digest) }

    /// Every tag so far.
    public func tags() async throws -> [Tag] { try await layout.tags() }

    /// Whether the content was stored.
    public func contains(_ descriptor: Descriptor) async throws -> Bool { try await layout.contains(descriptor) }

    /// Takes one blob or manifest.
    public func store(_ descriptor: Descriptor, from source: any ContentSource) async throws {
        try await layout.store(descriptor, from: source)
        stored.withLock { $0[descriptor.digest] = descriptor.size }
    }

    /// Makes `tag` name a manifest that was stored.
    public func tag(_ descriptor: Descriptor, as tag: Tag) async throws { try await layout.tag(descriptor, as: tag) }

    /// Lists a manifest without a tag.
    public func keep(_ descriptor: Descriptor) async throws { try await layout.keep(descriptor) }

    /// Writes the tar: first what says what it is, then the blobs by name, all of 1970, as nobody's.
    func pack(into path: String) async throws {
        let blobs = stored.withLock { $0 }.sorted { $0.key < $1.key }
        var index = try LayoutIndex(readFile("\(layout.path)/\(TarIndex.index)"), path: TarIndex.index)
        index.sort()
        do {
            let file = try SystemCall.open(path, O_WRONLY | O_CREAT | O_EXCL, mode: 0o666)
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
                // Read back and verified once more: what a disk may have done to it in between does not get a name.
                let descriptor = Descriptor(mediaType: "application/octet-stream", digest: digest, size: size)
                try await layout.withContent(of: descriptor) { stream in
                    for try await chunk in stream { try SystemCall.write(file, chunk) }
                }
                try SystemCall.write(file, TarHeader.padding(after: size))
            }
            try SystemCall.write(file, [UInt8](repeating: 0, count: 2 * TarHeader.blockSize))
            try await awaitBlocking { () throws(SystemError) in try SystemCall.synchronize(file) }
        } catch let error as SystemError {
            throw error.error("write", place.description)
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

/// The file that an archive will be, and what may stand beside it until then.
private struct ArchiveName {
    let path: String
    let directory: String
    let name: String

    init(_ path: String) throws(OCIError) {
        let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        name = slash.map { String(path[path.index(after: $0)...]) } ?? path
        directory = slash.map { String(path[...$0]) } ?? "./"
        self.path = path
        guard !name.isEmpty, name != ".", name != "..", !path.utf8.contains(0) else {
            throw OCIError(.invalidName, "\(quoted(path)) does not name a file")
        }
    }

    var exists: OCIError {
        OCIError(.unsupported, "\(path) exists, and an archive cannot be added to; remove it or name another file")
    }

    func makePartialDirectory() throws(OCIError) -> String {
        var shortened = name
        // 200 bytes leave room for the rest in the 255 that a name may have.
        while shortened.utf8.count > 200 { shortened.removeLast() }
        let random = String(UInt64.random(in: .min ... .max), radix: 16)
        let partial = "\(directory).\(shortened).partial-\(random)"
        guard mkdir(partial, 0o700) == 0 else { throw SystemError(number: errno).error("write to", directory) }
        return partial
    }

    func commit(_ temporary: String, replacing: Bool) throws(OCIError) {
        do throws(SystemError) {
            if replacing {
                try SystemCall.rename(temporary, at: AT_FDCWD, to: path, at: AT_FDCWD)
            } else {
                do throws(SystemError) {
                    try SystemCall.link(temporary, to: path, at: AT_FDCWD)
                } catch  where error.number == EPERM || error.number == EOPNOTSUPP {
                    // A file system without hard links: the small window is the price.
                    guard access(path, F_OK) != 0 else { throw SystemError(number: EEXIST) }
                    try SystemCall.rename(temporary, at: AT_FDCWD, to: path, at: AT_FDCWD)
                }
            }
        } catch  where error.number == EEXIST {
            throw exists
        } catch {
            throw error.error("write", path)
        }
        if let directory = try? SystemCall.open(directory, O_RDONLY | O_DIRECTORY) {
            try? SystemCall.synchronize(directory)
            SystemCall.close(directory)
        }
    }
}
