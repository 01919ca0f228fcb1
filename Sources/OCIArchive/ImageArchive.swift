internal import FoundationEssentials
package import OCI
internal import Support

/// An OCI image layout in one tar file, which is read without unpacking it.
///
/// Opening it reads the headers of the tar and `index.json`. Content is read at its offset in the file and verified while it is
/// read. The file is opened again for each read and must still be the one that was opened first.
///
/// Archives of skopeo, podman, buildx, oras, GNU tar and bsdtar are read. An archive is written as a whole, with
/// ``withNewImageArchive(_:replacing:_:)``; content cannot be added to it later.
package struct ImageArchive: ContentSource {
    /// The file.
    package let path: String

    private let identity: FileIdentity
    private let tar: TarIndex
    private let index: LayoutIndex

    /// The reference of the archive.
    package var reference: StoreReference { .archive(path: path) }

    /// Opens the archive in a file.
    ///
    /// - Throws: `OCIError.Code.notFound` when there is no file, `.invalidManifest` when it is not a tar of an OCI layout,
    ///   `.unsupported` when it is compressed or has links in place of content, `.tooLarge` above a limit, `.contentMismatch`
    ///   when it is cut short, `.io`
    package init(path: String) throws {
        let file = try OpenArchive(path)
        defer { file.close() }
        self.path = path
        identity = file.identity
        tar = try TarIndex(file)
        guard let marker = tar.files[TarIndex.marker] else {
            throw OCIError(
                .invalidManifest,
                "\(path) is not a tar of an OCI layout: it has no \(TarIndex.marker) in its top directory")
        }
        // The marker is 30 bytes; 4 KiB leaves room for additions of other programs.
        let markerBytes = try file.read(marker, limit: 4096, name: TarIndex.marker)
        struct Marker: Decodable { var imageLayoutVersion: String }
        guard let version = try? JSONDecoder().decode(Marker.self, from: Data(markerBytes)).imageLayoutVersion,
            version.hasPrefix("1.")
        else {
            throw OCIError(.invalidManifest, "\(TarIndex.marker) in \(path) does not have an imageLayoutVersion of 1.x")
        }
        guard let index = tar.files[TarIndex.index] else {
            throw OCIError(.invalidManifest, "\(path) has no \(TarIndex.index); the layout in it is incomplete")
        }
        self.index = try LayoutIndex(
            file.read(index, limit: LayoutIndex.maximumSize, name: TarIndex.index), path: "\(TarIndex.index) in \(path)"
        )
    }

    /// The manifest that `tag` refers to.
    package func resolve(_ tag: Tag) async throws -> Descriptor? { try index.entry(tag)?.target }

    /// A manifest in the archive, listed in `index.json` or not; its media type is read from its bytes.
    package func resolve(_ digest: Digest) async throws -> Descriptor? {
        try withFile { file throws(OCIError) in try manifest(digest, in: file)?.descriptor }
    }

    /// Streams content. It is verified when it is read from its start.
    package func withContent<Result: Sendable>(
        of descriptor: Descriptor, from offset: Int64, _ body: @Sendable (ContentStream) async throws -> Result
    ) async throws -> Result {
        guard (0...descriptor.size).contains(offset) else {
            throw OCIError(.unsupported, "\(descriptor.digest) has no byte at offset \(offset)")
        }
        guard let extent = tar.blobs[descriptor.digest] else {
            throw OCIError(.notFound, "\(reference) does not have \(descriptor.digest)")
        }
        guard extent.size == descriptor.size else {
            throw OCIError(
                .contentMismatch,
                "\(descriptor.digest) in \(reference) has \(extent.size) bytes instead of \(descriptor.size); write it again"
            )
        }
        let file = try open()
        let content = ArchiveContent(file, extent: extent, descriptor: descriptor, from: offset, reference: reference)
        defer { content.close() }
        return try await body(content.stream)
    }

    /// The manifests in the archive whose subject is `digest`.
    package func referrers(of digest: Digest) async throws -> [Descriptor] {
        try withFile { file in
            try index.referrers(of: digest) { candidate throws(OCIError) in try manifest(candidate, in: file) }
        }
    }

    /// All tags. Entries of `index.json` whose names are not valid tags are left out.
    package func tags() async throws -> [Tag] { index.tags.sorted() }

    private func manifest(_ digest: Digest, in file: OpenArchive) throws(OCIError) -> RawManifest? {
        guard let extent = tar.blobs[digest] else { return nil }
        let bytes = try file.read(extent, limit: RawManifest.maximumSize, name: digest.description)
        return try RawManifest(detecting: bytes, digest: digest)
    }

    private func withFile<Result, Failure: Error>(
        _ body: (OpenArchive) throws(Failure) -> Result
    ) throws -> Result {
        let file = try open()
        defer { file.close() }
        return try body(file)
    }

    private func open() throws(OCIError) -> OpenArchive {
        let file = try OpenArchive(path)
        guard file.identity == identity else {
            file.close()
            throw OCIError(.io, "\(path) was changed or replaced while it was read; run this again")
        }
        return file
    }
}
