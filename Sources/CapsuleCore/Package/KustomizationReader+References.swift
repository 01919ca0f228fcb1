internal import Documents
internal import OCI
internal import Support

extension KustomizationReader {
    /// The path in the tree that a reference resolves to; nil after a problem was reported.
    private mutating func resolve(_ node: YAMLNode, _ what: String) -> String? {
        guard let text = node.string, !text.isEmpty else {
            report("package.unreadable", node.line, "\(what): an empty reference", "name a path or remove the element")
            return nil
        }
        guard text.utf8.count <= 2 * RelativePath.maximumLength else {
            report(
                "package.unreadable", node.line,
                "\(what): a text of \(text.utf8.count) bytes is neither a path nor an object with a kind",
                "write a path, or a whole object")
            return nil
        }
        if let kind = ReferenceForm.outside(text, in: tree, from: directory) {
            report(
                ReferenceForm.isLocal(kind) ? "package.outside-reference" : "package.remote-reference",
                node.line, "\(what): \(quoted(text)) is \(kind), and a release holds all that it needs",
                "copy what it names into the package and refer to the copy")
            return nil
        }
        guard let path = RelativePath.resolve(text, from: directory.isEmpty ? nil : try? RelativePath(directory)) else {
            report(
                "package.outside-reference", node.line, "\(what): \(quoted(text)) leaves the package",
                "move what it names into the package, or include the directory that holds it")
            return nil
        }
        return path
    }

    private mutating func missing(_ node: YAMLNode, _ what: String, _ path: String) {
        absent.insert(path)
        report(
            "package.missing-file", node.line,
            "\(what): \(quoted(node.string ?? "")) is not in the package (there is no \(path.isEmpty ? "." : path))",
            "commit it (is it ignored by Git?), include its directory, or remove the reference")
    }

    /// Records a file that kustomize reads. It must be in the directory of the kustomization or below it.
    @discardableResult
    mutating func fileReference(_ node: YAMLNode, _ what: String) -> String? {
        guard let path = resolve(node, what) else { return nil }
        guard tree.contains(path) else {
            if tree.isDirectory(path) {
                report(
                    "package.missing-file", node.line,
                    "\(what): \(quoted(node.string ?? "")) is a directory where a file is expected", "name a file")
            } else {
                missing(node, what, path)
            }
            return nil
        }
        guard FileTree.contains(directory, path) else {
            report(
                "package.outside-reference", node.line,
                "\(what): \(quoted(node.string ?? "")) is above the kustomization's directory, where kustomize reads no files",
                "move the file into the kustomization's directory, or list its directory as a resource")
            return nil
        }
        files.insert(path)
        return path
    }

    /// Records a patch file. kustomize reads it as YAML, so its nesting and its aliases are limited like a manifest's.
    mutating func patchFile(_ node: YAMLNode, _ what: String) {
        if let path = fileReference(node, what) { manifests.append((path, node.line)) }
    }

    mutating func directoryReference(_ node: YAMLNode, _ what: String, role: KustomizeRole) {
        guard let path = resolve(node, what) else { return }
        guard !tree.contains(path) else {
            return report(
                "package.not-a-kustomization", node.line,
                "\(what): \(quoted(node.string ?? "")) is a file where a directory is expected",
                "name the directory of a kustomization")
        }
        guard tree.isDirectory(path) else { return missing(node, what, path) }
        enter(path, node, what, role)
    }

    mutating func fileOrDirectory(_ node: YAMLNode, _ what: String, role: KustomizeRole) {
        guard let path = resolve(node, what) else { return }
        if tree.contains(path) {
            guard !FileTree.isKustomization(path) else {
                return report(
                    "package.not-a-kustomization", node.line,
                    "\(what): \(quoted(node.string ?? "")) is a kustomization, which is named by its directory",
                    "name the directory")
            }
            guard fileReference(node, what) != nil else { return }
            if role == .plugin {
                pluginFiles.append((path, node.line))
            } else {
                manifests.append((path, node.line))
            }
        } else if tree.isDirectory(path) {
            enter(path, node, what, role)
        } else {
            missing(node, what, path)
        }
    }

    private mutating func enter(_ path: String, _ node: YAMLNode, _ what: String, _ role: KustomizeRole) {
        guard !tree.kustomizations(in: path).isEmpty else {
            absent.insert(path)
            return report(
                "package.not-a-kustomization", node.line,
                "\(what): the directory \(quoted(node.string ?? "")) has no kustomization.yaml",
                "add one that lists its files, or name the files here")
        }
        if path != directory, FileTree.contains(path, directory) {
            return report(
                "package.cycle", node.line,
                "\(what): \(quoted(node.string ?? "")) is a parent of this directory, which kustomize refuses",
                "name a sibling of this directory, or one below it")
        }
        directories.append(KustomizeEdge(target: path, role: role, file: file, line: node.line + lineOffset))
    }

    /// Reads a patch that is given as text, or as the path of a file that contains it.
    mutating func fileOrInlinePatch(_ node: YAMLNode, _ what: String) {
        if inline(node) == nil { patchFile(node, what) }
    }

    /// Returns the objects in an inline text; nil when the text is a path. kustomize parses the text as objects first,
    /// and treats a text without `kind` as a path.
    mutating func inline(_ node: YAMLNode) -> [YAMLNode]? {
        // A text longer than any path is parsed. A shorter one is parsed only if it contains a colon, which every
        // object has.
        guard let text = node.string, !budget.isSpent,
            text.utf8.count > 2 * RelativePath.maximumLength || text.contains(":"),
            let documents = try? budget.documents(Array(text.utf8), file: file, limits: .kustomizations),
            !documents.isEmpty, documents.allSatisfy({ $0["kind"]?.string != nil })
        else { return nil }
        return documents
    }
}
