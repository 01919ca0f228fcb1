internal import CapsuleCore
internal import Documents
internal import Support

/// The output of a renderer, split into objects. The bytes of an object are exactly those between two `---` lines.
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
    }

    /// The objects of a stream, sorted by file, and findings for documents that are not objects.
    ///
    /// - Parameter namespace: the namespace of objects that do not name one and are not cluster-scoped.
    static func read(_ bytes: [UInt8], namespace: String, limits: RenderLimits) -> (items: [Item], findings: [Finding])
    {
        var parsed: [(header: ObjectHeader, content: [UInt8], node: YAMLNode)] = []
        var findings: [Finding] = []
        for (number, chunk) in split(bytes).enumerated() {
            guard parsed.count < limits.objects else {
                findings.append(
                    Finding(
                        rule: "render.too-many-objects", message: "more than \(limits.objects) objects are rendered",
                        remedy: "split the package"))
                break
            }
            let name = "rendered object \(number + 1)"
            guard chunk.count <= limits.objectSize else {
                findings.append(
                    Finding(
                        rule: "render.object-size",
                        message: "\(name) has \(chunk.count) bytes; one object has at most \(limits.objectSize)",
                        remedy: "Kubernetes would refuse it; make it smaller"))
                continue
            }
            let content = Array(chunk)
            do {
                let documents = try YAMLParser.documents(content, file: name)
                guard documents.count <= 1 else {
                    findings.append(
                        Finding(
                            rule: "render.unreadable", message: "\(name) holds \(documents.count) YAML documents",
                            remedy: "separate objects with a line that is only ---"))
                    continue
                }
                // A document with only comments comes from a template that rendered to nothing.
                guard let node = documents.first else { continue }
                switch ObjectHeader.read(node) {
                case .success(let header): parsed.append((header, content, node))
                case .failure(let problem):
                    findings.append(
                        Finding(
                            rule: "render.not-an-object", message: "\(name) \(problem.message)",
                            remedy: "every rendered document must be one Kubernetes object"))
                }
            } catch {
                findings.append(
                    Finding(
                        rule: "render.unreadable", message: error.message,
                        remedy: "the renderer's output must be plain YAML; see the template or patch that makes it"))
            }
        }
        let namespaces = Set(parsed.compactMap { $0.header.home(default: namespace) })
        var items: [Item] = []
        var seen: [String: String] = [:]
        for (header, content, node) in parsed {
            let prefix = namespaces.count > 1 ? header.home(default: namespace).map { "\($0)_" } ?? "" : ""
            let name = (prefix + header.fileName).lowercased()
            guard let file = try? RelativePath(name), !name.contains("/") else {
                findings.append(
                    Finding(
                        rule: "render.not-an-object",
                        message: "\(header.title) has a name that cannot be a file name", remedy: "rename the object"))
                continue
            }
            if let other = seen.updateValue(header.title, forKey: name) {
                findings.append(
                    Finding(
                        rule: "render.duplicate", file: name,
                        message: "\(other) and \(header.title) are the same object, or differ only in case",
                        remedy: "remove or rename one of them"))
                continue
            }
            let object = RenderedObject(
                file: file, apiVersion: header.apiVersion, kind: header.kind, name: header.name,
                namespace: header.namespace)
            items.append(Item(object: object, content: content, node: node))
        }
        return (items.sorted { $0.object.file < $1.object.file }, findings)
    }

    /// Splits at lines that are `---`. Text that follows `---` on its line stays in the first line of the chunk, where
    /// the parser reads it.
    static func split(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        var chunks: [ArraySlice<UInt8>] = []
        var start = 0
        var line = 0
        while line < bytes.count {
            let end = bytes[line...].firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? bytes.count
            if isSeparator(bytes[line..<end]) {
                chunks.append(bytes[start..<line])
                start = end
            }
            line = end
        }
        chunks.append(bytes[start...])
        return chunks.filter(hasContent)
    }

    private static func isSeparator(_ line: ArraySlice<UInt8>) -> Bool {
        line.starts(with: "---".utf8)
            && line.dropFirst(3).allSatisfy { $0 == UInt8(ascii: " ") || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
    }

    private static func hasContent(_ chunk: ArraySlice<UInt8>) -> Bool {
        chunk.split(separator: UInt8(ascii: "\n")).contains { line in
            let text = line.drop { $0 == UInt8(ascii: " ") || $0 == 0x09 || $0 == 0x0D }
            return !text.isEmpty && text.first != UInt8(ascii: "#")
        }
    }
}
