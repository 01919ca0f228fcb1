#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// A file that is being written under a name that nobody reads, until it is whole and gets its own.
///
/// The writer holds a lock on it as long as it writes. A partial file that can be locked therefore belongs to a process
/// that was killed, and whoever comes next removes it, however young or old it is.
package struct PartialFile {
    /// What every partial file's name starts with.
    package static let prefix = ".partial-"

    package let directory: Int32
    package let name: String
    package let descriptor: Int32

    /// Makes an empty file in a directory, with a name that no other writer has.
    package static func create(in directory: Int32) throws(SystemError) -> PartialFile {
        while true {
            var random = SystemRandomNumberGenerator()
            let name = prefix + String(random.next(), radix: 16) + String(random.next(), radix: 16)
            let descriptor = try SystemCall.open(
                name, at: directory, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o666)
            // A cleaner may have come between these two lines; then the file has no name any more, and another is made.
            do throws(SystemError) {
                if try SystemCall.tryLock(descriptor), try SystemCall.status(descriptor).st_nlink > 0 {
                    return PartialFile(directory: directory, name: name, descriptor: descriptor)
                }
            } catch {
                SystemCall.remove(name, at: directory)
                SystemCall.close(descriptor)
                throw error
            }
            SystemCall.close(descriptor)
        }
    }

    /// Gives the file its name, in one step, replacing what has that name.
    package func commit(as newName: String, in newDirectory: Int32) throws(SystemError) {
        try SystemCall.rename(name, at: directory, to: newName, at: newDirectory)
    }

    /// Writes a file whole in place of what has that name, so that it is there even when the machine stops.
    package static func replace(_ name: String, with bytes: [UInt8], in directory: Int32) throws(SystemError) {
        let partial = try create(in: directory)
        defer { partial.end() }
        try SystemCall.write(partial.descriptor, bytes)
        try SystemCall.synchronize(partial.descriptor)
        try partial.commit(as: name, in: directory)
        try SystemCall.synchronize(directory)
    }

    /// Removes the file if it still has its partial name, and closes it.
    package func end() {
        SystemCall.remove(name, at: directory)
        SystemCall.close(descriptor)
    }

    /// Removes the partial files of processes that are gone. What cannot be removed stays: it is in nobody's way.
    package static func removeStale(in directory: Int32) {
        for name in (try? SystemCall.names(in: directory)) ?? [] where name.hasPrefix(prefix) {
            guard let descriptor = try? SystemCall.open(name, at: directory, O_RDWR | O_NOFOLLOW | O_NONBLOCK) else {
                continue
            }
            if (try? SystemCall.tryLock(descriptor)) == true { SystemCall.remove(name, at: directory) }
            SystemCall.close(descriptor)
        }
    }
}
