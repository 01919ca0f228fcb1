internal import DeliveryConfiguration
internal import Documents
internal import GitOps
internal import Rendering

extension KargoProject {
    /// The ApplicationSet with one Argo CD Application for each deployment. An Application deploys the stage branch and
    /// authorizes its Stage to update it.
    func applicationSet() -> JSONValue {
        let name = "{{ .path.basename }}"
        return [
            "apiVersion": "argoproj.io/v1alpha1", "kind": "ApplicationSet",
            "metadata": ["name": .string(self.name), "namespace": .string(settings.argocd.namespace)],
            "spec": [
                "goTemplate": true,
                "goTemplateOptions": ["missingkey=error"],
                "generators": [
                    [
                        "git": [
                            "repoURL": .string(repository),
                            "revision": .string(configuration.gitops.branch.description),
                            "files": .array(
                                deployments.map {
                                    ["path": .string("\(rootPrefix)deployments/\($0.name)/deployment.yaml")]
                                }),
                        ]
                    ]
                ],
                "template": [
                    "metadata": [
                        "name": .string(argocdApplication(name)),
                        "annotations": ["kargo.akuity.io/authorized-stage": .string("\(self.name):\(name)")],
                    ],
                    "spec": [
                        "project": .string(settings.argocd.project),
                        "source": [
                            "repoURL": .string(repository),
                            "targetRevision": .string(stageBranch(name)),
                            "path": .string("\(rootPrefix)deployments/\(name)/deploy"),
                        ],
                        "destination": [
                            "server": .string(settings.argocd.server), "namespace": "{{ .namespace }}",
                        ],
                        "syncPolicy": ["syncOptions": ["CreateNamespace=true"]],
                    ],
                ],
            ],
        ]
    }
}
