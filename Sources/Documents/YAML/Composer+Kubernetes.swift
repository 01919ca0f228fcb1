internal import CLibYAML
internal import Support

// The rules of `YAMLLimits.matchesKubernetes`.
extension Composer {
    private static let coreTags = "tag:yaml.org,2002:"

    // True when Kubernetes' reader resolves the type of the scalar from its text. That reader decodes !!binary, and takes
    // a quoted << with the tag `!` for a merge key.
    mutating func isPlain(
        _ text: String, _ style: (isPlain: Bool, isImplicit: Bool), tag: String?,
        _ marks: (start: yaml_mark_t, end: yaml_mark_t)
    ) throws -> Bool {
        let line = Int(marks.start.line) + 1
        guard let tag else {
            // libyaml leaves out the tag `!`.
            let hasTag = style.isPlain ? hasHiddenTag(text, marks) : style.isImplicit
            guard !hasTag else { throw unsupported("!", line) }
            return style.isPlain
        }
        let node = YAMLNode(.scalar(text, plain: style.isPlain), line: line)
        let isRight =
            switch tag {
            case Self.coreTags + "str": true
            case Self.coreTags + "null": node.isNull
            case Self.coreTags + "bool": node.bool != nil
            case Self.coreTags + "int": node.int.map(String.init) == text
            case Self.coreTags + "float": style.isPlain && Double(text) != nil && YAMLText.looksTyped(text)
            default: false
            }
        guard isRight else { throw unsupported(tag, line) }
        return tag != Self.coreTags + "str"
    }

    // The tag `!` makes a string of a plain scalar that is not one without it.
    private mutating func hasHiddenTag(_ text: String, _ marks: (start: yaml_mark_t, end: yaml_mark_t)) -> Bool {
        guard marks.end.index - marks.start.index != text.utf8.count,
            YAMLNode(.scalar(text, plain: true), line: 1).isNull || YAMLText.looksTyped(text)
        else { return false }
        let start = position.advance(to: Int(marks.start.index), in: source)
        let end = position.advance(to: Int(marks.end.index), in: source)
        // An anchor may come before the tag; neither begins a plain scalar.
        return source[start..<end].contains(UInt8(ascii: "!"))
    }

    // Collections have one meaning each; a tag of another type is refused.
    func checkCollection(tag: UnsafeMutablePointer<yaml_char_t>?, as kind: String, _ line: Int) throws {
        guard limits.matchesKubernetes, let tag = tag.map(text), tag != Self.coreTags + kind else { return }
        throw unsupported(tag, line)
    }

    private func unsupported(_ tag: String, _ line: Int) -> DocumentError {
        fail(
            "the YAML tag \(quoted(tag.prefix(100))) is not allowed here, because Kubernetes reads another value than "
                + "the text; write the plain value", line)
    }
}
