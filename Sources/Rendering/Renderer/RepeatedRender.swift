internal import CapsuleCore
internal import Documents
internal import Support

/// Compares two renders of the same inputs.
///
/// A chart that writes a random password, a certificate or the time gives other manifests each time, so nobody could prove
/// later that a stage branch holds what the recorded inputs give.
enum RepeatedRender {
    private static let functions: Set<String> = [
        "randAlphaNum", "randAlpha", "randNumeric", "randAscii", "randBytes", "randInt", "uuidv4", "genCA",
        "genCAWithKey", "genSelfSignedCert", "genSelfSignedCertWithKey", "genSignedCert", "genSignedCertWithKey",
        "genPrivateKey", "bcrypt", "htpasswd", "encryptAES", "shuffle", "now",
    ]

    /// The fields that differ and may not be random; empty when the renders are equal.
    static func differences(
        _ first: [UInt8], _ second: [UInt8], _ input: RenderInput, _ limits: RenderLimits
    ) -> [Finding] {
        guard first != second else { return [] }
        let namespace = input.deployment.namespace
        let old = ManifestStream.read(first, namespace: namespace, limits: limits)
        // The proofs report an output that cannot be read.
        guard old.findings.isEmpty else { return [] }
        let new = ManifestStream.read(second, namespace: namespace, limits: limits)
        let others = Dictionary(new.items.map { ($0.object.file, $0) }, uniquingKeysWith: { first, _ in first })
        let random = RandomFields(input.deployment)
        let templates = HelmTemplates(input.package)
        var findings: [Finding] = []
        var budget = StepBudget(limit: FieldComparison.maximumSteps)
        for item in old.items where findings.count < RenderProofs.findingLimit {
            guard let other = others[item.object.file] else {
                findings.append(finding(item, "metadata.name", templates, input.deployment, isAllowable: false))
                continue
            }
            guard random.masked(item.content, item.node) != random.masked(other.content, other.node) else { continue }
            let fields = FieldComparison.compare(
                item.node, other.node, isSecret: true, hidden: true, budget: &budget
            ).map(\.path).filter { !random.cover($0, of: item.node) }
            for field in fields.prefix(RenderProofs.findingLimit) {
                findings.append(finding(item, field, templates, input.deployment))
            }
            if fields.isEmpty {
                findings.append(
                    finding(
                        item, "the order or the comments of its text", templates, input.deployment, isAllowable: false))
            }
        }
        if findings.isEmpty, new.items.count != old.items.count {
            findings.append(
                Finding(
                    rule: "render.random",
                    message: "two renders of the same inputs give \(old.items.count) and "
                        + "\(new.items.count) objects", remedy: "change the chart to give the same objects each time"))
        }
        return Array(findings.prefix(RenderProofs.findingLimit))
    }

    private static func finding(
        _ item: ManifestStream.Item, _ field: String, _ templates: HelmTemplates, _ deployment: Deployment,
        isAllowable: Bool = true
    ) -> Finding {
        let source = HelmTemplates.source(of: item.content)
        let name = field.split { "[].\"".contains($0) }.last.map(String.init) ?? field
        let isCall = { (line: String) in !HelmTemplates.calls(line, of: functions).isEmpty }
        let place =
            templates.first(in: source) { $0.contains("\(name):") && isCall($0) }
            ?? templates.first(in: source, where: isCall)
        let calls = HelmTemplates.calls(place?.text ?? "", of: functions)
        func named(_ values: [String]) -> [String] {
            let word = name.lowercased().filter { $0 != "-" && $0 != "_" }
            return values.filter { $0.lowercased().contains(word) }
        }
        let used = HelmTemplates.values(in: place?.text ?? "")
        // The default of a value may be in the lines before its use.
        let around = place.map { templates.text($0.file, around: $0.line ?? 1, 5) } ?? []
        let values =
            used.isEmpty
            ? named(HelmTemplates.values(in: around.joined(separator: "\n"))) : named(used).isEmpty ? used : named(used)
        let how = calls.isEmpty ? "" : ": the template calls \(calls.joined(separator: ", "))"
        let value =
            values.isEmpty
            ? "change the template, which has no value for it"
            : "set the value \(values.joined(separator: " or ")) in the values of the environment"
        let entry =
            "\(item.object.kind)/\((item.object.generateName.map { HookName.label($0, in: nil) } ?? item.object.name)) \(field)"
        let allow =
            isAllowable
            ? ", or allow it in deployments/\(deployment.name)/deployment.yaml: allowRandom: [\(YAMLText.quoted(entry))]"
            : ""
        return Finding(
            rule: "render.random", file: place?.file ?? source ?? item.object.file.description, line: place?.line,
            message: "\(quotedTitle(item.object.title)): \(field) differs between two renders of the same inputs\(how)",
            remedy: value + allow)
    }
}
