internal import Documents
internal import Support

extension VerifierWorkload {
    /// The keys that are passed on, with the shapes of their values.
    private static let shapes: [(key: String, shape: Shape)] = [
        ("resources", PodShapes.resources), ("env", PodShapes.env), ("envFrom", PodShapes.envFrom),
        ("volumes", PodShapes.volumes), ("volumeMounts", PodShapes.volumeMounts),
        ("imagePullPolicy", .choice(["Always", "IfNotPresent", "Never"])),
        ("imagePullSecrets", .list(PodShapes.localReference)), ("securityContext", PodShapes.securityContext),
        ("readinessProbe", PodShapes.readinessProbe), ("livenessProbe", PodShapes.otherProbe),
        ("startupProbe", PodShapes.otherProbe), ("nodeSelector", PlacementShapes.nodeSelector),
        ("tolerations", PlacementShapes.tolerations), ("affinity", PlacementShapes.affinity),
        ("topologySpreadConstraints", PlacementShapes.topologySpreadConstraints),
        ("priorityClassName", .text(KubernetesText.name)), ("podLabels", PodShapes.labels),
        ("podAnnotations", PodShapes.annotations),
        ("serviceAccount", .object(["annotations": PodShapes.annotations])),
        ("caBundle", .union(["configMap": PodShapes.keyReference, "secret": PodShapes.keyReference])),
        ("disruptionBudget", PlacementShapes.disruptionBudget), ("networkPolicy", PlacementShapes.networkPolicy),
        (
            "ingress",
            .object(
                [
                    "host": .text(KubernetesText.host), "ingressClassName": .text(KubernetesText.name),
                    "annotations": PodShapes.annotations, "tlsSecretName": .text(KubernetesText.name),
                ], required: ["host"])
        ),
        (
            "podMonitor",
            .object([
                "interval": .text(KubernetesText.duration), "scrapeTimeout": .text(KubernetesText.duration),
                "labels": PodShapes.labels,
            ])
        ),
    ]

    static let keys = ["basePath", "state"] + shapes.map(\.key)

    /// Reads the keys of the section `kargo.verifier` that are about the cluster.
    init(_ verifier: StrictObject) throws(DocumentError) {
        var values: [JSONMember] = []
        for (key, shape) in Self.shapes {
            if let value = try verifier.value(key, shape) { values.append(JSONMember(key: key, value: value)) }
        }
        self.init(
            basePath: try verifier.parsed("basePath") { try BasePath($0) } ?? .top, state: try Self.state(verifier),
            values: .object(values))
        try checkResources(verifier)
        try checkVolumes(verifier)
        try checkNames(verifier)
        try checkNetwork(verifier)
    }

    /// The first of the keys about the cluster that the section has, which needs the generated verifier.
    static func firstKey(_ verifier: StrictObject) -> String? { keys.first(where: verifier.has) }

    private static func state(_ verifier: StrictObject) throws(DocumentError) -> State? {
        let shape = Shape.union(
            ["claimName": .text(KubernetesText.name), "size": .scalar(KubernetesText.quantity)],
            ["storageClassName": .text(KubernetesText.name)])
        guard let state = try verifier.value("state", shape) else { return nil }
        let storageClass = state["storageClassName"]?.string
        if let size = state["size"] { return .perReplica(size: size, storageClass: storageClass) }
        guard storageClass == nil, let name = state["claimName"]?.string else {
            throw verifier.invalid(
                key: "state", "has a `claimName`, whose storage class is known; remove `storageClassName`")
        }
        return .claim(name)
    }

    private func checkResources(_ verifier: StrictObject) throws(DocumentError) {
        for request in self["resources"]?["requests"]?.members ?? [] {
            guard let limit = self["resources"]?["limits"]?[request.key],
                Self.amount(limit) < Self.amount(request.value)
            else { continue }
            throw verifier.invalid(
                key: "resources", "requests more \(request.key) than it limits; Kubernetes refuses that")
        }
    }

    private static func amount(_ value: JSONValue) -> Double {
        switch value {
        case .string(let text), .number(let text): KubernetesText.amount(text) ?? 0
        default: 0
        }
    }

    private func checkVolumes(_ verifier: StrictObject) throws(DocumentError) {
        let volumes = texts("volumes", "name")
        let mounted = texts("volumeMounts", "name")
        let paths = texts("volumeMounts", "mountPath")
        if let name = volumes.first(where: Reserved.volumes.contains) {
            throw verifier.invalid(
                key: "volumes", "has \(quoted(name)), a volume of the generated pod; use another name")
        }
        if let name = mounted.first(where: { !volumes.contains($0) }) {
            throw verifier.invalid(key: "volumeMounts", "mounts \(quoted(name)), and `volumes` does not have it")
        }
        if let name = volumes.first(where: { !mounted.contains($0) }) {
            throw verifier.invalid(key: "volumes", "has \(quoted(name)), and `volumeMounts` does not mount it")
        }
        if let path = paths.first(where: { path in
            Reserved.paths.contains {
                path == $0 || path.hasPrefix("\($0)/") || $0.hasPrefix(path == "/" ? path : "\(path)/")
            }
        }) {
            throw verifier.invalid(
                key: "volumeMounts",
                "has \(quoted(path)), where the generated pod has a volume; use a path outside of "
                    + Reserved.paths.joined(separator: ", "))
        }
        try checkRepetition("volumes", volumes, verifier)
        try checkRepetition("volumeMounts", paths, verifier)
    }

    private func checkNames(_ verifier: StrictObject) throws(DocumentError) {
        try checkRepetition("env", texts("env", "name"), verifier)
        try checkRepetition("imagePullSecrets", texts("imagePullSecrets", "name"), verifier)
        if texts("env", "name").contains("CAPSULE_POD_NAME") {
            throw verifier.invalid(
                key: "env", "has CAPSULE_POD_NAME, a variable of the generated pod; use another name")
        }
        let labels = self["podLabels"]?.members?.map(\.key) ?? []
        if let label = labels.first(where: Reserved.labels.contains) {
            throw verifier.invalid(
                key: "podLabels", "has \(quoted(label)), by which the generated objects find the pods; remove it")
        }
    }

    private func checkNetwork(_ verifier: StrictObject) throws(DocumentError) {
        guard self["networkPolicy"]?["namespaces"] == nil, self["networkPolicy"]?["from"] == nil else { return }
        for (key, who) in [("ingress", "the ingress controller"), ("podMonitor", "Prometheus")]
        where self[key] != nil {
            throw verifier.invalid(
                key: key,
                "requires that \(who) may reach the pods; list its namespace and Kargo's, such as `networkPolicy: {namespaces: "
                    + "[kargo, \(key == "ingress" ? "ingress-nginx" : "monitoring")]}`")
        }
    }

    private func checkRepetition(_ key: String, _ names: [String], _ verifier: StrictObject) throws(DocumentError) {
        if let name = names.first(where: { name in names.count { $0 == name } > 1 }) {
            throw verifier.invalid(key: key, "has \(quoted(name)) twice")
        }
    }

    private func texts(_ list: String, _ key: String) -> [String] {
        self[list]?.array?.compactMap { $0[key]?.string } ?? []
    }
}
