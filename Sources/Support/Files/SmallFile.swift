/// Reads and writes files that are small enough to be in memory.
package enum SmallFile {
    /// The content of a file, a pipe or a device; nil when it is larger than `limit` bytes. At most one byte more than
    /// the limit is read.
    package static func read(_ path: String, limit: Int) throws(SystemError) -> [UInt8]? {
        let file = try SystemCall.open(path, .readOnly)
        defer { SystemCall.close(file) }
        var bytes: [UInt8] = []
        while bytes.count <= limit {
            // Most files are much smaller than the limit.
            let chunk = try SystemCall.read(file, count: min(64 << 10, limit + 1 - bytes.count))
            if chunk.isEmpty { return bytes }
            bytes += chunk
        }
        return nil
    }

    /// The content of a file, with errors for the user.
    ///
    /// - Parameters:
    ///   - name: the name of the file in messages; nil for its quoted path.
    ///   - remedy: the remedy when the file cannot be read, worded to follow the message; nil for the reason of the
    ///     system.
    /// - Throws: `FileError.Code.notFound`, `.limitExceeded`
    package static func content(
        of path: String, as name: String? = nil, limit: Int, remedy: String? = nil
    ) throws(FileError) -> [UInt8] {
        let name = name ?? quoted(path)
        let content: [UInt8]?
        do throws(SystemError) {
            content = try read(path, limit: limit)
        } catch {
            let advice = remedy.map { "; \($0)" } ?? ""
            throw FileError(.notFound, "\(name) cannot be read: \(error.text)\(advice)", cause: error)
        }
        guard let content else {
            throw FileError(.limitExceeded, "\(name) is larger than the limit of \(limit) bytes")
        }
        return content
    }

    /// Creates or replaces a file atomically. Partial files of killed processes are removed.
    ///
    /// - Parameters:
    ///   - mode: its permissions, before the umask.
    ///   - owner: the status of a file whose owner it gets, as far as this user may do that.
    ///   - durable: true to flush the file and its name to the disk before returning.
    package static func replace(
        _ name: String, with bytes: [UInt8], in directory: String, mode: UInt32 = 0o666, owner: FileStatus? = nil,
        durable: Bool = true
    ) throws(SystemError) {
        let directory = try SystemCall.open(directory, .directory)
        defer { SystemCall.close(directory) }
        PartialFile.removeStale(in: directory)
        try PartialFile.replace(name, with: bytes, in: directory, mode: mode, owner: owner, durable: durable)
    }
}
