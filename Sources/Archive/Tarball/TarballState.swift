/// The files of a tarball as they come, and the rules that hold between its entries.
struct TarballState {
    private let limits: ArchiveLimits
    private var files: [TarballReader.File] = []
    private var names = NameSet()
    private var directories: Set<String> = []
    /// The path that a pax header gives the next entry.
    private var nextPath: [UInt8]?
    /// Whether a pax header waits for its entry.
    private var isPending = false
    /// The headers, and the directories that have none.
    private var count = 0
    private var total: Int64 = 0

    init(limits: ArchiveLimits) { self.limits = limits }

    /// Checks a header before a byte behind it is read.
    mutating func accept(_ header: TarballHeader) throws(ArchiveError) {
        try countOne()
        switch header.kind {
        case .pax, .globalPax:
            guard header.size <= PaxRecords.maximumSize else {
                throw ArchiveError(
                    .tooLarge, "a pax header has \(header.size) bytes; the limit is \(PaxRecords.maximumSize)")
            }
            guard !isPending else {
                throw ArchiveError(.malformed, "a pax header does not stand right before the entry it is about")
            }
        case .file, .directory:
            let path = String(decoding: nextPath ?? header.name, as: UTF8.self)
            guard header.size <= limits.fileSize else {
                throw .fileTooLarge(path, size: header.size, limits: limits)
            }
            total += header.size
            guard total <= limits.totalSize else { throw .totalTooLarge(path, limits: limits) }
        }
    }

    /// Takes an entry with its content.
    mutating func add(_ header: TarballHeader, _ content: [UInt8]) throws(ArchiveError) {
        switch header.kind {
        case .pax:
            nextPath = try PaxRecords.path(content, isGlobal: false)
            isPending = true
            return
        case .globalPax:
            _ = try PaxRecords.path(content, isGlobal: true)
            return
        case .directory:
            var bytes = nextPath ?? header.name
            if bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
            let path = try LayerPath.checkForm(bytes)
            if directories.insert(path).inserted { try add(directoriesAbove: path) }
        case .file:
            let path = try LayerPath.checkForm(nextPath ?? header.name)
            try names.insert(path)
            try add(directoriesAbove: path)
            files.append(TarballReader.File(path: path, content: content))
        }
        nextPath = nil
        isPending = false
    }

    /// The files and the number of entries, with what can only be known at the end checked.
    func finish() throws(ArchiveError) -> TarballReader.Contents {
        guard !isPending else { throw ArchiveError(.malformed, "the tar ends after a pax header") }
        if let file = files.first(where: { directories.contains($0.path) }) {
            throw ArchiveError(
                .duplicate, "\(quotedName(file.path.utf8)) is both a file and a directory", entry: file.path)
        }
        return TarballReader.Contents(files: files, entries: count)
    }

    // Counted like entries: a few thousand paths of a thousand bytes would imply a million directories.
    private mutating func add(directoriesAbove path: String) throws(ArchiveError) {
        var path = path
        while let parent = LayerPath.parent(of: path), directories.insert(parent).inserted {
            try countOne()
            path = parent
        }
    }

    private mutating func countOne() throws(ArchiveError) {
        count += 1
        guard count <= limits.entries else { throw .tooManyEntries(limits: limits) }
    }
}
