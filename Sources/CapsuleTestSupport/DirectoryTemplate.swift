internal import FoundationEssentials

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// The directories and regular files below a directory, kept in memory. Writing them again costs a few milliseconds, where the
/// programs that made them cost hundreds.
package struct DirectoryTemplate: Sendable {
    private struct File: Sendable {
        let path: String
        let mode: mode_t
        let content: [UInt8]
    }

    private let directories: [String]
    private let files: [File]

    /// Reads everything below `directory`.
    ///
    /// - Throws: `ToolFailure` when something there is neither a directory nor a regular file.
    package init(of directory: String) throws {
        var directories: [String] = []
        var files: [File] = []
        for path in listTree(directory) {
            var status = stat()
            guard lstat("\(directory)/\(path)", &status) == 0 else {
                throw ToolFailure(description: "\(directory)/\(path) has disappeared")
            }
            switch status.st_mode & S_IFMT {
            case S_IFDIR: directories.append(path)
            case S_IFREG:
                let content = try readFile("\(directory)/\(path)")
                files.append(File(path: path, mode: status.st_mode & 0o777, content: content))
            default: throw ToolFailure(description: "\(directory)/\(path) is neither a directory nor a regular file")
            }
        }
        self.directories = directories
        self.files = files
    }

    /// Writes everything into `directory`, which is created when it does not exist.
    package func write(to directory: String) throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        for path in directories where mkdir("\(directory)/\(path)", 0o777) != 0 {
            throw ToolFailure(
                description: "\(directory)/\(path) cannot be created: \(String(cString: strerror(errno)))")
        }
        for file in files {
            let descriptor = open("\(directory)/\(file.path)", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, file.mode)
            let isWritten = descriptor >= 0 && file.content.withUnsafeBytes { $0.isWritten(to: descriptor) }
            guard isWritten, close(descriptor) == 0 else {
                throw ToolFailure(
                    description: "\(directory)/\(file.path) cannot be written: \(String(cString: strerror(errno)))")
            }
        }
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func isWritten(to descriptor: Int32) -> Bool {
        var written = 0
        while written < count {
            let part = write(descriptor, baseAddress?.advanced(by: written), count - written)
            guard part > 0 else { return false }
            written += part
        }
        return true
    }
}
