package import Documents
package import Support

/// Follows every reference of a set of kustomizations and finds those that do not resolve to a place in the tree.
///
/// Only listed keys are accepted. kustomize matches keys without regard to case, so a key that is not known exactly as
/// it is written may still have an effect. `format.md` §6; `docs/security.md`, R1 to R4.
package enum KustomizeClosure {
    /// Checks the kustomizations of `entries` and all that they lead to.
    ///
    /// - Parameter entries: directories of the tree; the empty string is its top.
    /// - Returns: findings by file and line; none when the set is closed.
    package static func check(_ tree: FileTree, entries: [String]) -> [Finding] {
        reach(tree, entries: entries).findings
    }

    /// Checks like ``check(_:entries:)``, and also returns the files of the tree that the kustomizations refer to.
    ///
    /// Without findings, these are all the files that a render reads, so a render can be given only these.
    package static func reach(_ tree: FileTree, entries: [String]) -> (findings: [Finding], files: Set<String>) {
        let walk = walk(tree, entries: entries)
        return (walk.findings.inReadingOrder(), walk.files)
    }

    static func walk(_ tree: FileTree, entries: [String], role: KustomizeRole = .entry) -> KustomizeWalk {
        var walk = KustomizeWalk(tree: tree)
        for entry in entries { walk.enter(entry, role) }
        walk.run()
        return walk
    }
}

/// The role in which a kustomization names a directory.
enum KustomizeRole: Hashable {
    /// Named on its own, as an entry.
    case entry
    /// The entry of a package, which a render takes as its resource.
    case package
    /// A resource or base.
    case resource
    /// A component.
    case component
    /// Generators, transformers or validators.
    case plugin
}

/// The state of one walk.
struct KustomizeWalk {
    let tree: FileTree
    var findings: [Finding] = []
    private(set) var files: Set<String> = []
    /// The files that the walk reached and could not read, because their bytes are not in memory.
    private(set) var needed: Set<String> = []
    /// What is referred to and is not in the tree: files, and directories without a kustomization.
    private(set) var absent: Set<String> = []
    private var queue: [(directory: String, role: KustomizeRole)] = []
    private var seen: [String: Set<KustomizeRole>] = [:]
    private var readFiles: Set<String> = []
    private var edges: [String: [KustomizeEdge]] = [:]
    private var budget = YAMLBudget.package
    /// The maximum number of findings, more than a person reads. The walk ends at this number.
    static let maximumFindings = 1_000

    init(tree: FileTree) { self.tree = tree }

    /// True when the walk reached a file whose bytes are not in memory, so that the findings are not complete.
    var needsContent: Bool { !needed.isEmpty }

    /// The directories that the walk visited or was going to.
    var directories: Set<String> { Set(seen.keys) }

    /// True when the walk visited a directory.
    func reaches(_ directory: String) -> Bool { seen[directory] != nil }

    mutating func enter(_ directory: String, _ role: KustomizeRole) {
        guard tree.isDirectory(directory), !tree.kustomizations(in: directory).isEmpty else {
            absent.insert(directory)
            findings.append(
                Finding(
                    rule: "package.layout", file: directory.isEmpty ? nil : directory,
                    message: "there is no kustomization.yaml here",
                    remedy: "add one, or name the directory that has it"))
            return
        }
        push(directory, role)
    }

    private mutating func push(_ directory: String, _ role: KustomizeRole) {
        if seen[directory, default: []].insert(role).inserted { queue.append((directory, role)) }
    }

    // A list of work instead of recursion: a long chain of bases must not become a deep stack.
    mutating func run() {
        var next = 0
        while next < queue.count, !budget.isSpent, findings.count < Self.maximumFindings {
            visit(queue[next].directory, queue[next].role)
            next += 1
        }
        findings += KustomizeCycles.find(edges)
        findings = Array(findings.removingDuplicates().prefix(Self.maximumFindings))
    }

