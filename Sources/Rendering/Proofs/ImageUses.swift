internal import Documents

/// An image reference in a rendered object.
struct ImageUse: Hashable {
    let path: FieldPath
    /// The reference, as written in the manifest.
    let text: String
    /// True when the field is an image field, in which a name without tag and digest is a reference as well.
    let isImageField: Bool
}

/// Finds every image reference in an object: in image fields and, for the given repositories, in any text.
struct ImageScan {
    /// Repositories in their runtime form, lowercase.
    let repositories: [String]
    private(set) var uses: [ImageUse] = []
    private(set) var mergeKeys: [FieldPath] = []

    init(repositories: [String]) { self.repositories = repositories }

    mutating func scan(_ object: YAMLNode, kind: String) {
        // The data of a ConfigMap or Secret is read by programs; a key `image` in it is not an image field.
        let isData = kind == "ConfigMap" || kind == "Secret"
        for entry in object.mapping ?? [] {
            let opaque = entry.key == "metadata" || (isData && entry.key != "apiVersion" && entry.key != "kind")
            visit(entry, FieldPath(), fieldsAllowed: !opaque)
        }
    }

    private mutating func visit(_ entry: YAMLEntry, _ parent: FieldPath, fieldsAllowed: Bool) {
        let path = parent.key(entry.key)
        // Kubernetes would merge these fields into the object, and the proofs would not see them.
        if entry.key == "<<" { mergeKeys.append(path) }
        if fieldsAllowed, Self.isImageKey(entry.key), let text = entry.value.string, !text.isEmpty {
            uses.append(ImageUse(path: path, text: text, isImageField: true))
            return
        }
        if fieldsAllowed, entry.key == "image", let text = entry.value["reference"]?.string {
            uses.append(ImageUse(path: path.key("reference"), text: text, isImageField: true))
        }
        visit(entry.value, path, fieldsAllowed: fieldsAllowed)
        findReferences(in: entry.key, path)
    }

    private mutating func visit(_ node: YAMLNode, _ path: FieldPath, fieldsAllowed: Bool) {
        switch node.value {
        case .scalar(let text, _): findReferences(in: text, path)
        case .sequence(let elements):
            for (index, element) in elements.enumerated() {
                visit(element, path.element(index, element), fieldsAllowed: fieldsAllowed)
            }
        case .mapping(let entries):
            for entry in entries { visit(entry, path, fieldsAllowed: fieldsAllowed) }
        }
    }

    private static func isImageKey(_ key: String) -> Bool { key == "image" || key.hasSuffix("Image") }

    private mutating func findReferences(in text: String, _ path: FieldPath) {
        for repository in repositories {
            for reference in ReferenceSearch.references(to: repository, in: text)
            where !uses.contains(where: { $0.path == path && $0.text == reference }) {
                uses.append(ImageUse(path: path, text: reference, isImageField: false))
            }
        }
    }
}
