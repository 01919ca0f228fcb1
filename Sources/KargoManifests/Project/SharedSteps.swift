internal import DeliveryConfiguration
internal import OCI
internal import Support

/// The steps with which both styles end.
extension StepScope {
    /// Opens the pull request and waits for people.
    func reviewSteps(after condition: String, branch head: Node, message: String) -> [Step] {
        let provider = project.settings.provider.map { Node.text($0) }
        return [
            Step(
                "open-review", "git-open-pr", if: Expression.onlyIf(condition),
                [
                    "repoURL": .text(project.repository), "provider": provider, "sourceBranch": head,
                    "targetBranch": branch, "title": Expression.verbatim("split(\(message), '\\n')[0]"),
                    "description": Expression.verbatim(message),
                ]),
            Step(
                "await-review", "git-wait-for-pr", if: Expression.onlyIf("status('open-review') == 'Succeeded'"),
                [
                    "repoURL": .text(project.repository), "provider": provider,
                    "prNumber": Expression.value(output("open-review", "pr.id")),
                ]),
        ]
    }

    /// Has the service state what the stage holds by now: only it has a key, and it pushes nothing to Git.
    ///
    /// - Parameter commit: the commit of the policy that the stage was rendered with.
    func attest(by commit: String) -> [Step] {
        guard project.settings.verifier.statements else { return [] }
        let body = Expression.map(["freight": freight, "stage": stageName, "gitops": gitops(at: commit)])
        return [
            ask(
                "attest", "/v1/statements", body: body, success: "response.status == 200", timeout: "10m",
                outputs: [("statement", "response.body.statement.attestation")])
        ]
    }

    /// Has Argo CD deploy the stage branch, and registers the health check of the Stage.
    func argocd(revision: String) -> Step {
        Step(
            "argocd", "argocd-update",
            [
                "apps": [
                    [
                        "name": .text(project.argocdApplication(stageText)),
                        "namespace": .text(project.settings.argocd.namespace),
                        "sources": [
                            ["repoURL": .text(project.repository), "desiredRevision": Expression.quoted(revision)]
                        ],
                    ]
                ]
            ])
    }

    /// Says on the Stage what it holds. Metadata is written at once, whatever happens afterwards, so nothing does.
    var remember: Step {
        Step(
            "remember", "set-metadata",
            [
                "updates": [
                    [
                        "kind": "Stage", "name": "${{ ctx.stage }}",
                        "values": [
                            "release": Expression.quoted("\(capsule).Tag"),
                            "capsule": Expression.quoted("\(capsule).Digest"),
                        ],
                    ]
                ]
            ])
    }
}
