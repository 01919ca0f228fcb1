#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// The error of a system call.
package struct SystemError: Error, Hashable {
    package let number: Int32

    package init(number: Int32) { self.number = number }

    /// `EEXIST`
    package static let exists = SystemError(number: EEXIST)
    /// `ENOENT`
    package static let notFound = SystemError(number: ENOENT)
    /// `ENOTDIR`
    package static let notDirectory = SystemError(number: ENOTDIR)
    /// `ELOOP`: a symbolic link where none may be, or a cycle of links.
    package static let linkLoop = SystemError(number: ELOOP)
    /// `EINVAL`
    package static let invalid = SystemError(number: EINVAL)
    /// `EBUSY`
    package static let busy = SystemError(number: EBUSY)
    /// `ENXIO`: a named pipe without a reader, or a device that does not exist.
    package static let noDevice = SystemError(number: ENXIO)
    /// `EPERM`
    package static let notPermitted = SystemError(number: EPERM)
    /// `EOPNOTSUPP`
    package static let notSupported = SystemError(number: EOPNOTSUPP)

    /// The text of the system for the error: `Permission denied`.
    package var text: String {
        // `strerror` is not safe when threads share its buffer.
        var text = [CChar](repeating: 0, count: 128)
        guard unsafe strerror_r(number, &text, text.count) == 0 else { return "error \(number)" }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The general remedy for the error, worded to follow a message; empty when there is none.
    package var advice: String {
        switch number {
        case EACCES, EPERM: "; check its owner and its permissions"
        case EROFS: "; use a place that can be written"
        case ENOSPC, EDQUOT: "; free space and run it again"
        default: ""
        }
    }
}
