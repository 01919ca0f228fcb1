internal import Archive
internal import OCI
internal import Support

/// Opens the packed subcharts of a chart, as `helm dependency update` leaves them in `charts/`.
///
/// The files in `charts/redis-1.2.3.tgz` become files in a directory of that name, so that the lint treats packed and
/// unpacked subcharts alike. `format.md` §6; `docs/security.md`, A11.
struct PackedCharts {
    /// The maximum number of levels of charts packed in charts. Charts that Helm packs have one or two; the limit keeps few archives in
    /// memory at a time.
    static let maximumDepth = 5

    /// The files. A packed chart that could be opened is replaced by the files in its archive.
    private(set) var files: [PackageFile] = []
    /// The problems of archives.
    private(set) var findings: [Finding] = []
    /// The archives that could not be opened.
    private(set) var unreadable: Set<String> = []
    /// The remaining limits of one layer. All archives share them, since the files in archives count as files of the
    /// package.
    private var limits = ArchiveLimits.capsule

    /// Opens every packed chart, at any depth up to the limit.
    ///
    /// - Parameter others: the paths of further files of the package, which are not packed charts.
    static func open(_ files: [PackageFile], others: [RelativePath] = []) -> PackedCharts {
        var charts = PackedCharts()
        var directories: Set<String> = []
        var queue: [(file: PackageFile, depth: Int)] = []
        for file in files {
            if isPacked(file.path) { queue.append((file, 1)) } else { charts.files.append(file) }
        }
        for path in (files.map(\.path) + others).sorted() {
            if let directory = misnamed(path), directories.insert(directory).inserted {
                charts.findings.append(
                    Finding(
                        rule: "package.layout", file: directory,
                        message: "helm takes a directory of this name for an archive",
                        remedy: "rename the directory, such as to the name of its chart"))
            }
        }
        var next = 0
        while next < queue.count {
            let (file, depth) = queue[next]
            for inner in charts.contents(of: file, depth) {
                if isPacked(inner.path) { queue.append((inner, depth + 1)) } else { charts.files.append(inner) }
            }
            next += 1
        }
        return charts
    }

    /// True when a directory is that of a chart: the package's top, or a chart below `charts/`, at any depth. Helm ignores
    /// names in `charts/` that start with a dot or an underscore.
    static func isChart(_ directory: some Collection<Substring>) -> Bool {
        directory.enumerated().allSatisfy { index, segment in
            index % 2 == 0 ? segment == "charts" : segment.first != "." && segment.first != "_"
        } && directory.count % 2 == 0
    }

    private static func isPacked(_ path: RelativePath) -> Bool {
        path.description.utf8.suffix(4).elementsEqual(".tgz".utf8) && isChart(path.segments)
    }

    private static func misnamed(_ path: RelativePath) -> String? {
        let segments = path.segments
        for count in stride(from: 2, to: segments.count, by: 2) where segments[count - 1].hasSuffix(".tgz") {
            if isChart(segments.prefix(count)) { return segments.prefix(count).joined(separator: "/") }
        }
        return nil
    }

    private mutating func contents(of file: PackageFile, _ depth: Int) -> [PackageFile] {
        let path = file.path.description
        guard depth <= Self.maximumDepth else {
            reject(path, "it is packed in charts that are packed \(Self.maximumDepth) deep, which is the limit")
            return []
        }
        if LFSPointer(file.content) != nil {
            unreadable.insert(path)
            findings.append(LFSPointer.finding(rule: "package.lfs-pointer", file: path, of: "the packed chart"))
            return []
        }
        do {
            let archive = try TarballReader.read(file.content, limits: limits)
            limits.entries -= archive.entries
            limits.totalSize -= archive.files.reduce(0) { $0 + Int64($1.content.count) }
            return try Self.place(archive.files, in: file.path)
        } catch let error as ArchiveError {
            let used = limits == .capsule ? "" : " (all packed charts together count against one limit)"
            reject(path, error.message + (error.code == .tooLarge ? used : ""))
        } catch {
            reject(path, error.message)
        }
        return []
    }

    private mutating func reject(_ path: String, _ reason: String) {
        unreadable.insert(path)
        findings.append(
            Finding(
                rule: "package.unreadable", file: path, message: "cannot be read as a packed chart: \(reason)",
                remedy: "pack it with `helm package`, or put the unpacked chart in its place"))
    }

    /// Returns the files by their paths in the package: the archive's path replaces the top directory in the archive.
    private static func place(
        _ files: [TarballReader.File], in archive: RelativePath
    ) throws(CapsuleError) -> [PackageFile] {
        guard let top = files.first.flatMap({ String($0.path.utf8.prefix { $0 != UInt8(ascii: "/") }) }) else {
            throw CapsuleError(.invalidPackage, "it is empty")
        }
        var placed: [PackageFile] = []
        for file in files {
            guard file.path.utf8.starts(with: "\(top)/".utf8) else {
                throw CapsuleError(
                    .invalidPackage,
                    "\(quoted(file.path)) is not in \(quoted(top)); a packed chart is one directory")
            }
            let rest = file.path.utf8.dropFirst(top.utf8.count + 1)
            let path = try RelativePath("\(archive)/\(Substring(rest))")
            placed.append(PackageFile(path: path, content: file.content))
        }
        guard placed.contains(where: { $0.path.description == "\(archive)/Chart.yaml" }) else {
            throw CapsuleError(.invalidPackage, "there is no \(top)/Chart.yaml in it")
        }
        return placed
    }
}

extension PackageTree {
    /// The files, and for a chart those in its packed subcharts that can be read.
    package var filesWithPackedCharts: [PackageFile] { kind == .helm ? PackedCharts.open(files).files : files }
}
