public import CapsuleCore
internal import FoundationEssentials
public import OCI
internal import Support

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Writes a directory of output: it appears whole or not at all, and never replaces anything.
public enum NewDirectory {
    /// Checks that a directory can be created, before anything is fetched.
    ///
    /// - Throws: `OCIError.Code.io`
    public static func check(_ path: String) throws(OCIError) {
        var status = stat()
        guard lstat(path, &status) != 0 else {
            throw OCIError(.io, "\(path) exists and is left as it is; name a directory that does not exist")
        }
        let parent = URL(filePath: path).deletingLastPathComponent().path
        guard stat(parent, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw OCIError(.io, "\(path) cannot be made: there is no directory \(parent)")
        }
    }

    /// Writes files below a new directory: first in a temporary directory next to it, then with one rename.
    ///
    /// - Throws: `OCIError.Code.io`; nothing is left behind then.
    public static func write(_ files: [PackageFile], to path: String) throws(OCIError) {
        try check(path)
        let target = URL(filePath: path)
        let random = UInt64.random(in: 0 ... .max)
        let partial = target.deletingLastPathComponent()
            .appending(path: ".\(target.lastPathComponent).partial-\(String(random, radix: 16))").path
        do {
            try FileManager.default.createDirectory(atPath: partial, withIntermediateDirectories: false)
            for file in files {
                if let parent = file.path.parent {
                    try FileManager.default.createDirectory(
                        atPath: "\(partial)/\(parent)", withIntermediateDirectories: true)
                }
                try Data(file.content).write(to: URL(filePath: "\(partial)/\(file.path)"))
            }
            try FileManager.default.moveItem(atPath: partial, toPath: path)
        } catch {
            try? FileManager.default.removeItem(atPath: partial)
            throw OCIError(.io, "\(path) cannot be written: \(fileSystemReason(error))", cause: error)
        }
    }
}
