#if canImport(Glibc)
    package import Glibc
#elseif canImport(Musl)
    package import Musl
#else
    package import Darwin
#endif

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
            var status = try status(path)
            guard status.st_mode & S_IFMT == S_IFDIR else {
                throw untrusted(path, status.st_mode & S_IFMT == S_IFLNK ? "is a symlink" : "is not a directory", path)
            }
            guard status.st_uid == geteuid() else { throw untrusted(path, "belongs to another user", path) }
            guard !isOpen(status) else { throw untrusted(path, "can be written by other users", path) }
            var parent = Substring(try SystemCall.resolve(path))
            while let slash = parent.lastIndex(of: "/"), parent != "/" {
                parent = slash == parent.startIndex ? "/" : parent[..<slash]
                status = try self.status(String(parent))
                guard status.st_uid == 0 || status.st_uid == geteuid() else {
                    throw untrusted(path, "belongs to another user", parent)
                }
                // In a directory with the sticky bit, users can rename and remove their own files only.
                guard !isOpen(status) || status.st_mode & S_ISVTX != 0 else {
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

    /// True for a file of this type, `S_IFREG` or `S_IFDIR`, that belongs to this user. In a directory that was checked,
    /// its mode does not matter.
    package static func isOwn(_ status: stat, _ type: mode_t) -> Bool {
        status.st_mode & S_IFMT == type && status.st_uid == geteuid()
    }

    /// The status of a name; a symlink is not followed.
    package static func status(_ path: String) throws(SystemError) -> stat {
        var status = stat()
        _ = try SystemCall.retrying { unsafe lstat(path, &status) }
        return status
    }

    /// True when users other than its owner can write. Systems that give each user a private group of the same number
    /// create directories that this group can write.
    private static func isOpen(_ status: stat) -> Bool {
        let isPrivateGroup = status.st_uid != 0 && status.st_uid == status.st_gid
        return status.st_mode & S_IWOTH != 0 || status.st_mode & S_IWGRP != 0 && !isPrivateGroup
    }

    /// Creates a directory and its missing parents, unless they exist.
    private static func makeDirectory(_ path: String) throws(SystemError) {
        do throws(SystemError) {
            try SystemCall.makeNewDirectory(path, mode: 0o700)
        } catch  where error.number == ENOENT {
            guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { throw error }
            try makeDirectory(String(path[..<slash]))
            do throws(SystemError) {
                try SystemCall.makeNewDirectory(path, mode: 0o700)
            } catch  where error.number == EEXIST {}
        } catch  where error.number == EEXIST {}
    }

    private static func untrusted(_ path: String, _ why: String, _ place: some StringProtocol) -> FileError {
        FileError(
            .io,
            "the cache \(quoted(path)) is not used, because \(place == path ? "it" : quoted(place)) \(why); make it a "
                + "directory of this user that nobody else can write (chmod go-w), or name another with --cache-dir")
    }
}
