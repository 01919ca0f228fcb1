internal import CapsuleCore
package import DeliveryConfiguration
internal import GitOps
internal import KargoManifests
internal import OCI
internal import Support

/// Draws the stages of a configuration: as a tree for a terminal, or as a Mermaid flowchart for a README.
package struct LadderPicture: Sendable {
    private let configuration: CapsuleConfiguration

    package init(_ configuration: CapsuleConfiguration) { self.configuration = configuration }

    /// A tree in which a stage is below its upstream stage; below the last one when it has several.
    package func text() -> String {
        var rows = [(name: "releases", notes: ["\(configuration.capsule)"])]
        func add(_ stages: [Stage], indent: String) {
            for (index, stage) in stages.enumerated() {
                let last = index == stages.count - 1
                rows.append(("\(indent)\(last ? "└─▶" : "├─▶") \(stage.name)", notes(stage)))
                add(below(stage.name), indent: indent + (last ? "    " : "│   "))
            }
        }
        add(configuration.stages.filter(\.after.isEmpty), indent: "")
        let column = NameColumn(rows.map(\.name))
        var out = ReportLines()
        out.add(rows.map { column.line($0.name, $0.notes.joined(separator: " · ")) })
        if configuration.form == .pair {
            out.add([
                "",
                "releases are package pairs: who can push to \(configuration.gitops.branch) can add a release.yaml to a published package,",
                "and without that branch no release can be verified; see docs/pair.md, \"Why it is weaker than a capsule\"",
            ])
        }
        let waiting = configuration.stages.filter { $0.auto && $0.after.isEmpty }.map(\.name)
        if configuration.form == .pair, configuration.witnessReview != .none, !waiting.isEmpty {
            out.add([
                "",
                "\(waiting.joined(separator: ", ")): an automatic promotion waits up to 24 hours until the witness of its release is merged;",
                "newer releases wait for that, too",
            ])
        }
        // With Kargo's own steps, the service accepts no promotions.
        if let kargo = configuration.kargo, kargo.style == .service, kargo.verifier.image != nil {
            out.add("")
            out.add("verifier: \(Self.keeping(kargo.verifier.workload.state))")
        }
        let automatic = configuration.stages.filter(\.auto).map(\.name)
        if !automatic.isEmpty {
            out.add([
                "",
                "\(automatic.joined(separator: ", ")): Kargo promotes the newest release again after a rollback, unless automatic",
                "promotion is held or turned off; see docs/operate.md, \"A rollback on an automatic stage\"",
            ])
        }
        if let kargo = configuration.kargo, !kargo.argocd.prune {
            out.add(["", "Argo CD does not delete objects that are no longer rendered (kargo.argocd.prune: false)"])
        } else if let kargo = configuration.kargo, !kargo.argocd.selfHeal {
            out.add([
                "",
                "After a sync by Kargo, Argo CD does not delete objects that are no longer rendered (kargo.argocd.selfHeal: false)",
            ])
        }
        // Argo CD's label of an object, `app.kubernetes.io/instance`, can hold 63 characters; its annotation can hold more.
        let long = configuration.stages.map { KargoProject.argocdApplication($0.name, of: configuration) }
            .filter { $0.utf8.count > 63 }
        if configuration.kargo != nil, !long.isEmpty {
            out.add([
                "",
                "\(long.joined(separator: ", ")): Argo CD does not sync an Application whose name has more than 63 characters where it",
                "tracks resources by label; set `application.resourceTrackingMethod: annotation` in argocd-cm, or a shorter kargo.project",
            ])
        }
        return out.text
    }

    /// A Mermaid flowchart in a fenced code block.
    package func markdown() -> String {
        var lines = ["```mermaid", "flowchart LR", "  releases([\"\(Self.escaped("\(configuration.capsule)"))\"])"]
        for (index, stage) in configuration.stages.enumerated() {
            let facts = ["<b>\(Self.escaped(stage.name))</b>"] + facts(stage).map(Self.escaped)
            lines.append("  s\(index)[\"\(facts.joined(separator: "<br/>"))\"]")
        }
        for (index, stage) in configuration.stages.enumerated() {
            if stage.after.isEmpty { lines.append("  releases --> s\(index)") }
            for upstream in stage.after {
                guard let from = configuration.stages.firstIndex(where: { $0.name == upstream }) else { continue }
                let label = stage.soak.map { "|\($0)|" } ?? ""
                lines.append("  s\(from) -->\(label) s\(index)")
            }
        }
        return (lines + ["```"]).joined(separator: "\n") + "\n"
    }

    /// What happens to promotions that the service accepted when its pod ends.
    private static func keeping(_ state: VerifierWorkload.State?) -> String {
        switch state {
        case nil:
            "promotions that were accepted are lost with the pod, and Kargo requests them again; `kargo.verifier.state` keeps them"
        case .claim(let name):
            "promotions that were accepted are kept on the claim \(name), and tried again until they end"
        case .perReplica:
            "promotions that were accepted are kept on a claim of each replica, and tried again until they end"
        }
    }

    private func below(_ name: String) -> [Stage] { configuration.stages.filter { $0.after.last == name } }

    private func notes(_ stage: Stage) -> [String] {
        let others = stage.after.dropLast()
        return (stage.soak.map { ["soak \($0)"] } ?? [])
            + (others.isEmpty ? [] : ["also after \(others.joined(separator: ", "))"]) + facts(stage)
    }

    private func facts(_ stage: Stage) -> [String] {
        var facts: [String] = []
        if stage.auto { facts.append("automatic") }
        if stage.review == .pullRequest { facts.append("pull request") }
        facts += stage.requires.map { "requires \($0)" }
        if stage.verification != nil { facts.append("verification") }
        if let branch = try? configuration.stageBranch(stage.name) { facts.append("\(branch)") }
        return facts
    }

    /// Text for a quoted label. Characters that Mermaid would read as syntax are written as entities.
    private static func escaped(_ text: String) -> String {
        text.escapedForDisplay().map { character in
            "\"<>&#`{}".contains(character) ? "#\(character.unicodeScalars.first?.value ?? 0);" : String(character)
        }.joined()
    }
}
