internal import Archive
internal import OCI
internal import Support

/// The properties of a file that show whether a path still refers to the same unchanged file.
struct FileIdentity: Hashable, Sendable {
    let device: UInt64
    let inode: UInt64
    let size: Int64
    let modified: Int64
    let modifiedNanoseconds: Int64
}

/// An archive file that is open for reading.
struct OpenArchive: Sendable {
    let descriptor: Int32
    let path: String
    let identity: FileIdentity

    /// Opens a regular file. A named pipe or a directory is an error; opening a pipe does not block.
    init(_ path: String) throws(OCIError) {
        let descriptor: Int32
        do throws(SystemError) {
            descriptor = try SystemCall.open(path, .nonBlocking)
        } catch  where error == .notFound || error == .notDirectory {
            throw OCIError(.notFound, "there is no file \(path)")
        } catch {
            throw error.error("read", path)
        }
        do throws(SystemError) {
            let status = try SystemCall.status(descriptor)
            guard status.kind == .file else { throw SystemError.invalid }
            identity = FileIdentity(
                device: status.device, inode: status.inode, size: status.size, modified: status.modified.seconds,
                modifiedNanoseconds: status.modified.nanoseconds)
        } catch {
            SystemCall.close(descriptor)
            guard error == .invalid else { throw error.error("read", path) }
            throw OCIError(.unsupported, "\(path) is not a regular file; for a layout in a directory write oci:\(path)")
        }
        self.descriptor = descriptor
        self.path = path
    }

    func close() { SystemCall.close(descriptor) }

    /// Up to `count` bytes at `offset`; fewer only at the end of the file.
    func read(at offset: Int64, count: Int) throws(OCIError) -> [UInt8] {
        do throws(SystemError) {
            return try SystemCall.read(descriptor, at: offset, count: count)
        } catch {
            throw error.error("read", path)
        }
    }

    /// The complete content of a small file in the archive.
    func read(_ extent: TarIndex.Extent, limit: Int64, name: String) throws(OCIError) -> [UInt8] {
        guard extent.size <= limit else {
            throw OCIError(.tooLarge, "\(name) in \(path) has \(extent.size) bytes; the limit is \(limit)")
        }
        let bytes = try read(at: extent.offset, count: Int(extent.size))
        guard Int64(bytes.count) == extent.size else {
            throw OCIError(.contentMismatch, "\(path) was cut short: it ends in the middle of \(name)")
        }
        return bytes
    }
}
