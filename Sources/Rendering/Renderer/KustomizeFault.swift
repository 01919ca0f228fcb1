internal import CapsuleCore
internal import Documents
internal import Support

/// Reads the error output of kustomize and `kubectl kustomize`.
struct KustomizeFault {
    private let tree: FileTree
    private let objects: ObjectLocator
    private let deployment: Deployment

    /// - Parameter files: the files of the rendered tree.
    init(_ files: [PackageFile], _ deployment: Deployment) {
        tree = FileTree(files)
        objects = ObjectLocator(files)
        self.deployment = deployment
    }

    /// The fault that an error output describes.
    func read(_ output: String) -> RendererFault {
        var text = Self.message(output)
        if let conflict = conflict(text) { return conflict }
        if let inner = Self.between("accumulateDirectory: \"", "\"", in: text) { text = Self.unquoted(inner) }
        let (directory, rest) = Self.innermost(text)
        var (cause, file) = Self.reason(rest)
        var line: Int?
        if let path = file { file = directory.map { "\($0)/\(path)" } ?? path }
        if let end = cause.ranges(of: " in File: ").last { cause = String(cause[..<end.lowerBound]) }
        if let mark = cause.firstRange(of: "MalformedYAMLError: yaml: line ") {
            line = Int(cause[mark.upperBound...].prefix { $0.isNumber })
        }
        let kustomization = directory.flatMap { tree.kustomizations(in: $0).first?.path.description }
        var place = file.flatMap { tree.file($0)?.path.description } ?? kustomization
        if let patched = patch(cause) { (place, line) = (patched.file, patched.line) }
        return RendererFault(cause: cause, file: place, line: line, remedy: remedy(cause, place))
    }

    /// The message in the output: kubectl may log it as a quoted field.
    private static func message(_ output: String) -> String {
        let lines = RendererFault.lines(output)
        if let line = lines.last(where: { $0.contains(" err=\"") }), let mark = line.firstRange(of: " err=\"") {
            var field = line[mark.upperBound...]
            if field.hasSuffix("\"") { field.removeLast() }
            return unquoted(String(field))
        }
        let text = lines.joined(separator: "\n")
        for start in ["error: ", "Error: "] where text.hasPrefix(start) { return String(text.dropFirst(start.count)) }
        return text
    }

    /// The directory that kustomize was in when it failed, and the rest of the chain.
    private static func innermost(_ text: String) -> (directory: String?, rest: String) {
        let marks = ["recursed accumulation of path '", "couldn't make target for path '"]
        let last = marks.compactMap { text.ranges(of: $0).last }.max { $0.lowerBound < $1.lowerBound }
        guard let last, let end = text[last.upperBound...].firstRange(of: "': ") else { return (nil, text) }
        return (String(text[last.upperBound..<end.lowerBound]), String(text[end.upperBound...]))
    }

    /// The reason at the end of a chain, and the file that the chain names last.
    private static func reason(_ text: String) -> (cause: String, file: String?) {
        var rest = text
        var file: String?
        func drop(_ start: String) -> Bool {
            guard rest.hasPrefix(start) else { return false }
            rest = String(rest.dropFirst(start.count))
            return true
        }
        _ = drop("accumulating resources: ") || drop("accumulating components: ")
        if drop("accumulation err='"), let end = rest.ranges(of: "': must build at directory").last {
            rest = String(rest[..<end.lowerBound])
        }
        for start in ["accumulating resources from '", "merging resources from '"] {
            guard drop(start), let end = rest.firstRange(of: "': ") else { continue }
            file = String(rest[..<end.lowerBound])
            rest = String(rest[end.upperBound...])
        }
        return (rest, file)
    }

    /// The place of a patch whose target does not exist.
    private func patch(_ cause: String) -> (file: String, line: Int)? {
        guard let id = Self.between("no matches for Id ", ";", in: cause + ";"), let slash = id.firstIndex(of: "/"),
            let kind = id[..<slash].split(separator: ".").first
        else { return nil }
        let name = id[id.index(after: slash)...]
        guard let dot = name.lastIndex(of: ".") else { return nil }
        return objects.find(kind: String(kind), name: String(name[..<dot]))
    }

    /// The fault that two objects have the same id in the namespace of the deployment.
    private func conflict(_ text: String) -> RendererFault? {
        guard let mark = text.firstRange(of: "namespace transformation produces ID conflict: ") else { return nil }
        let list = text[mark.upperBound...]
        let previous = Self.values("internal.config.kubernetes.io/previousNamespaces", in: list)
            .map { $0.split(separator: ",").last.map(String.init) ?? $0 }
        let kind = Self.values("kind", in: list).first ?? "object"
        let name = Self.values("name", in: list).first ?? ""
        // kustomize calls a namespace that is not named `default`.
        let named = previous.filter { $0 != "default" }
        let titles = previous.map { $0 == "default" ? "\(kind) \(name)" : "\(kind) \($0)/\(name)" }
        let line = "`allowNamespaces: [\(Set(named).sorted().map(quotedTitle).joined(separator: ", "))]`"
        let place = named.first.flatMap { namespace in
            (try? RelativePath("object")).flatMap { file in
                objects.find(
                    RenderedObject(
                        file: file, apiVersion: "v1", kind: kind, name: name, namespace: namespace, generateName: nil),
                    namespace: namespace)
            }
        }
        return RendererFault(
            cause:
                "\(titles.map(quotedTitle).joined(separator: " and ")) are one object in \(deployment.namespace), the "
                + "namespace of deployment \(deployment.name)",
            file: place?.file, line: place?.line,
            remedy:
                "rename one of them, or write \(line) for stage \(deployment.name) in capsule.yaml, so that objects keep "
                + "the namespace that they name")
    }

    /// The texts of a key in the JSON of a message.
    private static func values(_ key: String, in text: Substring) -> [String] {
        text.ranges(of: "\"\(key)\":\"").map { String(text[$0.upperBound...].prefix { $0 != "\"" }) }
    }

    private func remedy(_ cause: String, _ file: String?) -> String {
        let text = file.flatMap { tree.file($0) }.map { String(decoding: $0.content, as: UTF8.self) } ?? ""
        if cause.contains("missing metadata.name"), text.contains("generateName") {
            return "kustomize does not take metadata.generateName; give the object a name"
        }
        let remedies = [
            ("missing metadata.name", "give the object a name"),
            ("missing kind", "write the kind of the object"),
            ("already registered id", "remove or rename one of the two objects"),
            ("no matches for Id", "name an object of the package in the patch, or remove the patch"),
            (
                "external plugins disabled",
                "run the plugin before the release is built, and keep its output in the package"
            ),
            ("no such file or directory", "add the file, or remove the reference to it"),
            ("behavior must be merge or replace", "give one of the generators another name, or behavior: merge"),
            ("does not exist; cannot merge or replace", "name a ConfigMap or Secret that another generator makes"),
        ]
        return remedies.first { cause.contains($0.0) }?.1 ?? RendererFault.correction(file)
    }

    private static func between(_ start: String, _ end: Character, in text: String) -> String? {
        guard let mark = text.firstRange(of: start) else { return nil }
        let rest = text[mark.upperBound...]
        let close = end == "\"" ? rest.lastIndex(of: end) : rest.firstIndex(of: end)
        return close.map { String(rest[..<$0]) }
    }

    /// A text as Go's `%q` writes it, without the escapes.
    private static func unquoted(_ text: String) -> String {
        var result = ""
        var isEscaped = false
        for character in text {
            if isEscaped {
                result.append(character == "n" ? "\n" : character == "t" ? "\t" : character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else {
                result.append(character)
            }
        }
        return result
    }
}
