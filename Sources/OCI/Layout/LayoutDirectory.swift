internal import Support

/// An open directory of a layout.
///
/// The path of the directory may contain symbolic links, since its user chose it. Nothing below it may be one: a linked
/// directory of blobs would redirect writes, and a linked blob would be read from outside the layout.
struct LayoutDirectory {
    static let marker = "oci-layout"
    static let index = "index.json"
    static let markerContent = #"{"imageLayoutVersion":"1.0.0"}"#

    let path: String
    let descriptor: Int32

    /// Opens the directory for the length of `body`.
    static func with<Result>(_ path: String, _ body: (LayoutDirectory) throws -> Result) throws -> Result {
        let directory = try open(path)
        defer { SystemCall.close(directory.descriptor) }
        return try body(directory)
    }

    /// Opens the directory for the length of `body`.
    static func with<Result>(_ path: String, _ body: (LayoutDirectory) async throws -> Result) async throws -> Result {
        let directory = try open(path)
        defer { SystemCall.close(directory.descriptor) }
        return try await body(directory)
    }

    private static func open(_ path: String) throws -> LayoutDirectory {
        do throws(SystemError) {
            return LayoutDirectory(path: path, descriptor: try SystemCall.open(path, .directory))
        } catch  where error == .notFound {
            throw OCIError(.notFound, "there is no OCI layout \(path); check the path", cause: error)
        } catch {
            throw error.error("open", path)
        }
    }

    /// Opens the directory of an algorithm's blobs; nil when it does not exist and `create` is false.
    func openBlobs(_ algorithm: Digest.Algorithm, create: Bool = false) throws(OCIError) -> Int32? {
        let path = "\(path)/blobs/\(algorithm.rawValue)"
        do throws(SystemError) {
            if create { try SystemCall.makeDirectory("blobs", at: descriptor) }
            let blobs = try SystemCall.open("blobs", at: descriptor, [.directory, .noFollow])
            defer { SystemCall.close(blobs) }
            if create { try SystemCall.makeDirectory(algorithm.rawValue, at: blobs) }
            return try SystemCall.open(algorithm.rawValue, at: blobs, [.directory, .noFollow])
        } catch  where error == .notFound {
            return nil
        } catch {
            throw error.error(create ? "write" : "read", path)
        }
    }

    /// Opens a blob; nil when it does not exist. The caller closes it.
    func openBlob(_ digest: Digest) throws(OCIError) -> (file: Int32, size: Int64)? {
        guard let blobs = try openBlobs(digest.algorithm) else { return nil }
        defer { SystemCall.close(blobs) }
        return try openFile(digest.hex, at: blobs, path: blobPath(digest))
    }

    /// The path of a blob, for messages.
    func blobPath(_ digest: Digest) -> String { "\(path)/blobs/\(digest.algorithm.rawValue)/\(digest.hex)" }

    /// The whole of a small file in the layout's directory; nil when it does not exist.
    func read(_ name: String, limit: Int64) throws(OCIError) -> [UInt8]? {
        let path = "\(path)/\(name)"
        guard let (file, size) = try openFile(name, at: descriptor, path: path) else { return nil }
        defer { SystemCall.close(file) }
        return try read(file, size: size, path: path, limit: limit)
    }

    private func read(_ file: Int32, size: Int64, path: String, limit: Int64) throws(OCIError) -> [UInt8] {
        guard size <= limit else {
            throw OCIError(.tooLarge, "\(path) has \(size) bytes; the limit is \(limit)")
        }
        do throws(SystemError) {
            return try SystemCall.read(file, at: 0, count: Int(size))
        } catch {
            throw error.error("read", path)
        }
    }

    /// `index.json`, as it is now.
    func readIndex(_ cache: LayoutIndexCache) throws(OCIError) -> LayoutIndex {
        let path = "\(path)/\(Self.index)"
        guard let (file, size) = try openFile(Self.index, at: descriptor, path: path) else {
            throw OCIError(.notFound, "there is no \(path); the layout is incomplete")
        }
        defer { SystemCall.close(file) }
        let stamp: LayoutIndexCache.Stamp
        do throws(SystemError) {
            stamp = LayoutIndexCache.Stamp(try SystemCall.status(file))
        } catch {
            throw error.error("read", path)
        }
        if let index = cache.index(stamp) { return index }
        let bytes = try read(file, size: size, path: path, limit: LayoutIndex.maximumSize)
        let index = try LayoutIndex(bytes, path: path)
        cache.keep(index, stamp)
        return index
    }

    /// A manifest, verified; nil when it does not exist.
    func readManifest(_ digest: Digest) throws(OCIError) -> RawManifest? {
        guard let (file, size) = try openBlob(digest) else { return nil }
        defer { SystemCall.close(file) }
        let bytes = try read(file, size: size, path: blobPath(digest), limit: RawManifest.maximumSize)
        do throws(OCIError) {
            return try RawManifest(detecting: bytes, digest: digest)
        } catch  where error.code == .contentMismatch {
            throw OCIError(
                .contentMismatch, "\(blobPath(digest)) was damaged: \(error). Remove it and copy it again", cause: error
            )
        }
    }

    // Opened without blocking, since a named pipe in place of a blob would wait for ever.
    private func openFile(_ name: String, at directory: Int32, path: String) throws(OCIError) -> (Int32, Int64)? {
        do throws(SystemError) {
            let file = try SystemCall.open(name, at: directory, [.noFollow, .nonBlocking])
            do throws(SystemError) {
                let status = try SystemCall.status(file)
                if status.kind == .file { return (file, status.size) }
                throw SystemError.invalid
            } catch {
                SystemCall.close(file)
                throw error
            }
        } catch  where error == .notFound {
            return nil
        } catch  where error == .invalid || error == .noDevice {
            throw OCIError(.io, "\(path) is not a regular file; a layout holds nothing else", cause: error)
        } catch {
            throw error.error("read", path)
        }
    }
}
