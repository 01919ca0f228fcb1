internal import CapsuleCore
internal import Documents
internal import Support

/// Reads the error output of `helm template`, of Helm 3 and 4.
struct HelmFault {
    private let templates: HelmTemplates
    private let values: [PackageFile]
    private let deployment: Deployment
    private let chart: [PackageFile]

    /// - Parameter values: the values files of the environment policy, the one that decides last.
    init(_ package: PackageTree, values: [PackageFile], _ deployment: Deployment) {
        templates = HelmTemplates(package)
        chart = package.files
        self.values = values
        self.deployment = deployment
    }

    /// A place in a template: `shop/templates/web.yaml:7:8`.
    struct Place: Hashable {
        /// The file, by its path in the rendered tree.
        let file: String
        /// The line; nil where Helm names the file only.
        let line: Int?
    }

    /// The fault that an error output describes.
    func read(_ output: String) -> RendererFault {
        var text = RendererFault.lines(output).joined(separator: "\n")
        if text.hasPrefix("Error: ") { text.removeFirst("Error: ".count) }
        return schema(text) ?? chartVersion(text) ?? yaml(text) ?? template(text)
            ?? RendererFault(
                cause: text, file: file(of: text), line: nil, remedy: RendererFault.correction(file(of: text)))
    }

    /// A value that `values.schema.json` refuses: the file that has the value, or the schema when a value is missing.
    private func schema(_ text: String) -> RendererFault? {
        guard text.contains("values don't meet the specifications of the schema") else { return nil }
        let lines = text.split(separator: "\n").map { String(String($0).trimmingBlanks()) }
        let faults = lines.filter { $0.hasPrefix("- ") }.map { String($0.dropFirst(2)) }
        let names = lines.filter { $0.hasSuffix(":") && !$0.hasPrefix("- ") && !$0.contains(" ") }.map { $0.dropLast() }
        var found: (file: String, line: Int)?
        for fault in faults where found == nil { found = value(Self.path(fault)) }
        let isSubchart = names.first.map { name in chart.contains { $0.path.description.hasPrefix("charts/\(name)/") } }
        let schema =
            isSubchart == true
            ? "package/helm/charts/\(names.first ?? "")/values.schema.json" : "package/helm/values.schema.json"
        return RendererFault(
            cause: "the values do not fit values.schema.json of the chart: \(faults.joined(separator: "; "))",
            file: found?.file ?? schema, line: found?.line,
            remedy: found.map { RendererFault.correction($0.file) }
                ?? "set the value in \(Self.valuesFile(deployment)), as the schema requires it")
    }

    /// The path of the value in a line of Helm 4, `at '/web/replicas': …`, or Helm 3, `web.replicas: …`.
    private static func path(_ fault: String) -> [String] {
        if let mark = fault.firstRange(of: "at '") {
            return fault[mark.upperBound...].prefix { $0 != "'" }.split(separator: "/").map(String.init)
        }
        let path = fault.prefix { $0 != ":" }
        return path == "(root)" ? [] : path.split(separator: ".").map(String.init)
    }

    /// The place that sets a value: the files of the policy from the last to the first, then the chart's.
    private func value(_ path: [String]) -> (file: String, line: Int)? {
        guard !path.isEmpty else { return nil }
        let defaults = chart.filter { $0.path.description == "values.yaml" }
            .compactMap { file in (try? RelativePath("package/helm/values.yaml")).map { ($0, file.content) } }
        for (name, content) in values.reversed().map({ ($0.path, $0.content) }) + defaults {
            guard var node = (try? YAMLParser.documents(content, file: name.description))?.first else { continue }
            var line: Int?
            for key in path {
                guard let entry = node.mapping?.first(where: { $0.key == key }) else {
                    line = nil
                    break
                }
                (node, line) = (entry.value, entry.line)
            }
            if let line { return (name.description, line) }
        }
        return nil
    }

    /// A chart for other versions of Kubernetes.
    private func chartVersion(_ text: String) -> RendererFault? {
        guard text.contains("chart requires kubeVersion") else { return nil }
        let file = "deployments/\(deployment.name)/deployment.yaml"
        return RendererFault(
            cause: text, file: "package/helm/Chart.yaml", line: nil,
            remedy:
                "write the version of the cluster as kubernetes.version in \(file), or correct kubeVersion in the chart"
        )
    }

    /// A template whose output is not YAML. The line in the message is one of the output.
    private func yaml(_ text: String) -> RendererFault? {
        guard let mark = text.firstRange(of: "YAML parse error on ") else { return nil }
        let file = Self.templateFile(String(text[mark.upperBound...].prefix { $0 != ":" }))
        return RendererFault(
            cause: String(text[mark.lowerBound...]), file: file, line: nil,
            remedy: "correct the template, whose output is not YAML for these values, and publish another release")
    }

