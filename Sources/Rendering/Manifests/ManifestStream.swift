internal import CapsuleCore
internal import Documents
internal import Support

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// The output of a renderer, split into objects. The bytes of an object are exactly those between two `---` lines.
///
/// A list is split into its objects, which are written as documents of their own.
///
/// The stream is used instead of the files of `-o DIR`, because a stream stops at the output limit before anything is
/// written to disk, and `-o DIR` silently keeps only the last of two objects with the same file name. The bytes are
/// the same; a test compares them.
enum ManifestStream {
    /// An object, its file and its parsed form.
    struct Item {
        let object: RenderedObject
        let content: [UInt8]
        let node: YAMLNode

        /// The file for messages: the template that helm names in a comment, as a file of the rendered tree, otherwise
        /// the object's own file.
        var origin: String { template ?? object.file.description }

        /// The template that helm names in a comment, as a file of the rendered tree; nil when there is none.
        var template: String? { ManifestStream.template(of: content) }
    }

    /// The objects of a stream, sorted by file, and findings for documents that are not objects.
    ///
    /// - Parameter namespace: the namespace of objects that do not name one and are not cluster-scoped.
    static func read(_ bytes: [UInt8], namespace: String, limits: RenderLimits) -> (items: [Item], findings: [Finding])
    {
        var documents = ObjectReader(limits: limits)
        for (number, chunk) in split(bytes).enumerated() {
            let content = Array(chunk)
            guard documents.read(content, "rendered object \(number + 1)\(outline(content))") else { break }
        }
        var findings = documents.findings
        let parsed = documents.parsed
        let namespaces = Set(parsed.compactMap { $0.header.home(default: namespace) })
        var items: [Item] = []
        var seen: [String: (title: String, template: String?)] = [:]
        var hooks: [String: Int] = [:]
        for (header, content, node) in parsed {
            let prefix = namespaces.count > 1 ? header.home(default: namespace).map { "\($0)_" } ?? "" : ""
            var number = 1
            if header.generateName != nil {
                number = hooks[prefix + header.fileName(number: 0), default: 0] + 1
                hooks[prefix + header.fileName(number: 0)] = number
            }
            let name = (prefix + header.fileName(number: number)).lowercased()
            guard let file = try? RelativePath(name), !name.contains("/") else {
                findings.append(
                    Finding(
                        rule: "render.not-an-object",
                        message: "\(header.title) has a name that cannot be a file name", remedy: "rename the object"))
                continue
            }
            let object = RenderedObject(
                file: file, apiVersion: header.apiVersion, kind: header.kind, name: header.name,
                namespace: header.namespace, generateName: header.generateName)
            let item = Item(object: object, content: content, node: node)
            if let other = seen.updateValue((header.title, item.template), forKey: name) {
                let place = other.template.map { " (\($0))" } ?? ""
                findings.append(
                    Finding(
                        rule: "render.duplicate", file: item.origin,
                        message:
                            "\(other.title)\(place) and \(header.title) are the same object, or differ only in case",
                        remedy: "remove or rename one of them"))
                continue
            }
            items.append(item)
        }
        return (items.sorted { $0.object.file < $1.object.file }, findings)
    }

    /// ` (Deployment web)`, as far as the lines of an object show it, which may not be YAML; empty when they show nothing.
    private static func outline(_ content: [UInt8]) -> String {
        var kind: String?
        var name: String?
        for line in String(decoding: content.prefix(4096), as: UTF8.self).split(whereSeparator: \.isNewline) {
            if kind == nil, line.hasPrefix("kind: ") { kind = String(line.dropFirst("kind: ".count)) }
            for start in ["  name: ", "metadata: {name: "] where name == nil && line.hasPrefix(start) {
                name = String(line.dropFirst(start.count).prefix { $0 != "," && $0 != "}" })
            }
        }
        let title = [kind, name].compactMap { $0 }.joined(separator: " ")
        return title.isEmpty ? "" : " (\(quotedTitle(title)))"
    }

    /// The template that helm names in a comment, as a file of the rendered tree; nil when there is none.
    fileprivate static func template(of content: [UInt8]) -> String? {
        let comment = ManifestList.sourceComment(content).dropFirst("# Source: ".utf8.count)
        // The path begins with the name of the chart.
        let path = String(decoding: comment, as: UTF8.self).trimmingBlanks()
            .split(separator: "/").dropFirst().joined(separator: "/")
        return path.isEmpty ? nil : "package/helm/\(path)".escapedForDisplay(limit: 300)
    }

    /// Splits at lines that are `---`, and at lines on which only a comment follows it, as kubectl does.
    static func split(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        var chunks: [ArraySlice<UInt8>] = []
        var start = 0
        var line = 0
        while line < bytes.count {
            let end = lineEnd(bytes, from: line)
            if isMarker(bytes[line..<end]), isSeparator(bytes[line..<end]) {
                chunks.append(bytes[start..<line])
                start = end
            }
            line = end
        }
        chunks.append(bytes[start...])
        return chunks.filter(hasContent)
    }

