internal import Documents
internal import Support

/// The path of a value in an object, in the usual notation: `spec.containers[web].image`.
struct FieldPath: Hashable, CustomStringConvertible {
    /// The text.
    private(set) var description = ""

    /// Creates the path of the object itself.
    init() {}

    /// The path of a value in a mapping.
    func key(_ key: String) -> FieldPath {
        let plain = Self.isPlain(key, "_-")
        var path = self
        path.description += plain ? (description.isEmpty ? key : ".\(key)") : "[\(quoted(key))]"
        return path
    }

    /// The path of an element of a sequence: by its `name` if it has one, as containers do, otherwise by its index.
    func element(_ index: Int, _ node: YAMLNode) -> FieldPath { element(node["name"]?.string ?? String(index)) }

    /// The path of an element of a sequence.
    func element(_ label: String) -> FieldPath {
        var path = self
        path.description += "[\(Self.isPlain(label, "_-./:") ? label : quoted(label))]"
        return path
    }

    private static func isPlain(_ text: String, _ others: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 200
            && text.unicodeScalars.allSatisfy {
                $0.isASCII
                    && ($0.properties.isAlphabetic || ("0"..."9").contains($0) || others.unicodeScalars.contains($0))
            }
    }
}
