/// Files by path, and the directories that they imply: what a lint looks references up in.
public struct FileTree: Sendable {
    /// The names that kustomize takes for a kustomization, in the order it looks for them.
    static let kustomizationNames = ["kustomization.yaml", "kustomization.yml", "Kustomization"]

    /// The files, sorted by path.
    public let files: [PackageFile]
    private let byPath: [String: PackageFile]
    private let directories: Set<String>

    /// Takes files with their paths below the top of the tree.
    public init(_ files: [PackageFile]) {
        self.files = files.sorted { $0.path < $1.path }
        byPath = Dictionary(files.map { ($0.path.description, $0) }, uniquingKeysWith: { first, _ in first })
        var directories: Set<String> = [""]
        for file in files {
            var parent = file.path.parent
            while let directory = parent, directories.insert(directory.description).inserted {
                parent = directory.parent
            }
        }
        self.directories = directories
    }

    /// The file at `path`, which has to be spelled with the same bytes: file systems tell apart what Unicode holds equal.
    public func file(_ path: String) -> PackageFile? {
        guard let file = byPath[path], file.path.description.utf8.elementsEqual(path.utf8) else { return nil }
        return file
    }

    /// Whether `path` is a directory with something in it; the empty string is the top.
    public func isDirectory(_ path: String) -> Bool { directories.contains(path) }

    /// The kustomizations that stand in a directory: one, in a directory that kustomize accepts.
    func kustomizations(in directory: String) -> [PackageFile] {
        Self.kustomizationNames.compactMap { file(Self.join(directory, $0)) }
    }

    /// Every directory that has a kustomization, sorted.
    public var kustomizationDirectories: [String] {
        let found = files.filter { Self.kustomizationNames.contains($0.path.lastSegment) }
        return Set(found.map { $0.path.parent?.description ?? "" }).sorted()
    }

    static func join(_ directory: String, _ name: String) -> String {
        directory.isEmpty ? name : "\(directory)/\(name)"
    }

    /// Whether `path` stands in `directory` or below it.
    static func contains(_ directory: String, _ path: String) -> Bool {
        directory.isEmpty || path == directory || path.hasPrefix(directory + "/")
    }
}
