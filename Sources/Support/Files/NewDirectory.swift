/// Writes new directories. Each appears only when it is complete, and none replaces an existing file or directory.
package enum NewDirectory {
    /// Checks early that a directory can be created: its path does not exist, and its parent does.
    ///
    /// - Throws: `FileError.Code.io`
    package static func check(_ path: String) throws(FileError) {
        let staged = try stagedPath(path)
        do throws(SystemError) {
            let parent = try SystemCall.open(staged.parent, .directory)
            defer { SystemCall.close(parent) }
            if try SystemCall.exists(staged.name, at: parent) { throw SystemError.exists }
        } catch {
            throw failure(path, staged, error)
        }
    }

    /// Writes files below a new directory, which receives its name when all of them are written.
    ///
    /// - Parameters:
    ///   - files: the paths, relative to the directory and without `..`, and the contents.
    ///   - directories: further directories to create, each after its parents.
    ///   - durable: true to flush everything to the disk before returning.
    /// - Throws: `FileError.Code.io`; nothing remains in that case.
    package static func write(
        _ files: [(path: String, content: [UInt8])], directories: [String] = [], to path: String, durable: Bool = true
    ) throws(FileError) {
        let staged = try stagedPath(path)
        do throws(SystemError) {
            let directory = try PartialDirectory.make(for: staged, mode: 0o777)
            defer { directory.end() }
            for name in directories { try SystemCall.makeDirectory(name, at: directory.root) }
            for file in files {
                try makeParents(of: file.path, at: directory.root)
                try NewFile.write(file.content, file.path, at: directory.root, mode: 0o666, durable: false)
            }
            guard try directory.commit(durable: durable) else { throw SystemError.exists }
        } catch {
            throw failure(path, staged, error)
        }
    }

    private static func makeParents(of path: String, at root: Int32) throws(SystemError) {
        let names = path.split(separator: "/").dropLast()
        for end in names.indices { try SystemCall.makeDirectory(names[...end].joined(separator: "/"), at: root) }
    }

    private static func stagedPath(_ path: String) throws(FileError) -> StagedPath {
        var trimmed = Substring(path)
        while trimmed.utf8.count > 1, trimmed.hasSuffix("/") { trimmed.removeLast() }
        guard let staged = StagedPath(String(trimmed)) else {
            throw FileError(.io, "\(quoted(path)) does not name a new directory; write its path and name")
        }
        return staged
    }

    private static func failure(_ path: String, _ staged: StagedPath, _ error: SystemError) -> FileError {
        switch error {
        case .exists:
            FileError(.io, "\(path) exists and is left as it is; name a directory that does not exist", cause: error)
        case .notFound, .notDirectory:
            FileError(.io, "\(path) cannot be made: there is no directory \(staged.parent)", cause: error)
        default: .cannotWrite(path, error)
        }
    }
}
