internal import DeliveryConfiguration
internal import Support

/// The `service` style: the service promotes, as `capsule promote` does, and Kargo waits for it.
extension StepScope {
    func serviceSteps() -> [Step] {
        [promote] + reviewSteps + (attests ? attest(by: output("promote", "policy")) : []) + [
            argocd(revision: revision), remember,
        ]
    }

    /// The service states what it pushes to a stage by itself; about what people merge it has to be asked.
    private var attests: Bool { review && project.settings.verifier.statements }

    private var promote: Step {
        let body = Expression.map([
            "freight": freight, "stage": stageName,
            "gitops": Expression.map(["repository": Expression.text(project.repository)]),
            "rollback": Expression.text("held"), "key": "ctx.promotion",
        ])
        let policy = [("policy", "response.body.receipt.render.gitops.commit")]
        return ask(
            "promote", "/v1/promotions", body: body, success: "response.status == 200", timeout: "30m",
            outputs: [
                ("outcome", "response.body.receipt.outcome"), ("commit", "response.body.receipt.commit"),
                ("message", "response.body.receipt.message"), ("head", "response.body.receipt.review?.head ?? ''"),
            ] + (attests ? policy : []))
    }

    private var reviewSteps: [Step] {
        guard review else { return [] }
        return reviewSteps(
            after: "\(output("promote", "outcome")) == 'review'", branch: Expression.quoted(output("promote", "head")),
            message: output("promote", "message"))
    }

    private var revision: String {
        let made = output("promote", "commit")
        return review ? "\(output("await-review", "commit", optional: true)) ?? \(made)" : made
    }
}
