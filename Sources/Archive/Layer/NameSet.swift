/// The names in a layer, to find those that one file system or another cannot keep apart.
struct NameSet {
    private var names: [String: String] = [:]

    /// Takes a path whose path rules hold.
    mutating func insert(_ path: String) throws(ArchiveError) {
        guard let other = names.updateValue(path, forKey: LayerPath.folded(path)) else { return }
        if other == path {
            throw ArchiveError(
                .duplicate, "\(quotedName(path.utf8)) is there twice, as file, directory or both", entry: path)
        }
        throw ArchiveError(
            .duplicate,
            "\(quotedName(other.utf8)) and \(quotedName(path.utf8)) are one name where case is ignored; rename one",
            entry: path)
    }
}

extension ArchiveError {
    static func fileTooLarge(_ path: String, size: Int64, limits: ArchiveLimits) -> ArchiveError {
        ArchiveError(
            .tooLarge, "\(quotedName(path.utf8)) has \(size) bytes; the limit for a file is \(limits.fileSize)",
            entry: path)
    }

    static func totalTooLarge(_ path: String, limits: ArchiveLimits) -> ArchiveError {
        ArchiveError(
            .tooLarge, "with \(quotedName(path.utf8)) the files pass the limit of \(limits.totalSize) bytes together",
            entry: path)
    }

    static func tooManyEntries(limits: ArchiveLimits) -> ArchiveError {
        ArchiveError(.tooLarge, "there are more than \(limits.entries) files and directories, which is the limit")
    }
}
