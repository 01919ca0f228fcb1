internal import CapsuleCore
internal import Documents
internal import Support

/// A kustomization of a working directory that may be the entry of the package.
struct KustomizeCandidate {
    /// The maximum number of kustomizations that are compared.
    static let maximumCount = 200

    /// The directory of the kustomization.
    let directory: TreeDirectory
    /// What it refers to, and the problems of that.
    let reach: PackageReach
    /// The names of the images that it runs, in the order of its files, without tags.
    let images: [String]
    /// True when a directory above it has a name that the application is known by.
    let isNamed: Bool
    /// How likely it is the package.
    private(set) var rank: PackageRank

    /// The kustomizations that a build would accept, the most likely first. If a build would accept none of them, all.
    ///
    /// - Parameter names: the names that the application is known by.
    static func all(in files: RepositoryFiles, names: Set<String>) -> [KustomizeCandidate] {
        let directories = files.tree.kustomizationDirectories
            .compactMap { try? TreeDirectory($0.isEmpty ? "." : $0) }
            .filter { !isComponent($0, in: files.tree) }
            .sorted { ($0.path?.segments.count ?? 0, $0.inTree) < ($1.path?.segments.count ?? 0, $1.inTree) }
        let found = directories.prefix(maximumCount).map { KustomizeCandidate($0, in: files, names: names) }
        let closed = found.filter { $0.problem == nil }
        return ranked(closed.isEmpty ? found : closed).sorted { $0.rank < $1.rank }
    }

    private init(_ directory: TreeDirectory, in files: RepositoryFiles, names: Set<String>) {
        self.directory = directory
        reach = PackageReach(files.tree, entry: directory)
        let read = reach.files.sorted().compactMap { (try? RelativePath($0)).flatMap(files.file) }
        var seen: Set<String> = []
        images = PackageImages.scan(PackageTree(kind: .kustomize, entry: directory, files: read))
            .map { ImageName($0.name).name }.filter { seen.insert($0).inserted }
        isNamed = directory.path?.segments.contains { names.contains($0.lowercased()) } ?? false
        rank = PackageRank(directory, runs: !images.isEmpty, order: [])
    }

    /// The first problem for which a build would refuse it; nil when there is none.
    var problem: Finding? { reach.findings.first { $0.severity == .error } }

    /// True when it contains the kustomization of another candidate.
    func contains(_ other: KustomizeCandidate) -> Bool {
        other.directory != directory && reach.directories.contains(other.directory.inTree)
    }

    private static func isComponent(_ directory: TreeDirectory, in tree: FileTree) -> Bool {
        guard let file = tree.kustomizations(in: directory.inTree).first else { return false }
        let documents = (try? YAMLParser.documents(file.content, file: "", limits: .kustomizations)) ?? []
        return documents.first?["kind"]?.string == "Component"
    }

    private static func ranked(_ candidates: [KustomizeCandidate]) -> [KustomizeCandidate] {
        let (overlays, others) = (
            candidates.filter { PackageRank.isEnvironment($0.directory) },
            candidates.filter { !PackageRank.isEnvironment($0.directory) && !PackageRank.isExample($0.directory) }
        )
        let hasBase = overlays.contains { overlay in others.contains { overlay.contains($0) } }
        return candidates.map { candidate in
            var candidate = candidate
            let last = candidate.directory.path?.lastSegment
            let isBase = overlays.contains { $0.contains(candidate) }
            let isPart = others.contains { $0.contains(candidate) }
            // Of packages for one environment each, the one for production is what most users have.
            let environment = candidate.directory.path?.segments.map { RepositorySurvey.rank(String($0)) }.max() ?? 0
            candidate.rank = PackageRank(
                candidate.directory, runs: !candidate.images.isEmpty,
                order: [
                    hasBase && !isBase ? 1 : 0, isPart ? 1 : 0, last == "base" ? 0 : last == "default" ? 1 : 2,
                    PackageRank.isEnvironment(candidate.directory) ? -environment : 0, candidate.isNamed ? 0 : 1,
                ])
            return candidate
        }
    }
}

extension KustomizeCandidate {
    /// The package with this entry: the smallest directory that contains what the entry refers to, and of that what the
    /// entry needs. Components in a directory of that name are for the policies of environments.
    func package(in files: RepositoryFiles) -> RepositorySurvey.Package {
        let read = reach.files.compactMap { try? RelativePath($0) }
        var source = directory
        while let path = source.path, !read.allSatisfy({ $0.relative(to: path) != nil }) {
            source = TreeDirectory(path: path.parent)
        }
        // A base is next to the components and overlays that belong to it.
        if source == directory, let path = source.path, path.lastSegment == "base" {
            source = TreeDirectory(path: path.parent)
        }
        func inSource(_ path: RelativePath) -> RelativePath? {
            guard let directory = source.path else { return path }
            return path.relative(to: directory)
        }
        let entry = TreeDirectory(path: directory.path.flatMap(inSource))
        var include: Set<String> = []
        if entry != .top { include = Set(read.compactMap(inSource).compactMap { $0.segments.first.map(String.init) }) }
        let components = source.path(of: "components")
        if files.tree.kustomizationDirectories.contains(where: { $0.hasPrefix(components + "/") }) {
            include.insert("components")
        }
        return RepositorySurvey.Package(
            kind: .kustomize, source: source.description, include: include.sorted(), entry: entry.description)
    }
}
