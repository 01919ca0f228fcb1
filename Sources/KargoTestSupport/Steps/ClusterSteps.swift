internal import Documents
internal import OCI
internal import Support

/// `argocd-update`: requests a sync of Applications that authorize the Stage.
struct ArgoCDUpdateStep: PromotionStep {
    func run(_ context: StepContext) async throws -> StepOutcome {
        try context.config.only("apps")
        let apps = try context.config.list("apps")
        guard !apps.isEmpty else { throw StepFailure.configuration("apps is empty") }
        var names: [JSONValue] = []
        for app in apps {
            try app.only("name", "namespace", "sources", context.cluster.minorVersion >= 10 ? "selector" : "name")
            guard app.map("selector") == nil else {
                throw InterpreterError(description: "argocd-update with a selector")
            }
            let (name, namespace) = (try app.required("name"), try app.filled("namespace") ?? "argocd")
            guard let found = context.cluster.application(name, in: namespace) else {
                throw StepFailure(.errored, "unable to find Argo CD Application \(name) in namespace \(namespace)")
            }
            guard found.authorizedStage == "\(context.project):\(context.stage)" else {
                throw StepFailure(
                    .errored,
                    "Argo CD Application \(name) does not permit access by Stage \(context.stage) of \(context.project)"
                )
            }
            var revision: String?
            for source in try app.list("sources") {
                try source.only("repoURL", "chart", "desiredRevision", "updateTargetRevision", "helm", "kustomize")
                let repoURL = try source.required("repoURL")
                guard found.repoURL == nil || found.repoURL == repoURL else {
                    throw StepFailure(.errored, "no source of Argo CD Application \(name) is \(repoURL)")
                }
                revision = try source.filled("desiredRevision")
                guard try !source.bool("updateTargetRevision") || revision != nil else {
                    throw StepFailure.configuration("\(source.path): updateTargetRevision requires desiredRevision")
                }
            }
            context.cluster.record(
                KargoCluster.ApplicationUpdate(
                    promotion: context.promotion, application: name, desiredRevision: revision)
            )
            // A sync that has not ended; Kargo looks again until the timeout of the step.
            guard found.getsReady else { return StepOutcome(status: .running) }
            names.append(.members(["name": .string(name), "namespace": .string(namespace)]))
        }
        return .succeeded(.members(["apps": .array(names)]))
    }
}

/// `set-metadata`: writes values to a Stage or to Freight at once. Later failures do not revert them.
struct SetMetadataStep: PromotionStep {
    func run(_ context: StepContext) async throws -> StepOutcome {
        try context.config.only("updates")
        let updates = try context.config.list("updates")
        guard !updates.isEmpty else { throw StepFailure.configuration("updates is empty") }
        for update in updates {
            try update.only("kind", "name", "values")
            let (kind, name) = (try update.required("kind"), try update.required("name"))
            guard ["Stage", "Freight"].contains(kind) else {
                throw StepFailure.configuration("unsupported kind \(kind)")
            }
            guard let values = update.map("values")?.value.members, !values.isEmpty else {
                throw StepFailure.configuration("\(update.path).values is empty")
            }
            if kind == "Stage", let stages = context.cluster.stages, !stages.contains(name) {
                throw StepFailure(.errored, "error getting Stage: \(name) not found")
            }
            if kind == "Freight", !context.freight.contains(where: { $0.name == name }) {
                throw StepFailure(.errored, "error getting Freight: \(name) not found")
            }
            context.cluster.setMetadata(kind: kind, name: name, values)
        }
        return .succeeded()
    }
}

/// `fail`: fails the Promotion. Since Kargo 1.10.
struct FailStep: PromotionStep {
    func run(_ context: StepContext) async throws -> StepOutcome {
        try context.config.only("message")
        throw StepFailure(.failed, terminal: true, try context.config.filled("message") ?? "failed")
    }
}

/// `compose-output`: returns its configuration as output, also as output of the enclosing task.
struct ComposeOutputStep: PromotionStep {
    func run(_ context: StepContext) async throws -> StepOutcome { .succeeded(context.config.value) }
}
