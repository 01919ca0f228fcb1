internal import Documents
internal import KargoExpressions
internal import Support

extension ObjectCheck {
    /// Checks the aliases: Kargo stores the status of a step under its alias.
    mutating func checkNames() {
        var lines: [String: Int] = [:]
        for step in steps {
            self.step = step
            if let node = step.node["as"], JSONValue(manifest: node).string == nil {
                report(
                    "alias-missing", at: node, "Kubernetes does not read the alias as a string",
                    "quote it, or use another one")
                continue
            }
            guard let alias = step.alias else {
                report(
                    "alias-missing", as: object.isTask || lint.hasWebhooks ? .warning : .error, at: step.node,
                    object.isTask
                        ? "the step has no alias, so no other step can refer to it"
                        : "the step has no alias. Without Kargo's webhooks, all steps without an alias share one status "
                            + "record, and later ones, even a push, run after one of them failed",
                    "set a unique alias with as")
                continue
            }
            let node = step.node["as"]
            if let first = lines.updateValue(step.node.line, forKey: alias) {
                report(
                    "alias-duplicate", at: node, "the step on line \(first) also has the alias \(alias)",
                    "rename one of them"
                )
            }
            if ExpressionNames.isReserved(alias) {
                report("alias-reserved", at: node, "Kargo reserves aliases such as \(alias)", "rename the step")
            }
            if alias.contains("::") {
                report(
                    "alias-reserved", at: node, "Kargo reserves :: in aliases for the steps of tasks", "rename the step"
                )
            }
        }
        step = nil
    }

    /// Checks that `set-metadata` is last, because metadata is written at once and is not reverted when a later step
    /// fails.
    mutating func checkOrder() {
        for step in steps where step.uses == "set-metadata" && budget.spend(steps.count - step.index) {
            let later = steps.dropFirst(step.index + 1).filter { $0.uses != "set-metadata" }
            guard let next = later.first else { continue }
            self.step = step
            let changes = later.first { $0.kind?.hasEffect ?? true } ?? next
            report(
                "metadata-order", as: changes.kind?.hasEffect ?? true ? .error : .warning, at: step.node,
                "metadata is written before step \(changes.title) runs, and stays when that step fails",
                "make it the last step")
        }
        step = nil
    }

    /// Checks that the steps change something outside the work directory, and that verification does not start before
    /// the deployment.
    mutating func checkStage(_ spec: YAMLNode?) {
        guard !steps.isEmpty else { return }
        let uses = steps.compactMap(\.uses)
        let hasTask = steps.contains { $0.node["task"] != nil }
        let deploys = uses.contains { ["argocd-update", "argocd-wait"].contains($0) }
        let callsService = uses.contains("http")
        if !hasTask, !deploys, !callsService,
            !uses.contains(where: { ["git-push", "git-merge-pr", "github-push", "oci-push"].contains($0) })
        {
            report(
                "no-effect", as: .warning, at: object.node, "no step changes anything outside the work directory",
                "add a step that pushes or that updates an Argo CD Application")
        }
        if let templates = spec?["verification"]?["analysisTemplates"], !hasTask, !deploys {
            report(
                "verification-early", as: .warning, at: templates,
                "verification starts right after the push, and may test the previous deployment",
                "add argocd-update, which waits until the Application is healthy")
        }
    }
}
