internal import CapsuleCore
internal import DeliveryConfiguration
internal import Documents
internal import OCI

/// Builds promotion steps, either for one Stage or for a PromotionTask that several Stages share.
struct StepScope {
    let project: KargoProject
    /// The Stage that the steps belong to; nil in a PromotionTask, whose steps read the Stage from `ctx`.
    let stage: Stage?
    /// True when a pull request must be merged before the stage branch changes.
    let review: Bool

    /// The name of the Stage as an expression.
    var stageName: String { stage.map { ExpressionText.literal($0.name) } ?? "ctx.stage" }

    /// The name of the Stage for use within other text.
    var stageText: String { stage?.name ?? "${{ ctx.stage }}" }

    /// The variable that holds the outputs of steps.
    var outputs: String { stage == nil ? "task.outputs" : "outputs" }

    /// An output of a step as an expression.
    ///
    /// - Parameter optional: writes `?.`, which yields nil when the step was skipped.
    func output(_ step: String, _ path: String, optional: Bool = false) -> String {
        "\(outputs)\(step.contains("-") ? "['\(step)']" : ".\(step)")\(optional ? "?." : ".")\(path)"
    }

    /// The directory of the deployment, relative to the root of a branch.
    var deployment: String { "\(project.rootPrefix)deployments/\(stageText)" }

    /// The directory of the generated overlay that kustomize renders.
    var overlay: String { "./src/\(project.directory)/render/\(stageText)" }

    var branch: JSONValue { .string(project.stageBranch(stageText)) }

    /// The source branch of the pull request. Its name contains the Promotion: a later Promotion of the same release
    /// starts from another state of the stage branch, and a replayed one finds its own commit and adds nothing.
    var reviewBranch: JSONValue {
        .string(
            project.configuration.reviewBranchPrefix(stageText) + "${{ \(capsule).Tag }}-${{ ctx.promotion }}")
    }

    /// The capsule in the Freight, as an expression.
    var capsule: String { "imageFrom(vars.capsule)" }

    /// The `vars` that the steps read.
    var variables: JSONValue {
        [
            ["name": "image", "value": .string(project.configuration.image.description)],
            ["name": "capsule", "value": .string(project.capsule.description)],
        ]
    }

    var image: String {
        ExpressionText.map([
            "repoURL": "vars.image", "tag": "\(capsule).Tag",
            "digest": "\(capsule).Annotations[\(ExpressionText.literal(CapsuleFormat.Annotation.imageDigest))]",
        ])
    }

    var capsuleFreight: String {
        ExpressionText.map([
            "repoURL": "vars.capsule", "tag": "\(capsule).Tag",
            "digest": "\(capsule).Digest",
        ])
    }

    /// Image and capsule in the form that the service expects.
    var freight: String { ExpressionText.map(["image": image, "capsule": capsuleFreight]) }

    /// The GitOps repository at a commit, in the form that the service expects.
    func gitops(at commit: String) -> String {
        ExpressionText.map(["repository": ExpressionText.literal(project.repository), "commit": commit])
    }

    /// A request to the service, repeated while the service is busy or unreachable.
    ///
    /// - Parameters:
    ///   - waits: a response of 422 that may change; nil for none.
    ///   - interval: the time between two requests, where Kargo lets a step say it.
    func request(
        _ name: String, _ path: String, body: String, success: String, waits: String? = nil, timeout: String,
        interval: String = "10s", outputs: [(name: String, expression: String)]
    ) -> Step {
        let settings = project.settings
        return Step(
            name, "http", retry: StepRetry(timeout: timeout),
            [
                "url": .string("\(project.verifierURL)\(path)"),
                "method": "POST",
                "headers": [
                    [
                        "name": "Authorization",
                        "value": .string(
                            "Bearer ${{ secret(\(ExpressionText.literal(settings.verifier.secret))).token }}"),
                    ],
                    ["name": "Content-Type", "value": "application/json"],
                ],
                "body": ExpressionText.json(body),
                "timeout": "120s",
                "pollInterval": settings.version >= .v1_11 ? .string(interval) : nil,
                "successExpression": .string(success),
                // A retry cannot change these responses; 409, 429 and 5xx may change.
                "failureExpression": .string(
                    "response.status in [400, 401, 403, 404, 413, 422]" + (waits.map { " && !(\($0))" } ?? "")),
                // Kargo shows this text as the message of the failed step.
                "errorExpression": settings.version >= .v1_11
                    ? "response.body.reason ?? ('the verifier answered ' + string(response.status))" : nil,
                "outputs": outputs.isEmpty
                    ? nil
                    : .array(outputs.map { ["name": .string($0.name), "fromExpression": .string($0.expression)] }),
            ])
    }
}

/// A promotion step. `as` is required: on a cluster without Kargo's webhooks all unnamed steps share one status record,
/// and steps after a failed one still run.
struct Step {
    var name: String
    var uses: String
    var condition: JSONValue?
    var retry: StepRetry?
    var config: JSONValue

    init(_ name: String, _ uses: String, if condition: JSONValue? = nil, retry: StepRetry? = nil, _ config: JSONValue) {
        self.name = name
        self.uses = uses
        self.condition = condition
        self.retry = retry
        self.config = config
    }

    var manifest: JSONValue {
        ["uses": .string(uses), "as": .string(name), "if": condition, "retry": retry?.manifest, "config": config]
    }
}
