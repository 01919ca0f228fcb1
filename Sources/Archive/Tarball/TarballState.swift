internal import Support

/// The files of a tarball as they are read, and the rules that apply between its entries.
struct TarballState {
    private let limits: ArchiveLimits
    private var files: [TarballReader.File] = []
    private var names = NameSet()
    private var directories: Set<String> = []
    private var headers = 0
    /// The directories that have no entry of their own, or one that comes later.
    private var impliedDirectories = 0
    private var total: Int64 = 0

    init(limits: ArchiveLimits) { self.limits = limits }

    /// Checks an entry before a byte of its content is read. `headers` is the number of headers so far.
    mutating func accept(_ entry: TarEntry, headers: Int) throws(ArchiveError) -> TarEntry {
        self.headers = headers
        try checkCount()
        let name = String(decoding: entry.name, as: UTF8.self)
        guard entry.size <= limits.fileSize else { throw .fileTooLarge(name, size: entry.size, limits: limits) }
        total += entry.size
        guard total <= limits.totalSize else { throw .totalTooLarge(name, limits: limits) }
        return entry
    }

    /// Takes an entry with its content.
    mutating func add(_ entry: TarEntry, _ content: [UInt8]) throws(ArchiveError) {
        let path = try LayerPath.checkForm(entry.trimmedName)
        if entry.kind == .directory {
            if directories.insert(path).inserted { try add(directoriesAbove: path) }
        } else {
            try names.insert(path)
            try add(directoriesAbove: path)
            files.append(TarballReader.File(path: path, content: content))
        }
    }

    /// The files and the number of entries, after the checks that need the whole archive.
    mutating func finish(headers: Int) throws(ArchiveError) -> TarballReader.Contents {
        self.headers = headers
        try checkCount()
        if let file = files.first(where: { directories.contains($0.path) }) {
            throw ArchiveError(
                .duplicate, "\(quoted(file.path)) is both a file and a directory", entry: file.path)
        }
        return TarballReader.Contents(files: files, entries: headers + impliedDirectories)
    }

    // Counted like entries: a few thousand paths of a thousand bytes would imply a million directories.
    private mutating func add(directoriesAbove path: String) throws(ArchiveError) {
        var path = path
        while let parent = LayerPath.parent(of: path), directories.insert(parent).inserted {
            impliedDirectories += 1
            try checkCount()
            path = parent
        }
    }

    private func checkCount() throws(ArchiveError) {
        guard headers + impliedDirectories <= limits.entries else { throw .tooManyEntries(limit: limits.entries) }
    }
}
