internal import Documents

/// The shapes that say on which nodes a pod runs and who may reach it, in Kubernetes' own words.
enum PlacementShapes {
    static let nodeSelector = PodShapes.labels

    static let tolerations = Shape.list(
        .object([
            "key": .text(KubernetesText.key), "operator": .choice(["Exists", "Equal"]),
            "value": .text(KubernetesText.labelValue),
            "effect": .choice(["NoSchedule", "PreferNoSchedule", "NoExecute"]),
            "tolerationSeconds": .integer(0...(1 << 32)),
        ]))

    static let topologySpreadConstraints = Shape.list(
        .object(
            [
                "maxSkew": .integer(1...1_000), "topologyKey": .text(KubernetesText.key),
                "whenUnsatisfiable": .choice(["DoNotSchedule", "ScheduleAnyway"]), "labelSelector": labelSelector,
                "minDomains": .integer(1...1_000), "matchLabelKeys": .list(.text(KubernetesText.key)),
                "nodeAffinityPolicy": .choice(["Honor", "Ignore"]), "nodeTaintsPolicy": .choice(["Honor", "Ignore"]),
            ], required: ["maxSkew", "topologyKey", "whenUnsatisfiable"]))

    static let labelSelector = Shape.object([
        "matchLabels": PodShapes.labels,
        "matchExpressions": .list(
            .object(
                [
                    "key": .text(KubernetesText.key),
                    "operator": .choice(["In", "NotIn", "Exists", "DoesNotExist"]),
                    "values": .list(.text(KubernetesText.labelValue)),
                ], required: ["key", "operator"])),
    ])

    // MARK: Affinity

    static let affinity = Shape.object([
        "nodeAffinity": .object([
            "requiredDuringSchedulingIgnoredDuringExecution": .object(
                ["nodeSelectorTerms": .list(nodeTerm)], required: ["nodeSelectorTerms"]),
            "preferredDuringSchedulingIgnoredDuringExecution": .list(
                .object(["weight": weight, "preference": nodeTerm], required: ["weight", "preference"])),
        ]),
        "podAffinity": podAffinity, "podAntiAffinity": podAffinity,
    ])

    private static let weight = Shape.integer(1...100)

    private static let nodeTerm = Shape.object(["matchExpressions": nodeExpressions, "matchFields": nodeExpressions])

    private static let nodeExpressions = Shape.list(
        .object(
            [
                "key": .text(KubernetesText.key),
                "operator": .choice(["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"]),
                "values": .list(.text(KubernetesText.labelValue)),
            ], required: ["key", "operator"]))

    private static let podAffinity = Shape.object([
        "requiredDuringSchedulingIgnoredDuringExecution": .list(podTerm),
        "preferredDuringSchedulingIgnoredDuringExecution": .list(
            .object(["weight": weight, "podAffinityTerm": podTerm], required: ["weight", "podAffinityTerm"])),
    ])

    private static let podTerm = Shape.object(
        [
            "labelSelector": labelSelector, "topologyKey": .text(KubernetesText.key),
            "namespaces": .list(.text(KubernetesText.label)), "namespaceSelector": labelSelector,
        ], required: ["topologyKey"])

    // MARK: Network

    static let networkPolicy = Shape.object([
        "namespaces": .list(.text(KubernetesText.label)), "from": .list(peer),
        "egress": .list(.object(["to": .list(peer), "ports": .list(port)])),
    ])

    private static let peer = Shape.object(
        [
            "ipBlock": .object(
                ["cidr": .text(KubernetesText.range), "except": .list(.text(KubernetesText.range))], required: ["cidr"]),
            "namespaceSelector": labelSelector, "podSelector": labelSelector,
        ])

    private static let port = Shape.object([
        "protocol": .choice(["TCP", "UDP", "SCTP"]), "port": .integerOr(1...65_535, KubernetesText.label),
        "endPort": .integer(1...65_535),
    ])

    static let disruptionBudget = Shape.union(
        [
            "minAvailable": .integerOr(0...100, KubernetesText.percentage),
            "maxUnavailable": .integerOr(0...100, KubernetesText.percentage),
        ], ["unhealthyPodEvictionPolicy": .choice(["IfHealthyBudget", "AlwaysAllow"])])
}
