internal import CLibYAML
internal import Support

/// The limits of a YAML text.
package struct YAMLLimits: Hashable, Sendable {
    /// The maximum number of bytes.
    package var bytes: Int
    /// The maximum nesting depth.
    package var depth: Int
    /// The maximum number of nodes, with aliases expanded, which rejects a "billion laughs" document.
    package var nodes: Int
    /// The maximum number of documents.
    package var documents: Int
    /// True to accept anchors and aliases, which documents of the project's own schemas must not contain.
    package var allowsAliases: Bool
    /// True to accept tags, which documents of the project's own schemas must not contain.
    package var allowsTags: Bool
    /// True to refuse what Kubernetes' reader (YAML 1.1, `sigs.k8s.io/yaml`) could read as another value: tags, unless
    /// they are of the core schema and say what the value is without them. Empty documents then count as documents.
    package var matchesKubernetes = false

    /// Creates limits.
    package init(bytes: Int, depth: Int, nodes: Int, documents: Int, allowsAliases: Bool, allowsTags: Bool) {
        self.bytes = bytes
        self.depth = depth
        self.nodes = nodes
        self.documents = documents
        self.allowsAliases = allowsAliases
        self.allowsTags = allowsTags
    }

    /// The limits of documents of the project's own schemas (`release.yaml`, `capsule.yaml`, a release record): 64
    /// KiB, one document, no anchors, aliases or tags.
    package static let owned = YAMLLimits(
        bytes: 64 << 10, depth: 32, nodes: 20_000, documents: 1, allowsAliases: false, allowsTags: false)

    /// The limits of kustomizations, and of the generators and transformers that they configure. Tags are not allowed,
    /// because kustomize reads the text of a `!!binary` scalar differently than this parser.
    package static let kustomizations = YAMLLimits(
        bytes: 1 << 20, depth: 100, nodes: 200_000, documents: 1_000, allowsAliases: true, allowsTags: false)

    /// The limits of Kubernetes manifests from other authors: 10 MiB as in the capsule's file limit; aliases are
    /// allowed within the limit of nodes.
    package static let manifests = YAMLLimits(
        bytes: 10 << 20, depth: 100, nodes: 500_000, documents: 10_000, allowsAliases: true, allowsTags: true)

    /// The limits of rendered manifests. The proofs must read them as kubectl and Argo CD do.
    package static let rendered: YAMLLimits = {
        var limits = manifests
        limits.matchesKubernetes = true
        return limits
    }()
}

/// Reads YAML into nodes with line numbers, within limits.
///
/// The text is parsed event by event, so depth and alias expansion are limited before nodes are created. Duplicate
/// keys are always an error.
package enum YAMLParser {
    /// The documents of a stream; empty documents are left out, except by `YAMLLimits.matchesKubernetes`.
    ///
    /// - Parameter file: the name of the text in messages.
    /// - Throws: `DocumentError.Code.invalidDocument`, `.limitExceeded`
    package static func documents(_ bytes: [UInt8], file: String, limits: YAMLLimits = .manifests) throws(DocumentError)
        -> [YAMLNode]
    {
        try countedDocuments(bytes, file: file, limits: limits).documents
    }

    /// The documents of a stream, and the number of their nodes with aliases expanded.
    static func countedDocuments(_ bytes: [UInt8], file: String, limits: YAMLLimits) throws(DocumentError)
        -> (documents: [YAMLNode], count: Int)
    {
        guard bytes.count <= limits.bytes else {
            throw DocumentError(
                .limitExceeded, "\(file): \(bytes.count) bytes; a YAML file here has at most \(limits.bytes)")
        }
        do {
            return try bytes.withUnsafeBufferPointer { buffer in
                var composer = Composer(file: file, limits: limits)
                return (try composer.documents(buffer), composer.count)
            }
        } catch let error as DocumentError {
            throw error
        } catch {
            throw DocumentError(.invalidDocument, "\(file): cannot be read as YAML", cause: error)
        }
    }

    /// The only document of a text.
    ///
    /// - Throws: `DocumentError.Code.invalidDocument` when there is not exactly one; `.limitExceeded`
    package static func document(_ bytes: [UInt8], file: String, limits: YAMLLimits = .owned) throws(DocumentError)
        -> YAMLNode
    {
        let all = try documents(bytes, file: file, limits: limits)
        guard let first = all.first, all.count == 1 else {
            throw DocumentError(.invalidDocument, "\(file): \(all.count) YAML documents; exactly one is expected")
        }
        return first
    }
}

