internal import CapsuleCore
internal import Documents
internal import Support

/// The objects inside of a list: `kind: List`, or a kind such as `ConfigMapList`.
///
/// kubectl and Argo CD take every object with a top-level field `items` for a list, whatever its kind is, and apply the
/// elements instead of the object. Real lists are therefore split, as kustomize splits them, and every other object with
/// that field is refused.
enum ManifestList {
    /// Lists in lists that are split. Kubernetes itself has lists of objects only.
    static let maximumDepth = 4

    /// True when the node has the field by which Kubernetes' tools recognise a list.
    static func hasItems(_ node: YAMLNode) -> Bool { node.mapping?.contains { $0.key == "items" } == true }

    /// The elements of a real list, with the text of each as a document of its own; a problem when the node is another
    /// kind of object, or when an element is not an object. Null is an empty list, as templates write it.
    static func elements(
        of node: YAMLNode, _ name: String, head: ArraySlice<UInt8>
    ) -> Result<[(content: [UInt8], node: YAMLNode)], ObjectHeader.Problem> {
        let kind = node["kind"]?.string ?? ""
        let object = node["metadata"]?["name"]?.string.map { "\(kind) \($0)" } ?? kind
        let title = object.isEmpty ? "" : " (\(quotedTitle(object)))"
        guard kind.hasSuffix("List"), kind != "List" || node["apiVersion"]?.string == "v1" else {
            return .failure(
                .init(
                    message: "\(name)\(title) has a field items at its top, so kubectl and Argo CD take it for a list "
                        + "and apply the elements instead of the object",
                    remedy: "rename the field, or write a real list: apiVersion v1, kind List"))
        }
        guard let items = node["items"], let elements = items.isNull ? [] : items.sequence else {
            return .failure(
                .init(message: "\(name)\(title) has items that are not a list", remedy: "write each after a dash"))
        }
        var parts: [(content: [UInt8], node: YAMLNode)] = []
        for (index, element) in elements.enumerated() {
            guard element["kind"]?.string != nil, element["apiVersion"]?.string != nil else {
                return .failure(
                    .init(
                        message: "item \(index + 1) of \(name)\(title) is not an object with apiVersion and kind",
                        remedy: "every element of a list must be one Kubernetes object"))
            }
            do {
                let text = try element.json(file: name).yaml
                parts.append((Array(head) + Array(text.utf8), element))
            } catch {
                return .failure(.init(message: error.message, remedy: "write the object outside of the list"))
            }
        }
        return .success(parts)
    }

    /// The comment with which helm names the template of a document; empty when there is none.
    static func sourceComment(_ content: [UInt8]) -> ArraySlice<UInt8> {
        guard content.starts(with: "# Source: ".utf8) else { return [] }
        return content[...(content.firstIndex(of: UInt8(ascii: "\n")) ?? content.count - 1)]
    }
}
