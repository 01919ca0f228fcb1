internal import Documents

/// An image reference in a rendered object.
struct ImageUse: Hashable {
    let path: FieldPath
    /// The reference, as written in the manifest.
    let text: String
    let place: Place

    enum Place {
        /// An image field, in which a name without tag and digest is a reference as well.
        case imageField
        /// An annotation whose key names an image.
        case annotation
        /// Any other text.
        case text
    }
}

/// Finds every image reference in an object: in image fields and, for the given repositories, in any text and in
/// mappings that hold the parts of a reference.
struct ImageScan {
    private let repositories: Set<String>
    private let searches: [ReferenceSearch]
    private let digest: String?
    private(set) var uses: [ImageUse] = []
    /// The references in ``uses`` by their place.
    private var known: Set<Use> = []

    private struct Use: Hashable {
        let path: FieldPath
        let text: String
    }

    private(set) var mergeKeys: [FieldPath] = []

    /// - Parameters:
    ///   - repositories: repositories in the form of ``ImageReference/repository``.
    ///   - digest: a digest whose references are found in whichever repository they are.
    init(repositories: Set<String>, digest: String?) {
        self.repositories = repositories
        self.digest = digest
        searches = repositories.sorted().map(ReferenceSearch.init)
    }

    /// A scan of another object for the same repositories.
    func empty() -> ImageScan {
        var scan = self
        scan.uses = []
        scan.known = []
        scan.mergeKeys = []
        return scan
    }

    mutating func scan(_ object: YAMLNode, kind: String) {
        // The data of a ConfigMap or Secret is read by programs; a key `image` in it is not an image field.
        let isData = kind == "ConfigMap" || kind == "Secret"
        let parts = ImageParts.find(object.mapping ?? [], repositories)
        add(parts, FieldPath())
        for entry in object.mapping ?? [] where entry.key != parts?.key {
            visit(entry, FieldPath(), isData && entry.key != "metadata" ? .text : .imageField)
        }
    }

    // `place` is that of an entry whose key names an image.
    private mutating func visit(_ entry: YAMLEntry, _ parent: FieldPath, _ place: ImageUse.Place) {
        let path = parent.key(entry.key)
        // Kubernetes would merge these fields into the object, and the proofs would not see them.
        if entry.key == "<<" { mergeKeys.append(path) }
        findReferences(in: entry.key, path)
        guard place != .text else { return visit(entry.value, path, .text) }
        if Self.isImageKey(entry.key) {
            if let text = entry.value.string, !text.isEmpty {
                append(ImageUse(path: path, text: text, place: place))
                guard !repositories.contains(ImageReference(text.trimmingBlanks()).repository) else { return }
                return findReferences(in: text, path)
            }
            if let text = entry.value["reference"]?.string {
                append(ImageUse(path: path.key("reference"), text: text, place: place))
            }
        }
        switch entry.key {
        case "annotations": visit(entry.value, path, .annotation)
        // Labels cannot hold a reference.
        case "labels", "matchLabels": visit(entry.value, path, .text)
        default: visit(entry.value, path, place)
        }
    }

    private mutating func visit(_ node: YAMLNode, _ path: FieldPath, _ place: ImageUse.Place) {
        switch node.value {
        case .scalar(let text, _): findReferences(in: text, path)
        case .sequence(let elements):
            for (index, element) in elements.enumerated() { visit(element, path.element(index, element), place) }
        case .mapping(let entries):
            let parts = ImageParts.find(entries, repositories)
            add(parts, path)
            for entry in entries where entry.key != parts?.key { visit(entry, path, place) }
        }
    }

    // `image`, `sidecarImage`, and the annotations that end in them, such as `sidecar.istio.io/proxyImage`.
    private static func isImageKey(_ key: String) -> Bool {
        guard key.utf8.last == UInt8(ascii: "e") else { return false }
        return key == "image" || key.hasSuffix("Image") || key.hasSuffix("/image") || key.hasSuffix("-image")
    }

    private mutating func add(_ parts: ImageParts?, _ path: FieldPath) {
        guard let parts else { return }
        append(ImageUse(path: path.key(parts.key), text: parts.reference, place: .imageField))
    }

    private mutating func findReferences(in text: String, _ path: FieldPath) {
        // The shortest reference, `a/b`, is longer than most scalars.
        guard text.utf8.count > 2 else { return }
        for search in searches {
            for reference in search.references(in: text) { add(reference, path) }
        }
        guard let digest else { return }
        for reference in ReferenceSearch.references(with: digest, in: text) { add(reference, path) }
    }

    private mutating func add(_ reference: String, _ path: FieldPath) {
        append(ImageUse(path: path, text: reference, place: .text), isNew: true)
    }

    /// - Parameter isNew: true to leave out a reference that its place has already.
    private mutating func append(_ use: ImageUse, isNew: Bool = false) {
        guard known.insert(Use(path: use.path, text: use.text)).inserted || !isNew else { return }
        uses.append(use)
    }
}

extension String {
    /// The text without white space around it. Operators may trim the value of their image fields; kubelets refuse it.
    func trimmingBlanks() -> Substring {
        var text = self[...]
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}
