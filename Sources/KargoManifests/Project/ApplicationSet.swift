internal import DeliveryConfiguration
internal import GitOps
internal import Rendering

extension KargoProject {
    /// One Argo CD Application for each deployment of the ladder: it deploys what the stage branch holds, and allows its
    /// Stage to update it.
    func applicationSet() -> Node {
        let name = "{{ .path.basename }}"
        return [
            "apiVersion": "argoproj.io/v1alpha1", "kind": "ApplicationSet",
            "metadata": ["name": .text(self.name), "namespace": .text(settings.argocd.namespace)],
            "spec": [
                "goTemplate": true,
                "goTemplateOptions": ["missingkey=error"],
                "generators": [
                    [
                        "git": [
                            "repoURL": .text(repository),
                            "revision": .text(configuration.gitops.branch.description),
                            "files": .list(
                                deployments.map {
                                    ["path": .text("\(rootPrefix)deployments/\($0.name)/deployment.yaml")]
                                }),
                        ]
                    ]
                ],
                "template": [
                    "metadata": [
                        "name": .text(argocdApplication(name)),
                        "annotations": ["kargo.akuity.io/authorized-stage": .text("\(self.name):\(name)")],
                    ],
                    "spec": [
                        "project": .text(settings.argocd.project),
                        "source": [
                            "repoURL": .text(repository),
                            "targetRevision": .text(stageBranch(name)),
                            "path": .text("\(rootPrefix)deployments/\(name)/deploy"),
                        ],
                        "destination": [
                            "server": .text(settings.argocd.server), "namespace": "{{ .namespace }}",
                        ],
                        "syncPolicy": ["syncOptions": ["CreateNamespace=true"]],
                    ],
                ],
            ],
        ]
    }
}
