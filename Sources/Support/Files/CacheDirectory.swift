/// The directory of a cache, which only this user can change.
///
/// What is read from a cache is checked as well. This check keeps other users from planting and removing files at all.
package enum CacheDirectory {
    /// Creates a directory and its missing parents, which only this user can access, and checks it.
    ///
    /// - Throws: `FileError.Code.io`
    package static func prepare(_ path: String) throws(FileError) {
        do throws(SystemError) {
            try makeDirectory(path)
        } catch {
            throw .cannotWrite(path, error)
        }
        try check(path)
    }

    /// Checks that a directory belongs to this user, that no other user can write in it, and that no other user can
    /// replace it.
    ///
    /// - Throws: `FileError.Code.io`
    package static func check(_ path: String) throws(FileError) {
        do {
            var status = try SystemCall.status(of: path)
            guard status.kind == .directory else {
                throw untrusted(path, status.kind == .link ? "is a symlink" : "is not a directory", path)
            }
            guard status.owner == SystemCall.user else { throw untrusted(path, "belongs to another user", path) }
            guard !isOpen(status) else { throw untrusted(path, "can be written by other users", path) }
            var parent = Substring(try SystemCall.resolve(path))
            while let slash = parent.lastIndex(of: "/"), parent != "/" {
                parent = slash == parent.startIndex ? "/" : parent[..<slash]
                status = try SystemCall.status(of: String(parent))
                guard status.owner == 0 || status.owner == SystemCall.user else {
                    throw untrusted(path, "belongs to another user", parent)
                }
                // In a directory with the sticky bit, users can rename and remove their own files only.
                guard !isOpen(status) || status.permissions & 0o1000 != 0 else {
                    throw untrusted(path, "can be written by other users", parent)
                }
            }
        } catch let error as FileError {
            throw error
        } catch let error as SystemError {
            throw .cannotWrite(path, error)
        } catch {
            throw FileError(.io, "\(path) cannot be examined", cause: error)
        }
    }

    /// True for a file of this kind that belongs to this user. In a directory that was checked,
    /// its mode does not matter.
    package static func isOwn(_ status: FileStatus, _ kind: FileStatus.Kind) -> Bool {
        status.kind == kind && status.owner == SystemCall.user
    }

    /// True when users other than its owner can write. Systems that give each user a private group of the same number
    /// create directories that this group can write.
    private static func isOpen(_ status: FileStatus) -> Bool {
        let isPrivateGroup = status.owner != 0 && status.owner == status.group
        return status.permissions & 0o002 != 0 || status.permissions & 0o020 != 0 && !isPrivateGroup
    }

    /// Creates a directory and its missing parents, unless they exist.
    private static func makeDirectory(_ path: String) throws(SystemError) {
        do throws(SystemError) {
            try SystemCall.makeNewDirectory(path, mode: 0o700)
        } catch  where error == .notFound {
            guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { throw error }
            try makeDirectory(String(path[..<slash]))
            do throws(SystemError) {
                try SystemCall.makeNewDirectory(path, mode: 0o700)
            } catch  where error == .exists {}
        } catch  where error == .exists {}
    }

    private static func untrusted(_ path: String, _ why: String, _ place: some StringProtocol) -> FileError {
        FileError(
            .io,
            "the cache \(quoted(path)) is not used, because \(place == path ? "it" : quoted(place)) \(why); make it a "
                + "directory of this user that nobody else can write (chmod go-w), or name another with --cache-dir")
    }
}
