internal import CapsuleCore
internal import DeliveryConfiguration
internal import OCI

/// What the steps of a stage are made from, where they stand: in the Stage itself, or in a task that stages share.
struct StepScope {
    let project: KargoProject
    /// The stage whose steps these are; nil in a task, which asks the context.
    let stage: Stage?
    /// Whether people merge the change.
    let review: Bool

    /// The stage's name as an expression.
    var stageName: String { stage.map { Expression.text($0.name) } ?? "ctx.stage" }

    /// The stage's name within other text.
    var stageText: String { stage?.name ?? "${{ ctx.stage }}" }

    /// The name of all outputs.
    var outputs: String { stage == nil ? "task.outputs" : "outputs" }

    /// The output of a step, as an expression; nil for a step that may not have run.
    func output(_ step: String, _ path: String, optional: Bool = false) -> String {
        "\(outputs)\(step.contains("-") ? "['\(step)']" : ".\(step)")\(optional ? "?." : ".")\(path)"
    }

    /// The stage's deployment, below the top of a branch.
    var deployment: String { "\(project.rootPrefix)deployments/\(stageText)" }

    /// The overlay that the render starts at.
    var overlay: String { "./src/\(project.directory)/render/\(stageText)" }

    /// The stage branch.
    var branch: Node { .text(project.stageBranch(stageText)) }

    /// The branch that waits for people. It is this promotion's own: a later one of the same release starts from another
    /// state of the stage, and one that is replayed finds its own commit there and adds nothing.
    var reviewBranch: Node {
        .text(
            project.configuration.reviewBranchPrefix(stageText) + "${{ \(capsule).Tag }}-${{ ctx.promotion }}")
    }

    /// The capsule in the freight.
    var capsule: String { "imageFrom(vars.capsule)" }

    /// The variables that the steps read.
    var variables: Node {
        [
            ["name": "image", "value": .text(project.configuration.image.description)],
            ["name": "capsule", "value": .text(project.capsule.description)],
        ]
    }

    var image: String {
        Expression.map([
            "repoURL": "vars.image", "tag": "\(capsule).Tag",
            "digest": "\(capsule).Annotations[\(Expression.text(CapsuleFormat.Annotation.imageDigest))]",
        ])
    }

    var capsuleFreight: String {
        Expression.map([
            "repoURL": "vars.capsule", "tag": "\(capsule).Tag",
            "digest": "\(capsule).Digest",
        ])
    }

    /// The pair, as the service takes it.
    var freight: String { Expression.map(["image": image, "capsule": capsuleFreight]) }

    /// The GitOps repository at a commit, as the service takes it.
    func gitops(at commit: String) -> String {
        Expression.map(["repository": Expression.text(project.repository), "commit": commit])
    }

    /// A question to the service, asked again while it is busy or cannot be reached.
    func ask(
        _ name: String, _ path: String, body: String, success: String, timeout: String,
        outputs: [(name: String, expression: String)]
    ) -> Step {
        let settings = project.settings
        return Step(
            name, "http", retry: ["timeout": .text(timeout), "errorThreshold": 5],
            [
                "url": .text("\(project.verifierURL)\(path)"),
                "method": "POST",
                "headers": [
                    [
                        "name": "Authorization",
                        "value": .text("Bearer ${{ secret(\(Expression.text(settings.verifier.secret))).token }}"),
                    ],
                    ["name": "Content-Type", "value": "application/json"],
                ],
                "body": Expression.json(body),
                "timeout": "120s",
                "pollInterval": settings.version >= .v1_11 ? "10s" : nil,
                "successExpression": .text(success),
                // What these say will not change by asking again; 409, 429 and 5xx may.
                "failureExpression": "response.status in [400, 401, 403, 404, 413, 422]",
                // The refusal itself, where Kargo can show it.
                "errorExpression": settings.version >= .v1_11
                    ? "response.body.reason ?? ('the verifier answered ' + string(response.status))" : nil,
                "outputs": .list(
                    outputs.map { ["name": .text($0.name), "fromExpression": .text($0.expression)] }),
            ])
    }
}
