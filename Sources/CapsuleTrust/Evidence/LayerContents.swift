internal import Archive
internal import CapsuleCore
internal import Documents
internal import OCI

/// The files of a layer, collected while it is read for the first time: everything is hashed, and what the checks are
/// likely to look into is kept.
struct LayerContents: Sendable {
    /// A file of the package.
    private struct File: Sendable {
        let path: String
        let digest: Digest
        let content: [UInt8]?
        /// For files whose content is not kept.
        let sha1: String
    }

    /// The content of `release.yaml` and of what stands in `metadata/`, by path.
    private(set) var documents: [String: [UInt8]] = [:]
    /// The files below `package/`, in the order of the layer, which is that of their bytes.
    private var packageFiles: [File] = []
    /// The one modification time of all entries.
    private(set) var modified: Int64?
    /// What is read again in the rare case that a check asks for it.
    let leftOut: LeftOutFiles

    /// Reads a layer to its end, making each entry in `staged` as it comes.
    ///
    /// - Throws: `ArchiveError`
    init(reading layer: [UInt8], into staged: StagedTree? = nil) throws {
        leftOut = LeftOutFiles(layer)
        try LayerReader(layer).forEachEntry { entry, content in
            try staged?.add(entry, content)
            modified = entry.modified
            guard entry.kind == .file else { return }
            if entry.path.hasPrefix("package/") {
                let isKept = PackageLint.usuallyReads(entry.path)
                packageFiles.append(
                    File(
                        path: entry.path, digest: .sha256(of: content), content: isKept ? content : nil,
                        sha1: isKept ? "" : FileHashes.sha1(content)))
            } else {
                documents[entry.path] = content
            }
        }
    }

    /// The number of files.
    var count: Int { documents.count + packageFiles.count }

    /// The paths of the files below `package/`.
    var packagePaths: [String] { packageFiles.map(\.path) }

    /// The files of the package that stands in a directory, by their paths in it.
    func files(below directory: RelativePath) throws(CapsuleError) -> [PackageFile] {
        let prefix = directory.description + "/"
        let keeper = leftOut.below(prefix)
        var result: [PackageFile] = []
        result.reserveCapacity(packageFiles.count)
        for file in packageFiles where file.path.utf8.starts(with: prefix.utf8) {
            let path = try RelativePath(String(Substring(file.path.utf8.dropFirst(prefix.utf8.count))))
            if let content = file.content {
                result.append(PackageFile(path: path, content: content, digest: file.digest))
            } else {
                result.append(PackageFile(path: path, digest: file.digest, sha1: file.sha1, keeper: keeper))
            }
        }
        return result
    }
}
