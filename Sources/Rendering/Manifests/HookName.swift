internal import CapsuleCore
internal import Documents
internal import Support

/// The name of a hook that has `metadata.generateName` and no `metadata.name`.
///
/// Argo CD creates such a hook anew in each sync, under a name that begins with this text. Every other object needs a
/// name, because nothing could apply it twice.
enum HookName {
    /// The annotation of Argo CD's hooks.
    private static let argoKey = "argocd.argoproj.io/hook"
    /// The annotation of Helm's hooks, which Argo CD takes for its own.
    private static let helmKey = "helm.sh/hook"
    /// Argo CD's phases for Helm's hooks.
    private static let phasesOfHelm = [
        "pre-install": "PreSync", "pre-upgrade": "PreSync", "post-install": "PostSync", "post-upgrade": "PostSync",
        "pre-delete": "PreDelete", "post-delete": "PostDelete",
    ]

    /// True for an object that Argo CD takes for a hook.
    static func isHook(_ metadata: YAMLNode) -> Bool {
        let annotations = metadata["annotations"]
        if annotations?[argoKey] != nil {
            let types = types(annotations?[argoKey])
            return !types.isEmpty && types != ["Skip"]
        }
        let types = types(annotations?[helmKey])
        return !types.isEmpty && types != ["crd-install"]
    }

    /// Argo CD's phases of a hook.
    private static func phases(_ metadata: YAMLNode?) -> Set<String> {
        let annotations = metadata?["annotations"]
        let own = types(annotations?[argoKey])
        return Set(own.isEmpty ? types(annotations?[helmKey]).compactMap { phasesOfHelm[$0] } : own)
    }

    private static func types(_ annotation: YAMLNode?) -> [String] {
        (annotation?.string ?? "").split(separator: ",").map { String(String($0).trimmingBlanks()) }
            .filter { !$0.isEmpty }
    }

    /// The end of the file name of a hook: the text and the hook's number among those with the same text, from 1.
    static func fileEnd(_ generateName: String, number: Int) -> String { "\(generateName)_\(number)" }

    /// The text for messages: `migrate-*`, and `migrate-* (2)` for the second hook with this text.
    static func label(_ generateName: String, in file: RelativePath?) -> String {
        let stem = file?.lastSegment.split(separator: ".").dropLast().joined(separator: ".") ?? ""
        let number = stem.split(separator: "_").last.flatMap { Int($0) } ?? 1
        return "\(generateName)*" + (number > 1 ? " (\(number))" : "")
    }

    /// Warnings about hooks to which Argo CD gives the same name, so that one replaces the other: hooks of one kind with the
    /// same text in one phase.
    static func warnings(_ items: [ManifestStream.Item], namespace: String) -> [Finding] {
        struct Key: Hashable {
            let groupKind: GroupKind
            let namespace: String
            let generateName: String
            let phase: String
        }
        var seen: [Key: ManifestStream.Item] = [:]
        var findings: [Finding] = []
        for item in items {
            guard let generateName = item.object.generateName else { continue }
            for phase in phases(item.node["metadata"]).sorted() {
                let key = Key(
                    groupKind: item.object.groupKind, namespace: item.object.namespace ?? namespace,
                    generateName: generateName, phase: phase)
                guard let other = seen[key] else {
                    seen[key] = item
                    continue
                }
                findings.append(
                    Finding(
                        .warning, rule: "render.hook-name", file: item.origin,
                        message:
                            "\(quotedTitle(other.object.title)) and \(quotedTitle(item.object.title)): Argo CD gives "
                            + "both hooks of the phase \(phase) the same name in a sync, because both have the "
                            + "metadata.generateName \(quoted(generateName))",
                        remedy: "give one of them another generateName"))
                break
            }
        }
        return findings
    }
}
