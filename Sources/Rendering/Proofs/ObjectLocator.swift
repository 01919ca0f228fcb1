internal import CapsuleCore
internal import Documents
internal import Synchronization

/// Finds the file that an object of a Kustomize render comes from, by what the files say and not by a text in them.
///
/// The files are read with the first search, together and once, within the budget of a package. Where that is used up, or a
/// file cannot be read, objects have no place.
final class ObjectLocator: Sendable {
    /// The maximum size of a file that is searched: larger ones are data and not written by hand.
    private static let largest = 1 << 20

    private let files: [PackageFile]
    private let index = Mutex<ObjectPlaces?>(nil)

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
        let places = places
        let named = places.objects[ObjectPlaces.Key(kind: object.kind, name: object.name)]?
            .first { $0.namespace?.name == namespace }
            .map { (order: $0.order, place: (file: $0.file, line: $0.namespace?.line ?? $0.line)) }
        let created =
            object.kind == "Namespace"
            ? places.objects[ObjectPlaces.Key(kind: object.kind, name: namespace)]?.first
                .map { (order: $0.order, place: (file: $0.file, line: $0.nameLine)) } : nil
        let first = [named, created].compactMap { $0 }.min { $0.order < $1.order }
        return first?.place ?? places.kustomizations[namespace]
    }

    /// The file and line where an object of a kind and name starts; nil when there is none, or more than one.
    func find(kind: String, name: String) -> (file: String, line: Int)? {
        guard let found = places.objects[ObjectPlaces.Key(kind: kind, name: name)], found.count == 1 else { return nil }
        return (found[0].file, found[0].line)
    }

    private var places: ObjectPlaces {
        index.withLock { index in
            if let index { return index }
            let places = ObjectPlaces(files)
            index = places
            return places
        }
    }
}

/// The objects in files, by their kind and name.
private struct ObjectPlaces: Sendable {
    struct Key: Hashable {
        let kind: String
        let name: String
    }

    struct Place {
        let order: Int
        let file: String
        /// The line of `kind`.
        let line: Int
        /// The line of `metadata.name`.
        let nameLine: Int
        let namespace: (name: String, line: Int)?
    }

    private(set) var objects: [Key: [Place]] = [:]
    /// The first kustomization with each namespace.
    private(set) var kustomizations: [String: (file: String, line: Int)] = [:]

    init(_ files: [PackageFile]) {
        var budget = YAMLBudget.package
        var order = 0
        for file in files where !budget.isSpent {
            let path = file.path.description
            let documents = (try? budget.documents(file.content, file: path, limits: .manifests)) ?? []
            for document in documents {
                order += 1
                if FileTree.kustomizationNames.contains(file.path.lastSegment) {
                    guard let field = document["namespace"], let name = field.string else { continue }
                    if kustomizations[name] == nil { kustomizations[name] = (path, field.line) }
                } else if let kind = document["kind"], let text = kind.string,
                    let metadata = document["metadata"], let name = metadata["name"], let named = name.string
                {
                    let namespace = metadata["namespace"].flatMap { field in field.string.map { ($0, field.line) } }
                    objects[Key(kind: text, name: named), default: []].append(
                        Place(order: order, file: path, line: kind.line, nameLine: name.line, namespace: namespace))
                }
            }
        }
    }
}
