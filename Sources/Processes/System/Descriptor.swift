internal import CSpawn
internal import Support

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// An open file descriptor that is closed with its last reference.
///
/// A class, because descriptors travel between threads in arrays and continuations, which take copyable values only.
final class Descriptor: Sendable {
    enum Transfer {
        /// The number of bytes that were moved, at least one.
        case moved(Int)
        /// Nothing can be moved without blocking.
        case later
        /// The other end is closed, or the call failed, which is the same for a pipe.
        case over
    }

    let number: Int32

    init(_ number: Int32) { self.number = number }

    // A failed close cannot be repeated: the number is free either way.
    deinit { _ = close(number) }

    /// Reads once into the front of a buffer, at most `limit` bytes.
    func read(into buffer: inout [UInt8], atMost limit: Int = .max) -> Transfer {
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { bytes in
                #if canImport(Glibc)
                    unsafe Glibc.read(number, bytes.baseAddress, min(bytes.count, limit))
                #elseif canImport(Musl)
                    unsafe Musl.read(number, bytes.baseAddress, min(bytes.count, limit))
                #else
                    unsafe Darwin.read(number, bytes.baseAddress, min(bytes.count, limit))
                #endif
            }
            if count > 0 { return .moved(count) }
            if count == 0 { return .over }
            if errno == EAGAIN { return .later }
            if errno != EINTR { return .over }
        }
    }

    /// Writes once: the bytes of a buffer from `start` to its end.
    func write(_ buffer: [UInt8], from start: Int) -> Transfer {
        while true {
            let count = unsafe buffer.withUnsafeBytes { bytes in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[start...])
                #if canImport(Glibc)
                    return unsafe Glibc.write(number, rest.baseAddress, rest.count)
                #elseif canImport(Musl)
                    return unsafe Musl.write(number, rest.baseAddress, rest.count)
                #else
                    return unsafe Darwin.write(number, rest.baseAddress, rest.count)
                #endif
            }
            if count > 0 { return .moved(count) }
            if count < 0, errno == EINTR { continue }
            return count < 0 && errno == EAGAIN ? .later : .over
        }
    }
}

/// A pipe whose ends no started program inherits.
struct Pipe: Sendable {
    /// The ends that do not block.
    enum Unblocked: Int32 {
        case reading = 0
        case writing = 1
        case neither = -1
        case both = 2
    }

    let reading: Descriptor
    let writing: Descriptor

    init(unblocked: Unblocked) throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        let error = unsafe capsule_pipe(&ends, unblocked.rawValue)
        guard error == 0 else { throw SystemError(number: error) }
        reading = Descriptor(ends[0])
        writing = Descriptor(ends[1])
    }
}
