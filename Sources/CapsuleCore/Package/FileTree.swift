internal import Support

/// The files of a tree by path, and the directories that contain them. The lint resolves references in it.
package struct FileTree: Sendable {
    /// The file names of a kustomization, in the order in which kustomize looks for them.
    package static let kustomizationNames = ["kustomization.yaml", "kustomization.yml", "Kustomization"]

    /// The files, sorted by path.
    package let files: [PackageFile]
    private let byPath: [String: PackageFile]
    private let hashed: [String: RelativePath]
    private let directories: Set<String>

    /// Creates a tree of files whose paths are relative to its top.
    package init(_ files: [PackageFile]) { self.init(files, hashed: []) }

    /// - Parameter hashed: the paths of files that are in the tree and whose bytes are not in memory.
    package init(_ files: [PackageFile], hashed: [RelativePath]) {
        self.files = files.sorted { $0.path < $1.path }
        byPath = Dictionary(files.map { ($0.path.description, $0) }, uniquingKeysWith: { first, _ in first })
        self.hashed = Dictionary(hashed.map { ($0.description, $0) }, uniquingKeysWith: { first, _ in first })
        var directories: Set<String> = [""]
        for path in files.map(\.path) + hashed {
            var parent = path.parent
            while let directory = parent, directories.insert(directory.description).inserted {
                parent = directory.parent
            }
        }
        self.directories = directories
    }

    /// True when a file has exactly the bytes of `path` as its path: file systems distinguish texts that Unicode treats
    /// as equal.
    func contains(_ path: String) -> Bool {
        file(path) != nil || hashed[path].map { $0.description.hasSameBytes(as: path) } == true
    }

    /// The file whose path has exactly the bytes of `path`; nil when there is none, or its bytes are not in memory.
    package func file(_ path: String) -> PackageFile? {
        guard let file = byPath[path], file.path.description.hasSameBytes(as: path) else { return nil }
        return file
    }

    /// True when `path` is a directory with something in it; the empty string is the top.
    package func isDirectory(_ path: String) -> Bool { directories.contains(path) }

    /// The kustomization files in a directory. kustomize accepts only directories with exactly one.
    package func kustomizations(in directory: String) -> [PackageFile] {
        Self.kustomizationNames.compactMap { file(Self.join(directory, $0)) }
    }

    /// Every directory that has a kustomization, sorted.
    package var kustomizationDirectories: [String] {
        let found = files.filter { Self.kustomizationNames.contains($0.path.lastSegment) }
        return Set(found.map { $0.path.parent?.description ?? "" }).sorted()
    }

    /// True when the last segment of a path is one of the names of a kustomization.
    static func isKustomization(_ path: String) -> Bool {
        kustomizationNames.contains {
            path.utf8.elementsEqual($0.utf8) || path.utf8.suffix($0.utf8.count + 1).elementsEqual("/\($0)".utf8)
        }
    }

    static func join(_ directory: String, _ name: String) -> String {
        directory.isEmpty ? name : "\(directory)/\(name)"
    }

    /// True when `path` is `directory` or below it.
    static func contains(_ directory: String, _ path: String) -> Bool {
        directory.isEmpty || path == directory || path.hasPrefix(directory + "/")
    }
}
