internal import Documents
internal import Support

/// The path of a value in an object, in the usual notation: `spec.containers[web].image`.
///
/// A walk of an object has a path at every value, and prints few of them: the text is made when it is read.
struct FieldPath: Hashable, CustomStringConvertible {
    private indirect enum Steps: Hashable {
        case none
        case key(Steps, String)
        case element(Steps, String)
    }

    private let steps: Steps
    /// The size of the text in bytes, without the quotes and escapes of unusual keys.
    let size: Int

    /// Creates the path of the object itself.
    init() { self.init(.none, size: 0) }

    private init(_ steps: Steps, size: Int) { (self.steps, self.size) = (steps, size) }

    /// The path of a value in a mapping.
    func key(_ key: String) -> FieldPath { FieldPath(.key(steps, key), size: size + 1 + key.utf8.count) }

    /// The path of an element of a sequence: by its `name` if it has one, as containers do, otherwise by its index.
    func element(_ index: Int, _ node: YAMLNode) -> FieldPath { element(node["name"]?.string ?? String(index)) }

    /// The path of an element of a sequence.
    func element(_ label: String) -> FieldPath { FieldPath(.element(steps, label), size: size + 2 + label.utf8.count) }

    /// The text.
    var description: String {
        var parts: [String] = []
        var rest = steps
        while true {
            switch rest {
            case .none:
                let text = parts.reversed().joined()
                return text.hasPrefix(".") ? String(text.dropFirst()) : text
            case .key(let parent, let key):
                parts.append(Self.isPlain(key, "_-") ? ".\(key)" : "[\(quoted(key))]")
                rest = parent
            case .element(let parent, let label):
                parts.append("[\(Self.isPlain(label, "_-./:") ? label : quoted(label))]")
                rest = parent
            }
        }
    }

    // One loop over memory: a deep path with long keys is printed for each of thousands of values.
    private static func isPlain(_ text: String, _ others: StaticString) -> Bool {
        var text = text
        let others = UnsafeBufferPointer(start: others.utf8Start, count: others.utf8CodeUnitCount)
        return text.withUTF8 { bytes in
            guard let start = bytes.baseAddress, bytes.count <= 200 else { return false }
            let count = bytes.count
            var index = 0
            while index < count {
                let byte = start[index]
                let isLetterOrDigit =
                    (byte >= 0x61 && byte <= 0x7A) || (byte >= 0x41 && byte <= 0x5A) || (byte >= 0x30 && byte <= 0x39)
                guard isLetterOrDigit || others.contains(byte) else { return false }
                index += 1
            }
            return count > 0
        }
    }
}
