/// A file that is written under a partial name, which no reader opens, and renamed when it is complete.
///
/// The writer locks the file while it writes. A partial file that can be locked therefore belongs to a killed process,
/// and the next writer removes it.
package struct PartialFile {
    /// The prefix of the names of partial files.
    package static let prefix = ".partial-"

    package let directory: Int32
    package let name: String
    package let descriptor: Int32

    /// Creates and locks an empty file with a random name.
    package static func create(in directory: Int32, mode: UInt32 = 0o666) throws(SystemError) -> PartialFile {
        while true {
            var random = SystemRandomNumberGenerator()
            let name = prefix + String(random.next(), radix: 16) + String(random.next(), radix: 16)
            let descriptor = try SystemCall.open(
                name, at: directory, [.readWrite, .create, .exclusive, .noFollow], mode: mode)
            // Another process may remove the file before it is locked, because it appears stale; then another file is
            // created.
            do throws(SystemError) {
                if try SystemCall.tryLock(descriptor), try SystemCall.status(descriptor).links > 0 {
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

    /// Opens and locks the partial file of a name, which a writer may have left for this one; nil when another writer has it.
    ///
    /// It may have any content, and is empty when it did not exist.
    package static func open(_ name: String, in directory: Int32) throws(SystemError) -> PartialFile? {
        let name = prefix + name
        let descriptor = try SystemCall.open(
            name, at: directory, [.readWrite, .create, .noFollow, .nonBlocking], mode: 0o666)
        do throws(SystemError) {
            if try SystemCall.tryLock(descriptor) {
                let status = try SystemCall.status(descriptor)
                if status.links > 0, status.kind == .file {
                    return PartialFile(directory: directory, name: name, descriptor: descriptor)
                }
            }
        } catch {
            SystemCall.close(descriptor)
            throw error
        }
        SystemCall.close(descriptor)
        return nil
    }

    /// Closes the file and leaves it: for the next writer of the same name, or because it has its final name.
    package func leave() { SystemCall.close(descriptor) }

    /// Renames the file to its final name atomically. An existing file is replaced.
    package func commit(as newName: String, in newDirectory: Int32) throws(SystemError) {
        try SystemCall.rename(name, at: directory, to: newName, at: newDirectory)
    }

    /// Creates or replaces a file atomically.
    ///
    /// - Parameters:
    ///   - mode: its permissions, before the umask.
    ///   - owner: the status of a file whose owner it gets, as far as this user may do that.
    ///   - durable: true to flush the file and its name to the disk before returning.
    package static func replace(
        _ name: String, with bytes: [UInt8], in directory: Int32, mode: UInt32 = 0o666, owner: FileStatus? = nil,
        durable: Bool = true
    ) throws(SystemError) {
        let partial = try create(in: directory, mode: mode)
        defer { partial.end() }
        if let owner, owner.owner != SystemCall.user {
            try? SystemCall.changeOwner(partial.descriptor, to: owner.owner, group: owner.group)
        }
        try SystemCall.write(partial.descriptor, bytes)
        if durable { try SystemCall.synchronize(partial.descriptor) }
        try partial.commit(as: name, in: directory)
        if durable { try SystemCall.synchronize(directory) }
    }

    /// Removes the file if it still has its partial name, and closes it.
    package func end() {
        SystemCall.remove(name, at: directory)
        SystemCall.close(descriptor)
    }

    /// Removes the partial files of killed processes, as far as possible.
    package static func removeStale(in directory: Int32) {
        for name in (try? SystemCall.names(in: directory, prefix: prefix)) ?? [] {
            guard let descriptor = try? SystemCall.open(name, at: directory, [.readWrite, .noFollow, .nonBlocking])
            else {
                continue
            }
            if (try? SystemCall.tryLock(descriptor)) == true { SystemCall.remove(name, at: directory) }
            SystemCall.close(descriptor)
        }
    }
}
