internal import Documents
internal import KargoExpressions
internal import Support

extension ObjectCheck {
    /// Names decide which record a step's state goes to.
    mutating func checkNames() {
        var lines: [String: Int] = [:]
        for step in steps {
            self.step = step
            if let node = step.node["as"], JSONValue(manifest: node).string == nil {
                report("alias-missing", at: node, "the name is no text to Kubernetes", "quote it, or write another one")
                continue
            }
            guard let alias = step.alias else {
                report(
                    "alias-missing", as: object.isTask ? .warning : .error, at: step.node,
                    object.isTask
                        ? "the step has no name, so nothing can refer to it"
                        : "the step has no name. On a cluster without Kargo's webhooks all unnamed steps share one record: "
                            + "after a failed one, later ones run all the same, a push too",
                    "give it a unique name with as")
                continue
            }
            let node = step.node["as"]
            if let first = lines.updateValue(step.node.line, forKey: alias) {
                report(
                    "alias-duplicate", at: node, "the step on line \(first) is named \(alias) too", "rename one of them"
                )
            }
            if ExpressionNames.isReserved(alias) {
                report("alias-reserved", at: node, "Kargo keeps names such as \(alias) for itself", "rename the step")
            }
            if alias.contains("::") {
                report("alias-reserved", at: node, "Kargo keeps :: in names for tasks", "rename the step")
            }
        }
        step = nil
    }

    /// Metadata is written at once, and stays when a later step fails.
    mutating func checkOrder() {
        for step in steps where step.uses == "set-metadata" {
            let later = steps.dropFirst(step.index + 1).filter { $0.uses != "set-metadata" }
            guard let next = later.first else { continue }
            self.step = step
            let changes = later.first { $0.kind?.hasEffect ?? true } ?? next
            report(
                "metadata-order", as: changes.kind?.hasEffect ?? true ? .error : .warning, at: step.node,
                "metadata is written before step \(changes.title), and stays when that fails", "make it the last step")
        }
        step = nil
    }

    /// What a Stage promises and its steps do not keep.
    mutating func checkStage(_ spec: YAMLNode?) {
        guard !steps.isEmpty else { return }
        let uses = steps.compactMap(\.uses)
        let hasTask = steps.contains { $0.node["task"] != nil }
        let deploys = uses.contains { ["argocd-update", "argocd-wait"].contains($0) }
        let asks = uses.contains("http")
        if !hasTask, !deploys, !asks,
            !uses.contains(where: { ["git-push", "git-merge-pr", "github-push", "oci-push"].contains($0) })
        {
            report(
                "no-effect", as: .warning, at: object.node, "no step changes anything outside the work directory",
                "push, or update an Application")
        }
        if let templates = spec?["verification"]?["analysisTemplates"], !hasTask, !deploys {
            report(
                "verification-early", as: .warning, at: templates,
                "verification starts when the push is done, and may reach what was deployed before",
                "add argocd-update, which waits until the Application is healthy")
        }
    }
}
