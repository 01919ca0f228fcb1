/// Writes new files, which must not exist. A file that cannot be written completely is removed.
package enum NewFile {
    /// Writes a file and flushes it to the disk.
    ///
    /// - Throws: `FileError.Code.io`
    package static func write(_ content: [UInt8], to path: String, mode: UInt32 = 0o644) throws(FileError) {
        do throws(SystemError) {
            try write(content, path, mode: mode, durable: true)
        } catch  where error == .exists {
            throw FileError(.io, "\(path) exists and is left as it is; remove it or name another file", cause: error)
        } catch {
            throw .cannotWrite(path, error)
        }
    }

    /// Writes a file whose path is relative to an open directory. Symbolic links are not followed.
    package static func write(
        _ content: [UInt8], _ path: String, at directory: Int32? = nil, mode: UInt32, durable: Bool
    ) throws(SystemError) {
        let directory = directory ?? SystemCall.workingDirectory
        let file = try SystemCall.open(
            path, at: directory, [.writeOnly, .create, .exclusive, .noFollow], mode: mode)
        do throws(SystemError) {
            defer { SystemCall.close(file) }
            try SystemCall.write(file, content)
            if durable { try SystemCall.synchronize(file) }
        } catch {
            SystemCall.remove(path, at: directory)
            throw error
        }
    }
}
