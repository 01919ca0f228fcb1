/// Makes the entries of a layer below an open directory.
///
/// The directory of the last entry stays open: entries are sorted, so the next one is usually in it, and only a few
/// descriptors are open however deep the tree is.
struct TreeWriter {
    private let root: OpenDirectory
    private var current: (path: String, directory: OpenDirectory)?
    /// True when the mode of files must be set in the directory of the last entry, and until a file was made there.
    private var setsMode = true
    /// The entries that were made, in order.
    private(set) var entries: [ArchiveEntry] = []

    init(root: OpenDirectory) { self.root = root }

    /// Makes one entry, whose path the reader has checked.
    mutating func add(_ entry: ArchiveEntry, _ content: [UInt8]) throws(ArchiveError) {
        let parent = LayerPath.parent(of: entry.path)
        let directory = try open(parent)
        let name = parent.map { String(entry.path.dropFirst(utf8: $0.utf8.count + 1)) } ?? entry.path
        entries.append(entry)
        switch entry.kind {
        case .directory: try directory.makeDirectory(name)
        case .file: setsMode = try !directory.writeFile(name, content, settingMode: setsMode)
        }
    }

    mutating func close() {
        current?.directory.close()
        current = nil
    }

    /// Opens a directory segment by segment, from the one that is open or from the root.
    private mutating func open(_ path: String?) throws(ArchiveError) -> OpenDirectory {
        guard let path else {
            setsMode = true
            return root
        }
        if let current, current.path == path { return current.directory }
        setsMode = true
        var directory = root
        var rest = Substring(path)
        if let current, path.utf8.starts(with: "\(current.path)/".utf8) {
            directory = current.directory
            rest = path.dropFirst(utf8: current.path.utf8.count + 1)
        } else {
            close()
        }
        current = nil
        for segment in rest.split(separator: "/") {
            let next: OpenDirectory
            do throws(ArchiveError) {
                next = try directory.directory(String(segment))
            } catch {
                if directory.descriptor != root.descriptor { directory.close() }
                throw error
            }
            if directory.descriptor != root.descriptor { directory.close() }
            directory = next
        }
        current = (path, directory)
        return directory
    }
}

extension String {
    fileprivate func dropFirst(utf8 count: Int) -> Substring {
        self[utf8.index(startIndex, offsetBy: count)...]
    }
}
