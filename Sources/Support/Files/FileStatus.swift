#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// The status of a file or directory, as `stat` reports it.
package struct FileStatus: Hashable, Sendable {
    /// The kinds of files that callers treat differently.
    package enum Kind: Sendable {
        case file, directory, link, other
    }

    /// A time since 1970.
    package struct Time: Hashable, Sendable {
        package let seconds: Int64
        package let nanoseconds: Int64

        init(_ time: timespec) {
            seconds = Int64(time.tv_sec)
            nanoseconds = Int64(time.tv_nsec)
        }
    }

    package let kind: Kind
    /// The permissions, with the set-user-ID, set-group-ID and sticky bits.
    package let permissions: UInt32
    package let owner: UInt32
    package let group: UInt32
    /// The number of names; 0 when all were removed.
    package let links: Int
    /// The size in bytes.
    package let size: Int64
    package let device: UInt64
    package let inode: UInt64
    /// The time of the last change of the content.
    package let modified: Time
    /// The time of the last change of the content or the status.
    package let changed: Time

    init(_ status: stat) {
        kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .directory
            case S_IFLNK: .link
            default: .other
            }
        permissions = UInt32(status.st_mode & 0o7777)
        owner = status.st_uid
        group = status.st_gid
        links = Int(status.st_nlink)
        size = Int64(status.st_size)
        device = UInt64(truncatingIfNeeded: status.st_dev)
        inode = UInt64(truncatingIfNeeded: status.st_ino)
        #if canImport(Darwin)
            (modified, changed) = (Time(status.st_mtimespec), Time(status.st_ctimespec))
        #else
            (modified, changed) = (Time(status.st_mtim), Time(status.st_ctim))
        #endif
    }
}
