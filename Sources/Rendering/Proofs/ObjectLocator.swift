internal import CapsuleCore
internal import Documents

/// Finds the file that an object of a Kustomize render comes from, by what the files say and not by a text in them.
struct ObjectLocator: Sendable {
    /// The maximum size of a file that is searched: larger ones are data and not written by hand.
    private static let largest = 1 << 20

    private let files: [PackageFile]

    /// - Parameter files: the files that the render reads, by their paths in the tree.
    init(_ files: [PackageFile]) {
        self.files = files.filter { file in
            file.content.count <= Self.largest
                && ([".yaml", ".yml", ".json"].contains { file.path.lastSegment.hasSuffix($0) }
                    || FileTree.kustomizationNames.contains(file.path.lastSegment))
        }
    }

    /// The file and line where an object says that it is in `namespace`, or else the kustomization that says so; nil when
    /// there is neither.
    func find(_ object: RenderedObject, namespace: String) -> (file: String, line: Int)? {
        var kustomization: (file: String, line: Int)?
        for file in files {
            for document in documents(file) {
                if FileTree.kustomizationNames.contains(file.path.lastSegment) {
                    guard kustomization == nil, let field = document["namespace"], field.string == namespace else {
                        continue
                    }
                    kustomization = (file.path.description, field.line)
                } else if matches(document, object.kind, object.name),
                    let field = document["metadata"]?["namespace"], field.string == namespace
                {
                    return (file.path.description, field.line)
                } else if object.kind == "Namespace", matches(document, object.kind, namespace) {
                    return (file.path.description, document["metadata"]?["name"]?.line ?? document.line)
                }
            }
        }
        return kustomization
    }

    /// The file and line where an object of a kind and name starts; nil when there is none, or more than one.
    func find(kind: String, name: String) -> (file: String, line: Int)? {
        var found: [(file: String, line: Int)] = []
        for file in files where !FileTree.kustomizationNames.contains(file.path.lastSegment) {
            for document in documents(file) where matches(document, kind, name) {
                found.append((file.path.description, document["kind"]?.line ?? document.line))
            }
        }
        return found.count == 1 ? found[0] : nil
    }

    private func matches(_ document: YAMLNode, _ kind: String, _ name: String) -> Bool {
        document["kind"]?.string == kind && document["metadata"]?["name"]?.string == name
    }

    private func documents(_ file: PackageFile) -> [YAMLNode] {
        (try? YAMLParser.documents(file.content, file: file.path.description, limits: .manifests)) ?? []
    }
}
