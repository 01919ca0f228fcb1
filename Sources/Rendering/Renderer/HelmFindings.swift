internal import CapsuleCore
internal import Documents
internal import OCI
internal import Support

/// Names the template and the value of the chart in the findings about a chart.
struct HelmFindings {
    private let templates: HelmTemplates
    private let values: HelmImageValues
    private let tag: String

    init(_ input: RenderInput, _ values: HelmImageValues) {
        templates = HelmTemplates(input.package)
        self.values = values
        tag = input.release.image.tag.description
    }

    /// The findings of the proofs with the template and the values that an image comes from, where no other file is known.
    func explain(_ findings: [Finding], _ items: [ManifestStream.Item]) -> [Finding] {
        let rules = ["render.image-digest", "render.image-repository", "render.placeholder", "render.leftover"]
        return findings.map { finding in
            if finding.rule == "render.image-missing" { return missing(finding, items) }
            guard rules.contains(finding.rule),
                // A text of the environment policy is named as it is.
                finding.file.map({ !$0.hasPrefix("envTypes/") && !$0.hasPrefix("deployments/") }) ?? true,
                let item = items.first(where: { finding.message.hasPrefix("\(quotedTitle($0.object.title)): ") }),
                let source = HelmTemplates.source(of: item.content)
            else { return finding }
            return blame(finding, source) { $0.contains("image") && $0.contains("{{") || $0.contains("Image:") }
        }
    }

    /// The labels that the tag or digest of the release makes illegal: a label has at most 63 characters.
    func labels(_ items: [ManifestStream.Item], _ release: ReleaseManifest) -> [Finding] {
        let texts = ([release.image] + (release.images ?? [])).flatMap { image in
            [image.tag.description, image.digest?.hex ?? "", image.repoURL.description].filter { $0.utf8.count > 8 }
        }
        return items.flatMap { item in
            var found: [(path: FieldPath, value: String)] = []
            Self.visit(item.node, FieldPath(), isLabels: false) { path, value in
                if !Self.isLabel(value), texts.contains(where: value.contains) { found.append((path, value)) }
            }
            return found.map { path, value in
                let finding = Finding(
                    rule: "render.label", file: item.object.file.description,
                    message:
                        "\(quotedTitle(item.object.title)): \(path) is \(quoted(value)), which is not a label: a label "
                        + "has at most 63 letters, digits, `-`, `_` and `.`",
                    remedy: "shorten the label in the template, or give the label another value")
                let label = path.description.split { $0 == "\"" || $0 == "[" || $0 == "]" }.last.map(String.init) ?? ""
                guard let source = HelmTemplates.source(of: item.content) else { return finding }
                return blame(finding, source) {
                    $0.contains("\(label.split(separator: ".").last ?? ""):") && $0.contains("{{")
                }
            }
        }
    }

    /// The rejection of a chart that cannot be rendered with the release's tag; nil when Helm failed for another reason.
    func rejection(_ output: String) -> Finding? {
        let keys = values.settings.map(\.key)
        let text = output.split(separator: "\n").filter { !$0.hasPrefix("Use --debug") }.joined(separator: "\n")
        let last = text.ranges(of: "template: ").last.map { String(text[$0.upperBound...]) } ?? text
        let place = Self.place(in: last) ?? Self.place(in: text)
        let around = place.map { templates.text($0.file, around: $0.line, 3) } ?? []
        let line = place.map { templates.text($0.file, around: $0.line) } ?? []
        let schema = keys.first { key in
            text.contains("at '/\(key.split(separator: ".").joined(separator: "/"))'") || text.contains("- \(key):")
        }
        let used = keys.filter { key in
            text.contains(".Values.\(key)") || line.contains { $0.contains(".Values.\(key)") }
        }
        let isVersion = text.lowercased().contains("semantic version") || text.lowercased().contains("semver")
        let near = keys.filter { key in around.contains { $0.contains(".Values.\(key)") } }
        let checked =
            place == nil
            ? nil
            : templates.first(in: place?.file) { line in
                ["fail", "regex", "semver", "required"].contains { line.contains($0) }
                    && keys.contains { line.contains(".Values.\($0)") }
            }
        var blamed = schema.map { [$0] } ?? (used.isEmpty ? near : used)
        var found = place
        if blamed.isEmpty, let checked {
            blamed = keys.filter { checked.text.contains(".Values.\($0)") }
            found = (checked.file, checked.line ?? 1)
        }
        if blamed.isEmpty, isVersion || text.contains(tag) {
            blamed = keys.filter { $0.lowercased().hasSuffix("tag") || $0.lowercased().hasSuffix("version") }
        }
        guard !blamed.isEmpty else { return nil }
        let file = schema != nil ? "package/helm/values.schema.json" : found?.file
        let list = values.settings.filter { blamed.contains($0.key) }.map { "\($0.key)=\($0.value)" }
        return Finding(
            rule: "render.image-value", file: file, line: schema != nil ? nil : found?.line,
            message: "the chart does not render with \(list.joined(separator: ", ")): \(quotedLines(text))",
            remedy: "change the template to accept any tag, or name other values in helm.values of capsule.yaml")
    }

