internal import CapsuleCore
internal import FoundationEssentials
internal import Support

/// The regular files of a working directory, as far as a survey looks. A file that cannot be read is treated as missing.
struct RepositoryFiles {
    /// The maximum depth of the search: packages are near the root, dependencies are deeper.
    static let maximumDepth = 8
    /// The maximum number of directories and of files to search, so that a huge repository takes a second, not minutes.
    static let maximumDirectories = 5_000
    static let maximumFiles = 50_000
    /// The maximum size of a file that is read: larger ones are not manifests, values or templates.
    private static let largestFile = 1 << 20
    /// Directories of dependencies and of build output.
    private static let skipped: Set<String> = ["node_modules", "vendor", "target", "dist", "build", "Pods"]
    /// Directories with a leading dot that say how images are built.
    private static let searched: Set<String> = [".github", ".circleci"]

    private let top: String
    /// The paths of the files, sorted.
    let paths: [RelativePath]
    /// The files: the kustomizations with their content, the others by their paths.
    let tree: FileTree

    /// Lists the files of a directory. Links are not followed, because a release cannot contain one.
    init(below top: String) {
        self.top = top
        var paths: [RelativePath] = []
        var queue: [(directory: TreeDirectory, depth: Int)] = [(.top, 0)]
        var next = 0
        while next < queue.count, next < Self.maximumDirectories, paths.count < Self.maximumFiles {
            let (directory, depth) = queue[next]
            next += 1
            let place = directory.below(top)
            for name in ((try? FileManager.default.contentsOfDirectory(atPath: place)) ?? []).sorted() {
                // No package can contain a file with a name that is not a path in normal form.
                guard let path = try? RelativePath(directory.path(of: name)) else { continue }
                let type = try? FileManager.default.attributesOfItem(atPath: "\(place)/\(name)")[.type]
                switch type as? FileAttributeType {
                case .typeRegular: paths.append(path)
                case .typeDirectory where depth < Self.maximumDepth && !Self.skips(name):
                    queue.append((TreeDirectory(path: path), depth + 1))
                default: continue
                }
            }
        }
        self.paths = paths.sorted()
        let kustomizations = self.paths.filter { FileTree.kustomizationNames.contains($0.lastSegment) }
        let read = kustomizations.compactMap { Self.file($0, below: top) }
        let known = Set(read.map(\.path))
        tree = FileTree(read, hashed: self.paths.filter { !known.contains($0) })
    }

    private static func skips(_ name: String) -> Bool {
        skipped.contains(name) || (name.hasPrefix(".") && !searched.contains(name))
    }

    /// The file at a path; nil when it cannot be read or is too large.
    func file(_ path: RelativePath) -> PackageFile? { Self.file(path, below: top) }

    private static func file(_ path: RelativePath, below top: String) -> PackageFile? {
        guard let content = try? SmallFile.read("\(top)/\(path)", limit: largestFile) else { return nil }
        return PackageFile(path: path, content: content)
    }

    /// The text of the file at a path; nil when there is none.
    func text(_ path: String) -> String? {
        guard let path = try? RelativePath(path), let file = file(path) else { return nil }
        return String(validating: file.content, as: UTF8.self)
    }

    /// The files at and below a directory, with paths relative to it.
    func files(in directory: TreeDirectory) -> [PackageFile] {
        paths.compactMap { path in
            guard let inner = directory.path.map({ path.relative(to: $0) }) ?? path, let file = file(path) else {
                return nil
            }
            return PackageFile(path: inner, content: file.content, digest: file.digest)
        }
    }
}
