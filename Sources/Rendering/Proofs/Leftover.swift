internal import CapsuleCore
internal import Support

/// Finds placeholders for values that were not filled in.
enum Leftover {
    /// Words that stand for a whole segment of a name or a whole tag. `mastodon-todo` and `todo-app/web` are names.
    private static let words: Set<String> = [
        "replace-me", "replaceme", "replace_me", "to-be-replaced", "change-me", "changeme", "change_me", "placeholder",
        "fixme", "todo",
    ]
    /// Text that no image can have.
    private static let signs = ["{{", "}}", "${", "$(", "<", ">", " "]

    /// The placeholder in an image; nil when it contains none.
    ///
    /// A template of Argo, Tekton or Kargo is filled in later, by a controller, and is not a placeholder. Kubernetes
    /// fills in nothing, so that a template in an object of its own that has containers is one.
    static func find(in image: String, of object: RenderedObject) -> String? {
        let isFilledInLater = !["", "apps", "batch"].contains(object.group)
        let text = (isFilledInLater ? ImageName.withoutTemplates(image) : image).lowercased()
        // Bytes are compared: with a combining mark after it, a brace is another `Character`.
        let bytes = Array(text.utf8)
        if let sign = signs.first(where: { ByteSearch.first(Array($0.utf8), in: bytes) != nil }) { return sign }
        let name = ImageName(text)
        let parts = name.name.split(separator: "/").map(String.init) + [name.tag].compactMap { $0 }
        return parts.first(where: words.contains)
    }
}
