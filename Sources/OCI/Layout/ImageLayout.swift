internal import FoundationEssentials
internal import Support

/// An OCI image layout: a directory with the content of a repository.
///
/// Every file gets its name in one step after its content was verified, and is verified again whenever it is read. Any
/// number of processes may read and write one layout at a time. A killed process leaves a partial file, which the next
/// writer removes.
///
/// [image-spec, Image Layout](https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md)
public struct ImageLayout: ContentStore {
    /// The directory.
    public let path: String

    let cache: LayoutIndexCache
    let subjects = SubjectCache()

    /// The reference of the layout.
    public var reference: StoreReference { .layout(path: path) }

    /// Opens the layout in a directory.
    ///
    /// - Parameter create: creates the layout when the directory does not exist or is empty.
    /// - Throws: `OCIError.Code.notFound` when there is no layout, `.invalidManifest` when its version is not known,
    ///   `.unsupported` when the directory holds something else, `.io`
    public init(path: String, create: Bool = false) throws {
        try self.init(path: path, create: create, settling: LayoutIndexCache.settling)
    }

    /// Opens a layout whose `index.json` is kept in memory once it has not changed for `settling` seconds.
    package init(path: String, create: Bool = false, settling: Int64) throws {
        self.path = path
        cache = LayoutIndexCache(settling: settling)
        if create { try Self.create(path) }
        try LayoutDirectory.with(path) { directory in
            guard let marker = try directory.read(LayoutDirectory.marker, limit: 4096) else {
                throw OCIError(.notFound, "\(path) is not an OCI layout: it has no \(LayoutDirectory.marker) file")
            }
            struct Marker: Decodable { var imageLayoutVersion: String }
            guard let version = try? JSONDecoder().decode(Marker.self, from: Data(marker)).imageLayoutVersion,
                version.hasPrefix("1.")
            else {
                throw OCIError(
                    .invalidManifest, "\(path)/\(LayoutDirectory.marker) does not say imageLayoutVersion 1.0.0")
            }
        }
    }

    private static func create(_ path: String) throws {
        do throws(SystemError) {
            var made = path.hasPrefix("/") ? "/" : ""
            for segment in path.split(separator: "/") {
                made += made.isEmpty || made.hasSuffix("/") ? String(segment) : "/\(segment)"
                try SystemCall.makeDirectory(made)
            }
        } catch {
            throw error.error("make", path)
        }
        try LayoutDirectory.with(path) { directory in
            do {
                let names = try SystemCall.names(in: directory.descriptor)
                if names.contains(LayoutDirectory.marker) { return }
                // An interrupted creation leaves these files. Other files belong to somebody else and are not removed.
                let ours = names.allSatisfy {
                    $0 == "blobs" || $0 == LayoutDirectory.index || $0.hasPrefix(PartialFile.prefix)
                }
                guard ours else {
                    throw OCIError(
                        .unsupported,
                        "\(path) holds other files and is not an OCI layout; name an empty or a new directory")
                }
                if let blobs = try directory.openBlobs(.sha256, create: true) { SystemCall.close(blobs) }
                // The marker is written last: a directory that has one is complete.
                try directory.writeNew(LayoutDirectory.index, LayoutIndex.empty(path: path).encoded())
                try directory.writeNew(LayoutDirectory.marker, Array(LayoutDirectory.markerContent.utf8))
            } catch let error as SystemError {
                throw error.error("write", path)
            }
        }
    }
}
