internal import Archive

/// Recognizes references to places outside the tree or the machine by their spelling.
///
/// The programs that follow a reference (kustomize, helm, and those they call) decide by spelling too, each in its own
/// way. A reference that any of them could read as remote is treated as remote.
package enum ReferenceForm {
    /// True when `reference` names a place on another machine, such as a Git repository.
    package static func isRemote(_ reference: String, in tree: FileTree, from directory: String) -> Bool {
        guard let kind = outside(reference, in: tree, from: directory) else { return false }
        return !isLocal(kind)
    }

    /// True when a kind of outside place is on this machine.
    static func isLocal(_ kind: String) -> Bool {
        kind.hasPrefix("an absolute") || kind.hasPrefix("not a") || kind.hasPrefix("a file:")
    }

    /// Returns the kind of outside place that `reference` names; nil when it is spelled as a path below the tree.
    static func outside(_ reference: String, in tree: FileTree, from directory: String) -> String? {
        if reference.hasPrefix("/") { return "an absolute path" }
        if reference.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F || $0 == "\\" }) {
            return "not a plain path"
        }
        let lowercased = reference.lowercased()
        if lowercased.hasPrefix("file:") { return "a file: URL" }
        let first = lowercased.prefix { $0 != "/" }
        if first.contains("::") { return "a \(first.prefix { $0 != ":" }):: address" }
        if lowercased.contains("://") { return "a URL (\(first.prefix { $0 != ":" }))" }
        // kustomize clones these even where a directory of that name exists.
        if ["github.com", "www.github.com"].contains(first) || first.hasPrefix("gh:") || first.hasPrefix("github.com:")
        {
            return "a repository on GitHub"
        }
        if first.contains(":") { return "a remote address" }
        if reference.contains("?") { return "an address with a query" }
        if reference.contains("//") { return "a path inside a remote repository" }
        let resolved = RelativePath.resolve(reference, from: try? RelativePath(directory))
        let exists = resolved.map { tree.contains($0) || tree.isDirectory($0) } ?? false
        if !exists {
            if first.contains("@") { return "a Git address" }
            if looksLikeHost(first), lowercased.contains("/") { return "a repository on \(first)" }
        }
        return nil
    }

    private static func looksLikeHost(_ text: Substring) -> Bool {
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        return labels.count > 1
            && labels.allSatisfy { label in
                !label.isEmpty && label.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
            } && labels.last?.contains(where: \.isLetter) == true
    }
}