    /// The number of the first line that begins with `---`, from 1; nil when there is none. A reader of YAML may take the
    /// line for text, but Kubernetes' readers split there, as they treat every space of Unicode as a blank.
    fileprivate static func markedLine(_ content: [UInt8]) -> Int? {
        var line = 0
        var number = 1
        while line < content.count {
            if isMarker(content[line...]) { return number }
            line = lineEnd(content, from: line)
            number += 1
        }
        return nil
    }

    // The index after the line end at or after `start`, or of the end.
    private static func lineEnd(_ bytes: [UInt8], from start: Int) -> Int {
        bytes.withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress,
                let found = memchr(base + start, Int32(UInt8(ascii: "\n")), buffer.count - start)
            else { return buffer.count }
            return UnsafeRawPointer(found) - base + 1
        }
    }

    private static func isMarker(_ line: ArraySlice<UInt8>) -> Bool { line.starts(with: "---".utf8) }

    private static func isSeparator(_ line: ArraySlice<UInt8>) -> Bool {
        let rest = line.dropFirst(3).drop { $0 == UInt8(ascii: " ") || $0 == 0x09 || $0 == 0x0D }
        guard let first = rest.first else { return true }
        return first == 0x0A || (first == UInt8(ascii: "#") && line[line.startIndex + 3] != UInt8(ascii: "#"))
    }

    private static func hasContent(_ chunk: ArraySlice<UInt8>) -> Bool {
        var rest = chunk
        while true {
            rest = rest.drop { $0 == UInt8(ascii: " ") || $0 == 0x09 || $0 == 0x0D || $0 == 0x0A }
            guard let first = rest.first else { return false }
            guard first == UInt8(ascii: "#") else { return true }
            rest = rest.drop { $0 != 0x0A }
        }
    }
}

/// The documents of a stream, read one after the other into objects.
private struct ObjectReader {
    let limits: RenderLimits
    private(set) var parsed: [(header: ObjectHeader, content: [UInt8], node: YAMLNode)] = []
    private(set) var findings: [Finding] = []
    // The template of the document that is being read.
    private var template: String?

    init(limits: RenderLimits) { self.limits = limits }

    /// Reads a document. Returns false when there are more objects than the limit.
    mutating func read(_ content: [UInt8], _ name: String) -> Bool {
        template = ManifestStream.template(of: content)
        guard content.count <= limits.objectSize else {
            report(
                "render.object-size",
                "\(name) has \(content.count) bytes; one object has at most \(limits.objectSize)",
                "Kubernetes would refuse it; make it smaller")
            return true
        }
        if let line = ManifestStream.markedLine(content) {
            report(
                "render.unreadable",
                "\(name):\(line): the line begins with ---, where Kubernetes' readers may split the object",
                "separate objects with a line that is only ---, and indent text")
            return true
        }
        do {
            let documents = try YAMLParser.documents(content, file: name, limits: .rendered)
            guard documents.count <= 1 else {
                report(
                    "render.unreadable", "\(name) holds \(documents.count) YAML documents",
                    "separate objects with a line that is only ---")
                return true
            }
            // A document with only comments comes from a template that rendered to nothing.
            guard let node = documents.first, !node.isNull else { return true }
            return add(node, content, name, depth: 0)
        } catch {
            report(
                "render.unreadable", error.message,
                "the renderer's output must be plain YAML; see the template or patch that makes it")
            return true
        }
    }

    private mutating func add(_ node: YAMLNode, _ content: [UInt8], _ name: String, depth: Int) -> Bool {
        guard ManifestList.hasItems(node) else { return addObject(node, content, name) }
        guard depth < ManifestList.maximumDepth else {
            report(
                "render.not-an-object", "\(name) is a list in \(ManifestList.maximumDepth) lists",
                "every element of a list must be one Kubernetes object")
            return true
        }
        switch ManifestList.elements(of: node, name, head: ManifestList.sourceComment(content)) {
        case .success(let elements):
            for (index, element) in elements.enumerated() {
                let name = "item \(index + 1) of \(name)"
                guard add(element.node, element.content, name, depth: depth + 1) else { return false }
            }
        case .failure(let problem): report("render.not-an-object", problem.message, problem.remedy)
        }
        return true
    }

    private mutating func addObject(_ node: YAMLNode, _ content: [UInt8], _ name: String) -> Bool {
        guard parsed.count < limits.objects else {
            report(
                "render.too-many-objects", "more than \(limits.objects) objects are rendered", "split the package")
            return false
        }
        switch ObjectHeader.read(node) {
        case .success(let header):
            guard let problem = ObjectHeader.typedField(of: node, header) else {
                parsed.append((header, content, node))
                return true
            }
            report("render.not-an-object", "\(name) \(problem.message)", problem.remedy)
        case .failure(let problem): report("render.not-an-object", "\(name) \(problem.message)", problem.remedy)
        }
        return true
    }

    private mutating func report(_ rule: String, _ message: String, _ remedy: String) {
        findings.append(Finding(rule: rule, file: template, message: message, remedy: remedy))
    }
}
