#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// The flags with which a file is opened. Every file is closed in programs that are started.
package struct OpenFlags: OptionSet, Sendable {
    package let rawValue: Int32

    package init(rawValue: Int32) { self.rawValue = rawValue }

    /// Opens for reading. This is the default: it has no bits of its own.
    package static let readOnly = OpenFlags(rawValue: O_RDONLY)
    package static let writeOnly = OpenFlags(rawValue: O_WRONLY)
    package static let readWrite = OpenFlags(rawValue: O_RDWR)
    /// Creates the file when it does not exist.
    package static let create = OpenFlags(rawValue: O_CREAT)
    /// With `create`, fails when the file exists.
    package static let exclusive = OpenFlags(rawValue: O_EXCL)
    /// Fails when the path is not a directory.
    package static let directory = OpenFlags(rawValue: O_DIRECTORY)
    /// Fails when the last part of the path is a symbolic link.
    package static let noFollow = OpenFlags(rawValue: O_NOFOLLOW)
    /// Does not wait for the other end of a named pipe.
    package static let nonBlocking = OpenFlags(rawValue: O_NONBLOCK)
}
