internal import Support

/// The names in a layer. It rejects names that some file system cannot distinguish.
struct NameSet {
    private var names: [String: String] = [:]

    /// Adds a valid path; a name that is equal to an earlier one, or differs in case only, is an error.
    mutating func insert(_ path: String) throws(ArchiveError) {
        guard let other = names.updateValue(path, forKey: LayerPath.folded(path)) else { return }
        if other == path {
            throw ArchiveError(
                .duplicate, "\(quoted(path)) is a duplicate entry, as file, directory or both", entry: path)
        }
        throw ArchiveError(
            .duplicate,
            "\(quoted(other)) and \(quoted(path)) are the same name where case is ignored; rename one",
            entry: path)
    }
}

extension ArchiveError {
    static func fileTooLarge(_ path: String, size: Int64, limits: ArchiveLimits) -> ArchiveError {
        ArchiveError(
            .tooLarge, "\(quoted(path)) has \(size) bytes; the limit for a file is \(limits.fileSize)",
            entry: path)
    }

    static func totalTooLarge(_ path: String, limits: ArchiveLimits) -> ArchiveError {
        ArchiveError(
            .tooLarge, "with \(quoted(path)) all files together exceed the limit of \(limits.totalSize) bytes",
            entry: path)
    }

    static func tooManyEntries(limit: Int) -> ArchiveError {
        ArchiveError(.tooLarge, "there are more than \(limit) files and directories, which is the limit")
    }
}
