package import CapsuleCore
internal import Documents
package import Support

/// The overlay that a deployment has for itself, as part of the environment policy: `kustomization.yaml` in
/// `deployments/<name>/`, or in `deployments/<name>/deploy/`.
///
/// A Component is applied after the one of the environment type. A Kustomization contains the package itself: its one
/// remote resource is replaced by the package of the release, and it applies the environment type on its own.
package struct DeploymentOverlay: Sendable {
    /// The directory in the tree of the render.
    package let directory: String
    /// True for a Kustomization, which contains the package.
    package let containsPackage: Bool
    /// The Kustomization with its remote resource replaced; nil when the file is read as it is.
    private(set) var replacement: PackageFile?

    /// The directory of the generated kustomization: kustomize refuses an overlay that contains the directory that
    /// refers to it.
    static let renderDirectory = "render"

    /// The directories in which an overlay is looked for.
    private static func directories(of deployment: String) -> [String] {
        ["deployments/\(deployment)", "deployments/\(deployment)/deploy"]
    }

    /// The files that can be the overlay of a deployment.
    package static func candidates(of deployment: String) -> [String] {
        directories(of: deployment).flatMap { directory in
            FileTree.kustomizationNames.map { "\(directory)/\($0)" }
        }
    }

    /// Finds the overlay of a deployment.
    ///
    /// - Parameter source: the package, relative to the root of the tree.
    /// - Returns: nil for a deployment without an overlay, and findings about one that cannot be applied.
    package static func find(
        _ deployment: Deployment, in tree: FileTree, source: String
    ) -> (overlay: DeploymentOverlay?, findings: [Finding]) {
        let found = candidates(of: deployment.name).compactMap(tree.file)
        guard let file = found.first, let directory = file.path.parent?.description else { return (nil, []) }
        guard found.count == 1 else {
            let finding = Finding(
                rule: "policy.two-overlays", file: found[1].path.description,
                message: "\(file.path) is the overlay of this deployment as well", remedy: "keep one of them")
            return (nil, [finding])
        }
        do throws(DocumentError) {
            let node = try YAMLParser.document(
                file.content, file: file.path.description, limits: .kustomizations)
            guard node["kind"]?.string != "Component" else {
                return (DeploymentOverlay(directory: directory, containsPackage: false), [])
            }
            return replacing(node, file, in: directory, tree, by: source)
        } catch {
            return (nil, [Finding(unreadable: error, file: file.path.description)])
        }
    }

    /// The Kustomization whose remote resource is replaced by the package.
    private static func replacing(
        _ node: YAMLNode, _ file: PackageFile, in directory: String, _ tree: FileTree, by source: String
    ) -> (overlay: DeploymentOverlay?, findings: [Finding]) {
        let entries = ["resources", "bases"].flatMap { node[$0]?.sequence ?? [] }
        let remote = entries.filter { entry in
            entry.string.map { ReferenceForm.isRemote($0, in: tree, from: directory) } ?? false
        }
        var overlay = DeploymentOverlay(directory: directory, containsPackage: true)
        // The scan that follows the references finds out that the package is not among them.
        guard let resource = remote.first, let address = resource.string else { return (overlay, []) }
        guard remote.count == 1 else {
            let finding = Finding(
                rule: "policy.overlay-resource", file: file.path.description, line: remote[1].line,
                message: "\(quoted(remote[1].string ?? "")) is a second remote resource; the first one, "
                    + "\(quoted(address)), is the package of the release",
                remedy: "copy what this one names into the GitOps repository, and refer to the copy")
            return (nil, [finding])
        }
        let depth = directory.split(separator: "/").count
        let path = String(repeating: "../", count: depth) + source
        guard let text = replace(address, by: path, onLine: resource.line, of: file.content) else {
            let finding = Finding(
                rule: "policy.overlay-resource", file: file.path.description, line: resource.line,
                message: "the remote resource \(quoted(address)) cannot be replaced by the package of the release",
                remedy: "write the address once, on one line, without escapes")
            return (nil, [finding])
        }
        overlay.replacement = PackageFile(path: file.path, content: text)
        return (overlay, [])
    }

    /// Replaces the only occurrence of a text on a line, with the quotes around it. Every other byte stays, so that
    /// kustomize reads what the author wrote.
    private static func replace(
        _ text: String, by path: String, onLine number: Int, of content: [UInt8]
    ) -> [UInt8]? {
        var lines = content.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard lines.indices.contains(number - 1) else { return nil }
        let line = String(decoding: lines[number - 1], as: UTF8.self)
        let parts = line.split(separator: text, maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        var (before, after) = (parts[0], parts[1])
        if let quote = before.last, "\"'".contains(quote), after.first == quote {
            (before, after) = (before.dropLast(), after.dropFirst())
        }
        lines[number - 1] = Array("\(before)\(YAMLText.quoted(path))\(after)".utf8)[...]
        return Array(lines.joined(separator: [UInt8(ascii: "\n")]))
    }
}

extension DeploymentOverlay {
    /// Findings about files in a deployment's directory that have no effect on any render: a policy that is not applied
    /// must not look like one that is.
    ///
    /// The forms of the other kind of package are not unused: `values.yaml` next to an overlay, or an overlay next to
    /// `values.yaml`.
    ///
    /// - Parameter used: the files that this render reads.
    static func unused(_ policy: PolicyTree, _ deployment: Deployment, used: Set<String>) -> [Finding] {
        let own = "deployments/\(deployment.name)/"
        let files = policy.files.filter { $0.path.description.hasPrefix(own) && !used.contains($0.path.description) }
        guard !files.isEmpty else { return [] }
        let known = ["deployment.yaml", "values.yaml"].map { own + $0 }
        let remaining = files.filter { !known.contains($0.path.description) && !isNote($0.path) }
        guard !remaining.isEmpty else { return [] }
        let tree = FileTree(policy.files)
        let overlays = directories(of: deployment.name).filter { !tree.kustomizations(in: $0).isEmpty }
        let reached = KustomizeClosure.reach(tree, entries: overlays).files
        return remaining.filter { !reached.contains($0.path.description) }.map { file in
            Finding(
                rule: "policy.unused-file", file: file.path.description,
                message: "is in the directory of the deployment, and no render reads it",
                remedy: "refer to it from \(own)kustomization.yaml (a Component), or "
                    + "move it out of \(own)")
        }
    }

    /// True for a file that is for people and for Git, and not for a renderer.
    private static func isNote(_ path: RelativePath) -> Bool {
        let name = path.lastSegment
        return name.hasPrefix(".") || name.lowercased().hasSuffix(".md") || name.hasSuffix(".disabled")
            || ["OWNERS", "CODEOWNERS", "README", "LICENSE", "NOTES.txt"].contains(name)
    }
}
