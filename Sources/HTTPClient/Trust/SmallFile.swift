#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Reads a file of certificates or of a key.
enum SmallFile {
    /// Several times the bundle of all public authorities, which has 220 KB.
    static let sizeLimit = 4 << 20

    /// - Throws: `HTTPFailure.Code.invalidRequest` for what is not a file, cannot be read, or is too large.
    static func read(_ path: String) throws(HTTPFailure) -> [UInt8] {
        // A pipe would wait for a writer otherwise.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw .invalid(errno == ENOENT ? "there is no such file" : "the file cannot be opened (errno \(errno))")
        }
        defer { _ = close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw .invalid("it is not a file")
        }
        guard status.st_size <= sizeLimit else { throw .invalid("the file has more than \(sizeLimit) bytes") }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe Self.read(descriptor, $0) }
            guard count >= 0 else { throw .invalid("the file cannot be read (errno \(errno))") }
            guard count > 0 else { return bytes }
            bytes += buffer.prefix(count)
            guard bytes.count <= sizeLimit else { throw .invalid("the file has more than \(sizeLimit) bytes") }
        }
    }

    private static func read(_ descriptor: CInt, _ target: UnsafeMutableRawBufferPointer) -> Int {
        while true {
            #if canImport(Glibc)
                let count = unsafe Glibc.read(descriptor, target.baseAddress, target.count)
            #elseif canImport(Musl)
                let count = unsafe Musl.read(descriptor, target.baseAddress, target.count)
            #else
                let count = unsafe Darwin.read(descriptor, target.baseAddress, target.count)
            #endif
            if count >= 0 || errno != EINTR { return count }
        }
    }
}
