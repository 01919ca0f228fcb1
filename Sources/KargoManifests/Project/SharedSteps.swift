internal import CapsuleCore
internal import DeliveryConfiguration
internal import Documents
internal import OCI
internal import Support

/// The first and the last steps, which both styles share.
extension StepScope {
    /// Waits until people have merged the witness of a pair. Its package is published before that, and Kargo does not try
    /// again a freight whose automatic promotion failed. Stages that follow others get no freight before.
    var awaitWitness: [Step] {
        let stages = stage.map { [$0] } ?? project.configuration.stages.filter { ($0.review != .none) == review }
        guard project.configuration.form == .pair, project.configuration.witnessReview != .none,
            stages.contains(where: { $0.auto && $0.after.isEmpty })
        else { return [] }
        let body = ExpressionText.map([
            "image": image, "capsule": capsuleFreight,
            "gitops": ExpressionText.map(["repository": ExpressionText.literal(project.repository)]),
        ])
        return [
            request(
                "await-witness", "/verify", body: body, success: "response.status == 200",
                waits: "response.status == 422 && response.body.form == 'pair' && response.body.witness == nil",
                timeout: Self.witnessTimeout, interval: "1m", outputs: [])
        ]
    }

    /// The time for the review of a witness. Newer releases wait for it as well.
    static let witnessTimeout = "24h"

    /// The outputs of a request to the service from which the pull request is made; none without a review.
    func reviewOutputs(_ review: String) -> [(name: String, expression: String)] {
        guard self.review else { return [] }
        return [("title", "\(review)?.title ?? ''"), ("body", "\(review)?.body ?? ''")]
    }

    /// Opens the pull request and waits until it is merged.
    ///
    /// - Parameter request: the step whose outputs are the title and the body.
    func reviewSteps(after condition: String, branch head: JSONValue, of request: String) -> [Step] {
        let provider = project.settings.provider.map { JSONValue.string($0) }
        let labels = project.settings.labels
        return [
            Step(
                "open-review", "git-open-pr", if: ExpressionText.onlyIf(condition), retry: .remote,
                [
                    "repoURL": .string(project.repository), "provider": provider, "sourceBranch": head,
                    "targetBranch": branch, "title": ExpressionText.verbatim(output(request, "title")),
                    "description": ExpressionText.verbatim(output(request, "body")),
                    "labels": labels.isEmpty ? nil : .array(labels.map { .string($0) }),
                ]),
            Step(
                "await-review", "git-wait-for-pr", if: ExpressionText.onlyIf("status('open-review') == 'Succeeded'"),
                retry: .people,
                [
                    "repoURL": .string(project.repository), "provider": provider,
                    "prNumber": ExpressionText.value(output("open-review", "pr.id")),
                ]),
        ]
    }

    /// Requests a statement about the release that the stage now holds. The service signs it, because only the service
    /// has a key, and pushes nothing to Git.
    ///
    /// - Parameter commit: the commit of the environment policy that the stage was rendered with.
    func attest(by commit: String) -> [Step] {
        guard project.settings.verifier.statements else { return [] }
        let body = ExpressionText.map(["freight": freight, "stage": stageName, "gitops": gitops(at: commit)])
        return [
            request(
                "attest", "/v1/statements", body: body, success: "response.status == 200", timeout: "10m",
                outputs: [("statement", "response.body.statement.attestation")])
        ]
    }

    /// The stages of a PromotionTask share one time, the longest.
    private var argocdTimeout: Int64 {
        let stages = stage.map { [$0] } ?? project.configuration.stages
        return stages.map(\.argocdTimeout.seconds).max() ?? Stage.argocdTimeout.seconds
    }

    /// Requests that Argo CD syncs the stage branch, and registers the health check of the Stage.
    func argocd(revision: String) -> Step {
        Step(
            "argocd", "argocd-update", retry: .deployment(seconds: argocdTimeout),
            [
                "apps": [
                    [
                        "name": .string(project.argocdApplication(stageText)),
                        "namespace": .string(project.settings.argocd.namespace),
                        "sources": [
                            [
                                "repoURL": .string(project.repository),
                                "desiredRevision": ExpressionText.quoted(revision),
                            ]
                        ],
                    ]
                ]
            ])
    }

    /// Records the release in the metadata of the Stage. The step must be the last, because metadata is written at
    /// once and is not reverted when a later step fails.
    var recordRelease: Step {
        Step(
            "remember", "set-metadata",
            [
                "updates": [
                    [
                        "kind": "Stage", "name": "${{ ctx.stage }}",
                        "values": [
                            "release": ExpressionText.quoted("\(capsule).Tag"),
                            "capsule": ExpressionText.quoted("\(capsule).Digest"),
                        ],
                    ]
                ]
            ])
    }
}