    /// A template that fails while it is read or run.
    private func template(_ text: String) -> RendererFault? {
        guard let place = Self.lastPlace(in: text) else { return nil }
        let cause = Self.cause(text)
        let said = place.line.flatMap { templates.text(place.file, around: $0).first } ?? ""
        // Helm names the template that calls the helper; the helper has the message.
        let origin = text.contains("execution error at") ? raising(cause, in: place.file) : nil
        let line = origin?.text ?? said
        let expression = Self.expression(text) ?? line
        return RendererFault(
            cause: cause, file: origin?.file ?? place.file, line: origin.map(\.line) ?? place.line,
            remedy: remedy(cause, expression, line, origin?.file ?? place.file))
    }

    private func raising(_ cause: String, in file: String) -> HelmTemplates.Place? {
        let message = cause.split(separator: "\n").first.map(String.init) ?? cause
        guard message.utf8.count >= 3 else { return nil }
        return templates.first(in: file) { line in
            (line.contains("fail ") || line.contains("required ")) && line.contains(message)
        }
    }

    private func remedy(_ cause: String, _ expression: String, _ line: String, _ file: String) -> String {
        if cause.contains("function \""), cause.contains("not defined") {
            return "helm has no such function; call another one, or install the version of helm that has it"
        }
        if cause.contains("no template \"") { return "define the template, or correct its name" }
        let isNothing = cause.contains("nil pointer") || cause.contains("untyped nil") || cause.contains("nil data")
        let used = HelmTemplates.values(in: expression)
        if isNothing, used.isEmpty, templates.first(in: file, where: { $0.contains("lookup ") })?.file == file {
            return
                "the template calls lookup, which finds nothing in a render without a cluster; give its result a default"
        }
        if line.contains(".Capabilities.APIVersions") {
            return "list what the cluster has under kubernetes.apis in deployments/\(deployment.name)/deployment.yaml"
        }
        if line.contains(".Capabilities.KubeVersion") {
            return
                "write the version of the cluster as kubernetes.version in deployments/\(deployment.name)/deployment.yaml"
        }
        let names = used.isEmpty ? HelmTemplates.values(in: line) : used
        if !names.isEmpty, isNothing || line.contains("required ") || line.contains("fail ") {
            return "set \(names.joined(separator: " or ")) in \(Self.valuesFile(deployment))"
        }
        return RendererFault.correction("package/helm")
    }

    private static func valuesFile(_ deployment: Deployment) -> String {
        "envTypes/\(deployment.envType).values.yaml or deployments/\(deployment.name)/values.yaml"
    }

    private func file(of text: String) -> String? {
        if text.contains("Chart.yaml") || text.contains("chart.metadata") { return "package/helm/Chart.yaml" }
        if text.contains("cannot load values.yaml") { return "package/helm/values.yaml" }
        return text.contains("library charts are not installable") ? "package/helm/Chart.yaml" : nil
    }

    /// The last template that a message names with a line: `shop/templates/web.yaml:7:8`.
    static func lastPlace(in text: String) -> Place? {
        var found: Place?
        for word in text.split(whereSeparator: { " ()\n".contains($0) }) where word.contains("templates/") {
            let parts = word.split(separator: ":")
            guard parts.count >= 2, let line = Int(parts[1]), let file = templateFile(String(parts[0])) else {
                continue
            }
            found = Place(file: file, line: line)
        }
        return found
    }

    /// `shop/templates/web.yaml` as a path in the rendered tree.
    private static func templateFile(_ path: String) -> String? {
        guard path.contains("templates/"), let slash = path.firstIndex(of: "/") else { return nil }
        return "package/helm/\(path[path.index(after: slash)...])"
    }

    /// The expression that failed: `at <.Values.database.host>`.
    static func expression(_ text: String) -> String? {
        guard let mark = text.ranges(of: " at <").last, let end = text[mark.upperBound...].firstRange(of: ">:") else {
            return nil
        }
        return String(text[mark.upperBound..<end.lowerBound])
    }

    /// The end of a message: what follows the last place, step and function call in it.
    private static func cause(_ text: String) -> String {
        for mark in ["execution error at (", "parse error at ("] {
            if let start = text.firstRange(of: mark), let end = text[start.upperBound...].firstRange(of: "): ") {
                return String(text[end.upperBound...])
            }
        }
        guard let step = text.ranges(of: ">:").last else { return text }
        var rest = text[step.upperBound...]
        while let first = rest.first, first.isWhitespace { rest.removeFirst() }
        return rest.isEmpty ? text : String(rest)
    }
}
