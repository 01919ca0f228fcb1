internal import Documents
internal import OCI

/// `argocd-update`: asks Applications to sync, those that let this Stage do so.
struct ArgoCDUpdateStep: PromotionStep {
    func run(_ context: StepContext) async throws -> StepOutcome {
        try context.config.only("apps")
        let apps = try context.config.list("apps")
        guard !apps.isEmpty else { throw StepFailure.configuration("apps is empty") }
        var names: [JSONValue] = []
        for app in apps {
            try app.only("name", "namespace", "sources", context.world.minorVersion >= 10 ? "selector" : "name")
            guard app.map("selector") == nil else {
                throw InterpreterError(description: "argocd-update with a selector")
            }
            let (name, namespace) = (try app.required("name"), try app.filled("namespace") ?? "argocd")
            guard let found = context.world.applications.first(where: { $0.name == name && $0.namespace == namespace })
            else { throw StepFailure(.errored, "unable to find Argo CD Application \(name) in namespace \(namespace)") }
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
                    throw StepFailure.configuration("\(source.path): updateTargetRevision wants a desiredRevision")
                }
            }
            context.world.record(
                KargoWorld.ApplicationUpdate(promotion: context.promotion, application: name, desiredRevision: revision)
            )
            names.append(.members(["name": .string(name), "namespace": .string(namespace)]))
        }
        return .succeeded(.members(["apps": .array(names)]))
    }
}

/// `set-metadata`: values on a Stage or on Freight, at once and for good.
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
            if kind == "Stage", let stages = context.world.stages, !stages.contains(name) {
                throw StepFailure(.errored, "error getting Stage: \(name) not found")
            }
            if kind == "Freight", !context.freight.contains(where: { $0.name == name }) {
                throw StepFailure(.errored, "error getting Freight: \(name) not found")
            }
            context.world.setMetadata(kind: kind, name: name, values)
        }
        return .succeeded()
    }
}

/// `fail`: says no; from 1.10 on.
struct FailStep: PromotionStep {
    func run(_ context: StepContext) async throws -> StepOutcome {
        try context.config.only("message")
        throw StepFailure(.failed, terminal: true, try context.config.filled("message") ?? "failed")
    }
}

/// `compose-output`: its own configuration as output, for the task around it too.
struct ComposeOutputStep: PromotionStep {
    func run(_ context: StepContext) async throws -> StepOutcome { .succeeded(context.config.value) }
}
