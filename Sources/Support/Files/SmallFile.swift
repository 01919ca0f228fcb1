#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// A file that is read and written whole, because it is small.
package enum SmallFile {
    /// The content of a file, a pipe or a device; nil when it has more than `limit` bytes, of which no more are read than
    /// it takes to know.
    package static func read(_ path: String, limit: Int) throws(SystemError) -> [UInt8]? {
        let file = try SystemCall.open(path, O_RDONLY)
        defer { SystemCall.close(file) }
        var bytes: [UInt8] = []
        while bytes.count <= limit {
            // Not the limit at once: most files are far smaller.
            let chunk = try SystemCall.read(file, count: min(64 << 10, limit + 1 - bytes.count))
            if chunk.isEmpty { return bytes }
            bytes += chunk
        }
        return nil
    }

    /// Writes a file in place of what has that name, in one step. It is on the disk when this returns, its name included.
    /// Partial files of processes that were killed go.
    package static func replace(_ name: String, with bytes: [UInt8], in directory: String) throws(SystemError) {
        let directory = try SystemCall.open(directory, O_RDONLY | O_DIRECTORY)
        defer { SystemCall.close(directory) }
        PartialFile.removeStale(in: directory)
        try PartialFile.replace(name, with: bytes, in: directory)
    }
}