/// Composes nodes from libyaml's events.
struct Composer {
    let file: String
    let limits: YAMLLimits
    var count = 0
    var anchors: [String: (node: YAMLNode, count: Int)] = [:]
    /// The text without a byte order mark.
    private(set) var source = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
    /// The place in the text up to which characters were counted.
    var position = YAMLPosition()

    init(file: String, limits: YAMLLimits) {
        self.file = file
        self.limits = limits
    }

    mutating func documents(_ buffer: UnsafeBufferPointer<UInt8>) throws -> [YAMLNode] {
        var parser = yaml_parser_t()
        guard yaml_parser_initialize(&parser) == 1 else {
            throw DocumentError(.invalidDocument, "\(file): no memory to read YAML")
        }
        defer { yaml_parser_delete(&parser) }
        yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING)
        // When the encoding is set, libyaml treats a byte order mark as content; when it is not set, libyaml accepts
        // UTF-16.
        let mark = buffer.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        source = UnsafeBufferPointer(rebasing: buffer[mark...])
        yaml_parser_set_input_string(&parser, source.baseAddress, source.count)
        var result: [YAMLNode] = []
        while true {
            let event = try next(&parser)
            switch event {
            case .documentStart:
                anchors = [:]
                let node = try compose(try next(&parser), &parser, depth: 0)
                if !node.isNull || limits.matchesKubernetes { result.append(node) }
                guard result.count <= limits.documents else {
                    throw fail(
                        limits.documents == 1
                            ? "has more than one YAML document; exactly one is expected"
                            : "has more than \(limits.documents) YAML documents", node.line)
                }
            case .streamEnd: return result
            default: continue
            }
        }
    }

    private enum Event {
        case scalar(String, plain: Bool, anchor: String?, line: Int)
        case alias(String, line: Int)
        case sequenceStart(anchor: String?, line: Int)
        case mappingStart(anchor: String?, line: Int)
        case end, documentStart, streamEnd, other
    }

    func fail(_ what: String, _ line: Int, _ code: DocumentError.Code = .invalidDocument) -> DocumentError {
        DocumentError(code, "\(file):\(line): \(what)")
    }

    private mutating func next(_ parser: inout yaml_parser_t) throws -> Event {
        StepCount.add()
        var event = yaml_event_t()
        guard yaml_parser_parse(&parser, &event) == 1 else {
            let problem = parser.problem.map { String(cString: $0) } ?? "not YAML"
            throw fail(problem, Int(parser.problem_mark.line) + 1)
        }
        defer { yaml_event_delete(&event) }
        let line = Int(event.start_mark.line) + 1
        switch event.type {
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            let text = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
            let anchor = try check(anchor: scalar.anchor, tag: scalar.tag, line)
            // A tag such as !!str makes a plain scalar a string.
            let plain = scalar.style == YAML_PLAIN_SCALAR_STYLE && scalar.tag == nil
            guard limits.matchesKubernetes else { return .scalar(text, plain: plain, anchor: anchor, line: line) }
            let style = (isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE, isImplicit: scalar.plain_implicit != 0)
            let isPlain = try isPlain(text, style, tag: scalar.tag.map(self.text), (event.start_mark, event.end_mark))
            return .scalar(text, plain: isPlain, anchor: anchor, line: line)
        case YAML_ALIAS_EVENT:
            guard limits.allowsAliases, let name = event.data.alias.anchor else {
                throw fail("YAML aliases are not allowed here; write the value out", line)
            }
            return .alias(text(name), line: line)
        case YAML_SEQUENCE_START_EVENT:
            let start = event.data.sequence_start
            try checkCollection(tag: start.tag, as: "seq", line)
            return .sequenceStart(anchor: try check(anchor: start.anchor, tag: start.tag, line), line: line)
        case YAML_MAPPING_START_EVENT:
            let start = event.data.mapping_start
            try checkCollection(tag: start.tag, as: "map", line)
            return .mappingStart(anchor: try check(anchor: start.anchor, tag: start.tag, line), line: line)
        case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: return .end
        case YAML_DOCUMENT_START_EVENT: return .documentStart
        case YAML_STREAM_END_EVENT: return .streamEnd
        default: return .other
        }
    }

    private func check(anchor: UnsafeMutablePointer<yaml_char_t>?, tag: UnsafeMutablePointer<yaml_char_t>?, _ line: Int)
        throws -> String?
    {
        if anchor != nil, !limits.allowsAliases {
            throw fail("YAML anchors are not allowed here; write the value out", line)
        }
        if tag != nil, !limits.allowsTags {
            throw fail("YAML tags are not allowed here; write the plain value", line)
        }
        return anchor.map(text)
    }

    func text(_ pointer: UnsafeMutablePointer<yaml_char_t>) -> String {
        pointer.withMemoryRebound(to: CChar.self, capacity: 1) { String(cString: $0) }
    }

    private mutating func compose(_ event: Event, _ parser: inout yaml_parser_t, depth: Int) throws -> YAMLNode {
        count += 1
        switch event {
        case .scalar(let text, let plain, let anchor, let line):
            try checkCount(line)
            return remember(YAMLNode(.scalar(text, plain: plain), line: line), as: anchor, count: 1)
        case .alias(let name, let line):
            guard let known = anchors[name] else { throw fail("alias *\(name) has no anchor before it", line) }
            count += known.count
            try checkCount(line)
            return known.node
        case .sequenceStart(let anchor, let line):
            try checkDepth(depth, line)
            let before = count
            var elements: [YAMLNode] = []
            while true {
                let inner = try next(&parser)
                if case .end = inner { break }
                elements.append(try compose(inner, &parser, depth: depth + 1))
            }
            return remember(YAMLNode(.sequence(elements), line: line), as: anchor, count: count - before + 1)
        case .mappingStart(let anchor, let line):
            try checkDepth(depth, line)
            let before = count
            var entries: [YAMLEntry] = []
            var seen: [String: Int] = [:]
            while true {
                let inner = try next(&parser)
                if case .end = inner { break }
                let key = try compose(inner, &parser, depth: depth + 1)
                guard case .scalar(let name, _) = key.value else {
                    throw fail("a mapping key is not a scalar", key.line)
                }
                if let first = seen.updateValue(key.line, forKey: name) {
                    throw fail(
                        "key \(quoted(name)) occurs twice in one mapping; the first is on line \(first)", key.line)
                }
                let value = try compose(try next(&parser), &parser, depth: depth + 1)
                entries.append(YAMLEntry(key: name, line: key.line, value: value))
            }
            return remember(YAMLNode(.mapping(entries), line: line), as: anchor, count: count - before + 1)
        case .end, .documentStart, .streamEnd, .other:
            throw fail("unexpected end of a value", 1)
        }
    }

    private mutating func remember(_ node: YAMLNode, as anchor: String?, count: Int) -> YAMLNode {
        if let anchor { anchors[anchor] = (node, count) }
        return node
    }

    private func checkCount(_ line: Int) throws {
        guard count <= limits.nodes else {
            throw fail(
                "more than \(limits.nodes) YAML values, counting aliases as the nodes that they repeat", line,
                .limitExceeded)
        }
    }

    private func checkDepth(_ depth: Int, _ line: Int) throws {
        try checkCount(line)
        guard depth < limits.depth else {
            throw fail("nested deeper than \(limits.depth) levels", line, .limitExceeded)
        }
    }
}