    private mutating func visit(_ directory: String, _ role: KustomizeRole) {
        let files = tree.kustomizations(in: directory)
        guard let file = files.first else { return }
        self.files.insert(file.path.description)
        if files.count > 1 {
            findings.append(
                Finding(
                    rule: "package.two-kustomizations", file: files[1].path.description,
                    message: "\(file.path.lastSegment) is in the same directory, and kustomize accepts only one",
                    remedy: "keep one of them"))
        }
        let documents: [YAMLNode]
        do {
            documents = try budget.documents(
                file.content, file: file.path.description, limits: .kustomizations)
        } catch {
            findings.append(Finding(unreadable: error, file: file.path.description))
            return
        }
        guard let document = documents.first, documents.count == 1, document.mapping != nil else {
            findings.append(
                Finding(
                    rule: "package.unreadable", file: file.path.description,
                    message: "this is not one YAML mapping", remedy: "write one kustomization"))
            return
        }
        var reader = KustomizationReader(
            tree: tree, directory: directory, file: file.path.description, role: role, budget: budget)
        reader.read(document)
        take(reader, from: directory)
    }

    private mutating func take(_ reader: KustomizationReader, from directory: String) {
        findings += reader.findings
        budget = reader.budget
        files.formUnion(reader.files)
        absent.formUnion(reader.absent)
        for edge in reader.directories {
            edges[directory, default: []].append(edge)
            push(edge.target, edge.role)
        }
        for manifest in reader.manifests where readFiles.insert(manifest.path).inserted && !budget.isSpent {
            guard let file = tree.file(manifest.path) else {
                if tree.contains(manifest.path) { needed.insert(manifest.path) }
                continue
            }
            do {
                _ = try budget.documents(file.content, file: manifest.path, limits: .manifests)
            } catch {
                findings.append(Finding(unreadable: error, file: manifest.path))
            }
        }
        for plugin in reader.pluginFiles
        where readFiles.insert("plugin:\(directory):\(plugin.path)").inserted && !budget.isSpent {
            guard let file = tree.file(plugin.path) else {
                if tree.contains(plugin.path) { needed.insert(plugin.path) }
                continue
            }
            var inner = KustomizationReader(
                tree: tree, directory: directory, file: plugin.path, role: .plugin, budget: budget)
            inner.readPlugins(file.content)
            take(inner, from: directory)
        }
    }
}

/// One kustomization naming the directory of another.
struct KustomizeEdge: Hashable {
    let target: String
    let role: KustomizeRole
    let file: String
    let line: Int
}

extension Finding {
    /// Creates a finding for a file that cannot be read as YAML, with the line number in the parser's message.
    package init(unreadable error: DocumentError, file: String) {
        var message = Substring(error.message)
        var line: Int?
        if message.hasPrefix(file + ":") {
            message = message.dropFirst(file.count + 1)
            let digits = message.prefix { $0.isNumber }
            if let number = Int(digits), message.dropFirst(digits.count).hasPrefix(": ") {
                line = number
                message = message.dropFirst(digits.count + 1)
            }
            if message.hasPrefix(" ") { message = message.dropFirst() }
        }
        self.init(
            rule: "package.unreadable", file: file, line: line, message: "cannot be read as YAML: \(message)",
            remedy: "correct the file")
    }
}

extension [Finding] {
    /// Sorts by file and line, and keeps the order of findings on one line.
    func inReadingOrder() -> [Finding] {
        enumerated().sorted { left, right in
            let (a, b) = (left.element, right.element)
            if a.file != b.file { return (a.file ?? "") < (b.file ?? "") }
            if a.line != b.line { return (a.line ?? 0) < (b.line ?? 0) }
            return left.offset < right.offset
        }.map(\.element)
    }

    func removingDuplicates() -> [Finding] {
        var seen: Set<Finding> = []
        return filter { seen.insert($0).inserted }
    }
}
