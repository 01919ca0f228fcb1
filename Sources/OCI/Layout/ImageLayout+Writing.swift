internal import Support

extension ImageLayout {
    /// The longest time that a writer waits for another writer's update of `index.json`, which takes milliseconds.
    static let lockPatience = Duration.seconds(30)

    /// Stores one blob or manifest from `source`. A damaged blob in the layout is replaced.
    public func store(_ descriptor: Descriptor, from source: any ContentSource) async throws {
        if try await contains(descriptor) { return }
        guard MediaType.isManifest(descriptor.mediaType) else {
            return try await write(descriptor, from: source)
        }
        let manifest = try await source.manifest(descriptor.target)
        let subject = try manifest.subject()
        // A memory store is the source, so that the bytes that were checked are the bytes that are written.
        let memory = MemoryStore(source.reference)
        memory.add(manifest)
        try await write(manifest.descriptor, from: memory)
        if subject != nil { try await keep(manifest.descriptor) }
    }

    /// Makes `tag` name a manifest that was stored before.
    public func tag(_ descriptor: Descriptor, as tag: Tag) async throws {
        try await point(tag, at: descriptor, once: false)
    }

    /// Makes `tag` name a manifest that was stored before, unless it names another. Of two concurrent writers one
    /// fails.
    public func tagOnce(_ descriptor: Descriptor, as tag: Tag) async throws {
        try await point(tag, at: descriptor, once: true)
    }

    private func point(_ tag: Tag, at descriptor: Descriptor, once: Bool) async throws {
        try await updateIndex { directory, index in
            if once, let old = try index.entry(tag) {
                try Self.check(old, isStill: descriptor, tag: tag, reference: reference)
            }
            let manifest = try stored(descriptor.digest, in: directory)
            // A manifest with a subject stays listed, so that readers find it.
            for replaced in index.tag(try entry(for: manifest), as: tag) {
                if let old = try? directory.readManifest(replaced), try old.subject() != nil {
                    index.keep(try entry(for: old))
                }
            }
        }
    }

    /// Lists a manifest in `index.json` without a tag, so that other programs see it.
    public func keep(_ descriptor: Descriptor) async throws {
        try await updateIndex { directory, index in
            index.keep(try entry(for: try stored(descriptor.digest, in: directory)))
        }
    }

    private func stored(_ digest: Digest, in directory: LayoutDirectory) throws -> RawManifest {
        guard let manifest = try directory.readManifest(digest) else {
            throw OCIError(.notFound, "\(reference) does not have the manifest \(digest); store it first")
        }
        return manifest
    }

    // The manifest's own annotations stay out: one of them could be a reference name, and make the entry a tag.
    private func entry(for manifest: RawManifest) throws -> Descriptor {
        var entry = manifest.descriptor.target
        if try manifest.subject() != nil { entry.artifactType = try manifest.referrerDescriptor().artifactType }
        return entry
    }

    private func write(_ descriptor: Descriptor, from source: any ContentSource) async throws {
        try await LayoutDirectory.with(path) { directory in
            let blobPath = directory.blobPath(descriptor.digest)
            do {
                guard let blobs = try directory.openBlobs(descriptor.digest.algorithm, create: true) else {
                    throw SystemError.notFound
                }
                defer { SystemCall.close(blobs) }
                let partial = try await PartialBlob(descriptor, in: directory.descriptor).fill(from: source)
                do {
                    try await awaitBlocking { () throws(SystemError) in try SystemCall.synchronize(partial.descriptor) }
                    try Task.checkCancellation()
                    try partial.commit(as: descriptor.digest.hex, in: blobs)
                } catch {
                    partial.end()
                    throw error
                }
                partial.leave()
            } catch let error as SystemError {
                throw error.error("write", blobPath)
            }
        }
    }

    /// Reads, changes and writes `index.json` while other writers are locked out.
    private func updateIndex(_ change: (LayoutDirectory, inout LayoutIndex) throws -> Void) async throws {
        try await LayoutDirectory.with(path) { directory in
            do {
                let lock = try await lock(directory)
                defer { SystemCall.close(lock) }
                PartialFile.removeStale(in: directory.descriptor)
                let before = try directory.readIndex(cache)
                var index = before
                try change(directory, &index)
                if index == before { return }
                let bytes = try index.encoded()
                if let blobs = try directory.openBlobs(.sha256) {
                    defer { SystemCall.close(blobs) }
                    try SystemCall.synchronize(blobs)
                }
                try PartialFile.replace(LayoutDirectory.index, with: bytes, in: directory.descriptor)
            } catch let error as SystemError {
                throw error.error("write", "\(path)/\(LayoutDirectory.index)")
            }
        }
    }

    /// Locks the marker file, which always exists and is written once. The lock is released with the descriptor.
    private func lock(_ directory: LayoutDirectory) async throws -> Int32 {
        let clock = ContinuousClock()
        let end = clock.now + Self.lockPatience
        while true {
            let file = try SystemCall.open(LayoutDirectory.marker, at: directory.descriptor, [.readWrite, .noFollow])
            do {
                if try SystemCall.tryLock(file), try SystemCall.status(file).links > 0 { return file }
                guard clock.now < end else {
                    throw OCIError(
                        .io,
                        "another process has held the lock on \(path)/\(LayoutDirectory.marker) for "
                            + "\(Self.lockPatience); end it and run this again")
                }
                // A blocking wait would occupy a thread that other tasks need, perhaps the one that has the lock.
                try await Task.sleep(for: .milliseconds(Int64.random(in: 1...15)))
            } catch {
                SystemCall.close(file)
                throw error
            }
            SystemCall.close(file)
        }
    }
}

extension LayoutDirectory {
    /// Writes a complete file, unless a file with that name exists.
    func writeNew(_ name: String, _ bytes: [UInt8]) throws(SystemError) {
        let partial = try PartialFile.create(in: descriptor)
        defer { partial.end() }
        try SystemCall.write(partial.descriptor, bytes)
        try SystemCall.synchronize(partial.descriptor)
        do throws(SystemError) {
            try SystemCall.link(partial.name, to: name, at: descriptor)
        } catch  where error == .exists {
        } catch  where error == .notPermitted || error == .notSupported {
            // The file system has no hard links.
            try partial.commit(as: name, in: descriptor)
        }
    }
}
