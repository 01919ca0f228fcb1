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
        let byTitle = Dictionary(items.map { ("\(quotedTitle($0.object.title)): ", $0) }) { first, _ in first }
        return findings.map { finding in
            if finding.rule == "render.image-missing" { return missing(finding, items) }
            guard rules.contains(finding.rule),
                // A text of the environment policy is named as it is.
                finding.file.map({ !$0.hasPrefix("envTypes/") && !$0.hasPrefix("deployments/") }) ?? true,
                let colon = finding.message.firstRange(of: ": "),
                let item = byTitle[String(finding.message[..<colon.upperBound])],
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
        var count = 0
        return items.flatMap { (item) -> [Finding] in
            guard count < RenderProofs.findingLimit else { return [] }
            var found: [(path: FieldPath, value: String)] = []
            Self.visit(item.node, FieldPath(), isLabels: false) { path, value in
                if !Self.isLabel(value), texts.contains(where: value.contains) { found.append((path, value)) }
            }
            found = Array(found.prefix(RenderProofs.findingLimit - count))
            count += found.count
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
    ///
    /// - Parameter fault: what the error output says.
    func rejection(_ output: String, _ fault: RendererFault) -> Finding? {
        let keys = values.settings.map(\.key)
        let text = RendererFault.lines(output).joined(separator: "\n")
        let isVersion = text.lowercased().contains("semantic version") || text.lowercased().contains("semver")
        let isRaised = text.contains("execution error at")
        let schema = keys.first { key in
            text.contains("at '/\(key.split(separator: ".").joined(separator: "/"))'") || text.contains("- \(key):")
        }
        let failed = HelmTemplates.values(in: HelmFault.expression(text) ?? "")
        // The failing expression uses other values.
        if schema == nil, !isVersion, !failed.isEmpty, !failed.contains(where: keys.contains) { return nil }
        var (file, lineNumber) = (fault.file, fault.line)
        let around = file.flatMap { file in lineNumber.map { templates.text(file, around: $0, 3) } } ?? []
        let line = file.flatMap { file in lineNumber.map { templates.text(file, around: $0) } } ?? []
        func uses(_ lines: [String], _ key: String) -> Bool { lines.contains { $0.contains(".Values.\(key)") } }
        var blamed = schema.map { [$0] } ?? keys.filter { text.contains(".Values.\($0)") || uses(line, $0) }
        if blamed.isEmpty, isVersion || isRaised {
            blamed = keys.filter { uses(around.filter(Self.isCheck), $0) }
        }
        let isFound = line.contains { $0.contains("fail ") || $0.contains("required ") }
        if blamed.isEmpty, isRaised, !isFound,
            let checked = templates.first(
                in: file, where: { line in Self.isCheck(line) && keys.contains { uses([line], $0) } })
        {
            blamed = keys.filter { uses([checked.text], $0) }
            (file, lineNumber) = (checked.file, checked.line)
        }
        if blamed.isEmpty, isVersion || text.contains(tag) {
            blamed = keys.filter { $0.lowercased().hasSuffix("tag") || $0.lowercased().hasSuffix("version") }
        }
        guard !blamed.isEmpty else { return nil }
        let list = values.settings.filter { blamed.contains($0.key) }.map { "\($0.key)=\($0.value)" }
        return Finding(
            rule: "render.image-value", file: schema != nil ? "package/helm/values.schema.json" : file,
            line: schema != nil ? nil : lineNumber,
            message:
                "the chart does not render with \(list.joined(separator: ", ")): \(RendererFault.shown(fault.cause))",
            remedy: "change the template to accept any tag, or name other values in helm.values of capsule.yaml")
    }

    // True for a line of a template that may refuse a value.
    private static func isCheck(_ line: String) -> Bool {
        ["fail", "regex", "semver", "required"].contains { line.contains($0) }
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
