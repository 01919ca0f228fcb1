#if canImport(Glibc)
    internal import CLinux
    internal import Glibc
#elseif canImport(Musl)
    internal import CLinux
    internal import Musl
#else
    internal import Darwin
#endif

/// Calls that the C library does not declare, or that have different names on different systems.
extension SystemCall {
    /// Flushes the tree below a directory to the disk. On Linux, one call flushes the file system, instead of one call
    /// for each file.
    package static func synchronizeTree(_ directory: Int32) throws(SystemError) {
        #if os(Linux)
            _ = try retrying { capsule_sync_file_system(directory) }
        #else
            sync()
        #endif
    }

    /// Renames within a directory without replacing anything; returns false when `newName` exists.
    package static func renameWithoutReplacing(
        _ name: String, to newName: String, at directory: Int32
    ) throws(SystemError) -> Bool {
        do throws(SystemError) {
            #if os(Linux)
                _ = try retrying { unsafe capsule_rename_no_replace(directory, name, newName) }
            #elseif canImport(Darwin)
                _ = try retrying { unsafe renameatx_np(directory, name, directory, newName, UInt32(RENAME_EXCL)) }
            #endif
            return true
        } catch  where error == .exists {
            return false
        } catch  where [EINVAL, ENOSYS, ENOTSUP].contains(error.number) {
            // The file system does not support the call. A directory can only replace an empty directory, so a race
            // loses no data.
            if try exists(newName, at: directory) { return false }
            try rename(name, at: directory, to: newName, at: directory)
            return true
        }
    }
}
