internal import Support

extension ImageLayout {
    /// The descriptor that `tag` names now, even if its content is not in this layout.
    ///
    /// - Throws: `OCIError.Code.invalidManifest` when `index.json` is damaged or gives the tag to two manifests.
    public func resolve(_ tag: Tag) async throws -> Descriptor? {
        try LayoutDirectory.with(path) { try $0.readIndex(cache).entry(tag)?.target }
    }

    /// A manifest in this layout, listed in `index.json` or not; its media type is read from its bytes.
    public func resolve(_ digest: Digest) async throws -> Descriptor? {
        try LayoutDirectory.with(path) { try $0.readManifest(digest)?.descriptor }
    }

    /// Streams content, verified when read from its start.
    public func withContent<Result: Sendable>(
        of descriptor: Descriptor, from offset: Int64, _ body: @Sendable (ContentStream) async throws -> Result
    ) async throws -> Result {
        guard (0...descriptor.size).contains(offset) else {
            throw OCIError(.unsupported, "\(descriptor.digest) has no byte \(offset)")
        }
        let content = try LayoutDirectory.with(path) { directory in
            guard let (file, size) = try directory.openBlob(descriptor.digest) else {
                throw OCIError(.notFound, "\(reference) does not have \(descriptor.digest)")
            }
            let path = directory.blobPath(descriptor.digest)
            guard size == descriptor.size else {
                SystemCall.close(file)
                throw OCIError(
                    .contentMismatch,
                    "\(path) has \(size) bytes instead of \(descriptor.size); it was damaged. Remove it and copy it again"
                )
            }
            return FileContent(file, path: path, descriptor: descriptor, from: offset, reference: reference)
        }
        defer { content.close() }
        return try await body(content.stream)
    }

    /// The manifests that `index.json` lists, or that the fallback tag of other programs lists, and whose subject is
    /// `digest`. Types and annotations come from the manifests, not from the lists.
    public func referrers(of digest: Digest) async throws -> [Descriptor] {
        try LayoutDirectory.with(path) { directory in
            try directory.readIndex(cache).referrers(of: digest, known: subjects) { candidate throws(OCIError) in
                try directory.readManifest(candidate)
            }
        }
    }

    /// Every tag. Entries of `index.json` whose names are not valid tags are left out.
    public func tags() async throws -> [Tag] {
        try LayoutDirectory.with(path) { try $0.readIndex(cache).tags.sorted() }
    }

    /// True when the layout has the complete, unaltered content. It is read and verified, since existing content is not
    /// copied again.
    public func contains(_ descriptor: Descriptor) async throws -> Bool {
        do {
            if MediaType.isManifest(descriptor.mediaType) {
                return try LayoutDirectory.with(path) { directory in
                    guard let manifest = try directory.readManifest(descriptor.digest) else { return false }
                    guard manifest.descriptor == descriptor.target else { return false }
                    // A process may have been killed between the manifest and its entry in the index.
                    return try manifest.subject() == nil || directory.readIndex(cache).lists(descriptor.digest)
                }
            }
            return try await withContent(of: descriptor) { stream in
                for try await _ in stream {}
                return true
            }
        } catch let error as OCIError
            where error.code == .notFound || error.code == .contentMismatch || error.code == .tooLarge
        {
            return false
        }
    }
}
