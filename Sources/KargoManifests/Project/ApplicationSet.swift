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
                        "syncPolicy": syncPolicy,
                    ],
                ],
            ],
        ]
    }

    /// How Argo CD syncs.
    ///
    /// The sync that `argocd-update` starts takes `retry` and `syncOptions` from here, and never prunes. Argo CD's own sync
    /// prunes; it runs for a revision that was synced before only when it also heals.
    private var syncPolicy: JSONValue {
        let argocd = settings.argocd
        let chosen = Set(argocd.syncOptions.map { $0.prefix { $0 != "=" } })
        let standard = ["CreateNamespace=true"] + (argocd.prune ? ["PruneLast=true"] : [])
        let options = standard.filter { !chosen.contains($0.prefix { $0 != "=" }) } + argocd.syncOptions
        let automated: JSONValue = ["prune": .bool(argocd.prune), "selfHeal": .bool(argocd.selfHeal)]
        return [
            "automated": argocd.prune || argocd.selfHeal ? automated : nil,
            "syncOptions": .array(options.map { .string($0) }),
        ]
    }
}
