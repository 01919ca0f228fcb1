internal import Support

/// The rules between the entries of a layer: order, uniqueness, directories before their contents, limits.
struct LayerState {
    private let limits: ArchiveLimits
    private let kind: LayerKind
    private var names = NameSet()
    private var directories: Set<String> = []
    private var last: String?
    private var modified: Int64?
    private var count = 0
    private var total: Int64 = 0

    init(limits: ArchiveLimits, kind: LayerKind = .capsule) {
        self.limits = limits
        self.kind = kind
    }

    /// Checks the next entry, its declared size included, before a byte of its content is read.
    mutating func accept(_ header: TarEntry) throws(ArchiveError) -> ArchiveEntry {
        let isDirectory = header.kind == .directory
        let path = try LayerPath.check(header.trimmedName, isDirectory: isDirectory)
        count += 1
        guard count <= limits.entries else { throw .tooManyEntries(limit: limits.entries) }
        guard header.size <= limits.fileSize else {
            throw .fileTooLarge(path, size: header.size, limits: limits)
        }
        total += header.size
        guard total <= limits.totalSize else { throw .totalTooLarge(path, limits: limits) }
        try checkPlace(path)
        if let modified, modified != header.modified {
            throw ArchiveError(
                .malformed,
                "\(quoted(path)) has another time than the entry before it; all entries have the time of the commit",
                entry: path)
        }
        modified = header.modified
        if isDirectory { directories.insert(path) }
        return ArchiveEntry(
            path: path, kind: isDirectory ? .directory : .file, size: header.size, modified: header.modified)
    }

    /// Checks that the layer is not empty.
    func finish() throws(ArchiveError) {
        guard count == 0 else { return }
        throw ArchiveError(
            .malformed, "the layer is empty" + (kind == .capsule ? "; it must start with release.yaml" : ""))
    }

    private mutating func checkPlace(_ path: String) throws(ArchiveError) {
        try names.insert(path)
        if let problem = kind.problem(of: path) ?? (last == nil ? kind.problem(ofFirst: path) : nil) {
            throw ArchiveError(.malformed, problem, entry: path)
        }
        if let last, !LayerPath.precedes(last, path) {
            throw ArchiveError(
                .malformed,
                "\(quoted(path)) comes after \(quoted(last)); entries must be sorted by bytes",
                entry: path)
        }
        if let parent = LayerPath.parent(of: path), !directories.contains(parent) {
            throw ArchiveError(
                .malformed, "\(quoted(path)) has no entry for its directory before it", entry: path)
        }
        self.last = path
    }
}
