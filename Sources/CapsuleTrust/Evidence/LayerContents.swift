internal import Archive
internal import CapsuleCore

/// The files of a layer, collected while it is read for the first and only time.
struct LayerContents: Sendable {
    var files: [String: [UInt8]] = [:]
    var directories: Set<String> = []
    /// The one modification time of all entries.
    var modified: Int64?

    /// Reads a layer to its end.
    ///
    /// - Throws: `ArchiveError`
    init(reading layer: [UInt8]) throws {
        var files: [String: [UInt8]] = [:]
        var directories: Set<String> = []
        var modified: Int64?
        try LayerReader(layer).forEachEntry { entry, content in
            modified = entry.modified
            switch entry.kind {
            case .file: files[entry.path] = content
            case .directory: directories.insert(entry.path)
            }
        }
        self.files = files
        self.directories = directories
        self.modified = modified
    }

    /// The files below a directory, by their paths in it.
    func files(below directory: RelativePath) throws(CapsuleError) -> [PackageFile] {
        let prefix = directory.description + "/"
        var result: [PackageFile] = []
        for (path, content) in files where path.hasPrefix(prefix) {
            result.append(PackageFile(path: try RelativePath(String(path.dropFirst(prefix.count))), content: content))
        }
        return result
    }
}
