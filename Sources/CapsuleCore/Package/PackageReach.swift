package import Support

/// The files of a Kustomize package that its entry refers to, in a tree of which most files are known by their paths only.
///
/// A build uses it where a package shares its directory with other files, such as at the top of a repository.
package struct PackageReach {
    /// The paths of the files that a render reads.
    package let files: Set<String>
    /// The directories of the kustomizations that were read; the empty string for the top.
    package let directories: Set<String>
    /// The paths of the files whose content decides about further ones. The result is complete when there are none.
    package let needed: Set<String>
    /// The paths and directories that are referred to and are not in the tree.
    package let absent: Set<String>
    /// The problems of the references.
    package let findings: [Finding]

    /// Follows the references of an entry.
    ///
    /// - Parameters:
    ///   - loaded: the files whose content was read: every kustomization, and the files of ``needed``.
    ///   - others: the paths of the other files.
    package init(loaded: [PackageFile], others: [RelativePath], entry: TreeDirectory) {
        self.init(FileTree(loaded, hashed: others), entry: entry)
    }

    /// Follows the references of an entry in a tree.
    package init(_ tree: FileTree, entry: TreeDirectory) {
        let walk = KustomizeClosure.walk(tree, entries: [entry.inTree], role: .package)
        files = walk.files
        directories = walk.directories
        needed = walk.needed
        absent = walk.absent
        findings = walk.findings.inReadingOrder()
    }
}
