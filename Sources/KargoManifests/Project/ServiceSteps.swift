internal import DeliveryConfiguration
internal import Support

/// The steps of the `service` style: the service promotes, as `capsule promote` does, and Kargo waits for the result.
extension StepScope {
    func serviceSteps() -> [Step] {
        awaitWitness + [promote] + reviewSteps + (attests ? attest(by: output("promote", "policy")) : []) + [
            argocd(revision: revision), recordRelease,
        ]
    }

    /// True when a separate step must request the statement: the service signs one for its own pushes, and does not see
    /// when a pull request is merged.
    private var attests: Bool { review && project.settings.verifier.statements }

    private var promote: Step {
        let body = ExpressionText.map([
            "freight": freight, "stage": stageName,
            "gitops": ExpressionText.map(["repository": ExpressionText.literal(project.repository)]),
            "rollback": ExpressionText.literal("held"), "key": "ctx.promotion",
        ])
        let policy = [("policy", "response.body.receipt.render.gitops.commit")]
        return request(
            "promote", "/v1/promotions", body: body, success: "response.status == 200", timeout: "30m",
            outputs: [
                ("outcome", "response.body.receipt.outcome"), ("commit", "response.body.receipt.commit"),
                ("message", "response.body.receipt.message"), ("head", "response.body.receipt.review?.head ?? ''"),
            ] + reviewOutputs("response.body.receipt.review") + (attests ? policy : []))
    }

    private var reviewSteps: [Step] {
        guard review else { return [] }
        return reviewSteps(
            after: "\(output("promote", "outcome")) == 'review'",
            branch: ExpressionText.quoted(output("promote", "head")), of: "promote")
    }

    private var revision: String {
        let made = output("promote", "commit")
        return review ? "\(output("await-review", "commit", optional: true)) ?? \(made)" : made
    }
}