    private func quotedLines(_ text: String) -> String {
        text.split(separator: "\n").joined(separator: " ").escapedForDisplay(limit: 1000)
    }

    private func missing(_ finding: Finding, _ items: [ManifestStream.Item]) -> Finding {
        var finding = finding
        var places: [String] = []
        for item in items {
            var scan = ImageScan(repositories: [], digest: nil)
            scan.scan(item.node, kind: item.object.kind)
            for use in scan.uses where use.place == .imageField {
                let source = HelmTemplates.source(of: item.content) ?? item.object.file.description
                places.append("\(source): \(quotedTitle(item.object.title)): \(use.path) is \(quoted(use.text))")
            }
        }
        if let first = places.first {
            finding.file = finding.file ?? String(first.prefix { $0 != ":" })
            finding.message += "; the chart renders \(places.prefix(3).joined(separator: ", and "))"
        }
        finding.remedy =
            "the render sets \(values.description); name the values of the chart that the template takes the image from in "
            + "helm.values of capsule.yaml"
        return finding
    }

    private func blame(_ finding: Finding, _ source: String, where isWanted: (String) -> Bool) -> Finding {
        var finding = finding
        let place = templates.first(in: source, where: isWanted)
        (finding.file, finding.line) = (source, place?.file == source ? place?.line : nil)
        var used = HelmTemplates.values(in: place?.text ?? "")
        if place?.text.contains(".Chart.AppVersion") == true { used.append(".Chart.AppVersion") }
        if let place, place.file != source { finding.message += " (\(place.file):\(place.line ?? 1))" }
        finding.remedy +=
            "; the template uses \(used.isEmpty ? "values" : used.joined(separator: ", ")), and the render sets "
            + values.description
        return finding
    }

    // `… template: shop/templates/web.yaml:7:8: …` or `execution error at (shop/templates/web.yaml:3:4): …`.
    private static func place(in text: String) -> (file: String, line: Int)? {
        for word in text.split(whereSeparator: { " ()\n".contains($0) }) where word.contains("templates/") {
            let parts = word.split(separator: ":")
            guard parts.count >= 2, let line = Int(parts[1]), let slash = parts[0].firstIndex(of: "/") else { continue }
            return ("package/helm/\(parts[0][parts[0].index(after: slash)...])".escapedForDisplay(limit: 300), line)
        }
        return nil
    }

    private static func visit(
        _ node: YAMLNode, _ path: FieldPath, isLabels: Bool, _ body: (FieldPath, String) -> Void
    ) {
        for (index, element) in (node.sequence ?? []).enumerated() {
            visit(element, path.element(index, element), isLabels: false, body)
        }
        for entry in node.mapping ?? [] {
            let inner = path.key(entry.key)
            if isLabels, let text = entry.value.string { body(inner, text) }
            visit(entry.value, inner, isLabels: entry.key == "labels" || entry.key == "matchLabels", body)
        }
    }

    private static func isLabel(_ text: String) -> Bool {
        func isOuter(_ byte: UInt8?) -> Bool {
            guard let byte else { return true }
            return (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        }
        return text.utf8.count <= 63 && isOuter(text.utf8.first) && isOuter(text.utf8.last)
            && text.utf8.allSatisfy { isOuter($0) || "-_.".utf8.contains($0) }
    }
}
