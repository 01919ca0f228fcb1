import Testing

/// The keys of `kargo.verifier` about the cluster, each with a value that uses all that it can have.
enum WorkloadFeatures {
    static let all: [(key: String, yaml: String)] = [
        ("basePath", "basePath: /tools/capsule"),
        ("state", "state: {size: 1Gi, storageClassName: fast}"),
        (
            "resources",
            "resources: {requests: {cpu: 0.5, memory: 128Mi}, limits: {cpu: 2, memory: 1Gi, ephemeral-storage: 3G}}"
        ),
        (
            "env",
            """
            env: [{name: HTTPS_PROXY, value: "http://proxy.example.com:3128"}, {name: HOME, value: /tmp}, \
            {name: NODE, valueFrom: {fieldRef: {apiVersion: v1, fieldPath: spec.nodeName}}}, \
            {name: CPU, valueFrom: {resourceFieldRef: {containerName: capsule, resource: limits.cpu, divisor: 1m}}}, \
            {name: A, valueFrom: {configMapKeyRef: {name: settings, key: a.b, optional: true}}}, \
            {name: B, valueFrom: {secretKeyRef: {name: secrets, key: b}}}]
            """
        ),
        ("envFrom", "envFrom: [{prefix: X_, configMapRef: {name: all, optional: true}}, {secretRef: {name: more}}]"),
        (
            "volumes",
            """
            volumes: [{name: a, configMap: {name: a, items: [{key: k, path: p/q, mode: 292}], defaultMode: 420, optional: true}}, \
            {name: b, secret: {secretName: b, defaultMode: 256}}, {name: c, emptyDir: {medium: Memory, sizeLimit: 1Mi}}, \
            {name: d, persistentVolumeClaim: {claimName: d, readOnly: true}}, \
            {name: e, projected: {sources: [{serviceAccountToken: {path: token, audience: git, expirationSeconds: 3600}}, \
            {configMap: {name: a}}, {secret: {name: b, items: [{key: k, path: k}]}}, \
            {downwardAPI: {items: [{path: labels, fieldRef: {fieldPath: metadata.labels}}]}}]}}, \
            {name: f, csi: {driver: secrets.csi.example.com, readOnly: true, volumeAttributes: {class: git}, \
            nodePublishSecretRef: {name: login}}}, \
            {name: g, downwardAPI: {items: [{path: cpu, resourceFieldRef: {containerName: capsule, resource: limits.cpu}}]}}, \
            {name: h, ephemeral: {volumeClaimTemplate: {metadata: {labels: {a: b}}, spec: {accessModes: [ReadWriteOnce], \
            storageClassName: fast, resources: {requests: {storage: 1Gi}}}}}}], \
            volumeMounts: [{name: a, mountPath: /a, readOnly: true, subPath: p}, {name: b, mountPath: /b, \
            mountPropagation: HostToContainer}, {name: c, mountPath: /c, subPathExpr: $(NODE)}, {name: d, mountPath: /d}, \
            {name: e, mountPath: /e}, {name: f, mountPath: /f}, {name: g, mountPath: /g}, {name: h, mountPath: /h}]
            """
        ),
        ("imagePullPolicy", "imagePullPolicy: Always"),
        ("imagePullSecrets", "imagePullSecrets: [{name: registry}, {name: mirror.example.com}]"),
        (
            "securityContext",
            """
            securityContext: {runAsUser: 1000, runAsGroup: 1000, fsGroup: 2000, fsGroupChangePolicy: OnRootMismatch, \
            supplementalGroups: [3000], supplementalGroupsPolicy: Merge, seLinuxOptions: {level: "s0:c1,c2"}, \
            seccompProfile: {type: Localhost, localhostProfile: p.json}, appArmorProfile: {type: RuntimeDefault}}
            """
        ),
        (
            "readinessProbe",
            """
            readinessProbe: {initialDelaySeconds: 1, periodSeconds: 10, timeoutSeconds: 2, failureThreshold: 3, \
            successThreshold: 2}
            """
        ),
        ("livenessProbe", "livenessProbe: {periodSeconds: 20, timeoutSeconds: 5, failureThreshold: 6}"),
        ("startupProbe", "startupProbe: {periodSeconds: 1, failureThreshold: 60}"),
        ("nodeSelector", "nodeSelector: {kubernetes.io/arch: amd64}"),
        (
            "tolerations",
            "tolerations: [{key: dedicated, operator: Equal, value: tools, effect: NoExecute, tolerationSeconds: 60}, {operator: Exists}]"
        ),
        (
            "affinity",
            """
            affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: \
            [{matchExpressions: [{key: zone, operator: In, values: [a, b]}], matchFields: [{key: metadata.name, operator: \
            NotIn, values: [node-1]}]}]}, preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, preference: \
            {matchExpressions: [{key: size, operator: Gt, values: ["3"]}]}}]}, podAffinity: \
            {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 100, podAffinityTerm: {topologyKey: zone, \
            labelSelector: {matchLabels: {app: git}}, namespaces: [git], namespaceSelector: {}}}]}, podAntiAffinity: \
            {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: kubernetes.io/hostname, labelSelector: \
            {matchExpressions: [{key: app, operator: Exists}]}}]}}
            """
        ),
        (
            "topologySpreadConstraints",
            """
            topologySpreadConstraints: [{maxSkew: 1, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: DoNotSchedule, \
            minDomains: 2, matchLabelKeys: [pod-template-hash], nodeAffinityPolicy: Honor, nodeTaintsPolicy: Ignore}, \
            {maxSkew: 2, topologyKey: rack, whenUnsatisfiable: ScheduleAnyway, labelSelector: {matchLabels: {a: b}}}]
            """
        ),
        ("priorityClassName", "priorityClassName: important"),
        ("podLabels", "podLabels: {team: platform, example.com/tier: \"1\"}"),
        ("podAnnotations", "podAnnotations: {prometheus.io/scrape: \"true\", prometheus.io/port: \"8080\"}"),
        (
            "serviceAccount",
            "serviceAccount: {annotations: {eks.amazonaws.com/role-arn: \"arn:aws:iam::1:role/capsule\"}}"
        ),
        ("caBundle", "caBundle: {configMap: {name: corporate-ca, key: ca.pem, optional: false}}"),
        ("disruptionBudget", "disruptionBudget: {minAvailable: 50%, unhealthyPodEvictionPolicy: AlwaysAllow}"),
        (
            "networkPolicy",
            """
            networkPolicy: {namespaces: [kargo, monitoring, ingress-nginx], from: [{ipBlock: {cidr: 10.0.0.0/8, except: \
            [10.1.0.0/16]}}, {namespaceSelector: {matchLabels: {team: ci}}, podSelector: {}}], egress: [{to: [{ipBlock: \
            {cidr: "fd00::/8"}}], ports: [{protocol: TCP, port: 443}, {protocol: UDP, port: 5000, endPort: 5010}, {port: dns}]}]}
            """
        ),
        (
            "ingress",
            """
            ingress: {host: tools.example.com, ingressClassName: nginx, annotations: {cert-manager.io/cluster-issuer: corporate}, \
            tlsSecretName: capsule-tls}
            """
        ),
        ("podMonitor", "podMonitor: {interval: 30s, scrapeTimeout: 10s, labels: {release: prometheus}}"),
    ]

    /// Other values of the keys that have alternatives.
    static let alternatives: [(key: String, yaml: String)] = [
        ("state", "state: {claimName: promotions}"), ("state", "state: {size: 1}"),
        ("caBundle", "caBundle: {secret: {name: corporate-ca, key: ca.crt}}"),
        ("securityContext", "securityContext: {}"), ("disruptionBudget", "disruptionBudget: {maxUnavailable: 1}"),
        ("ingress", "ingress: {host: capsule.example.com}"), ("podMonitor", "podMonitor: {}"),
    ]

    /// A combination of keys.
    struct Combination: CustomTestStringConvertible {
        var testDescription: String
        var yaml: String
    }

    /// Nothing, each value by itself, everything, and everything with the other values of the keys that have several.
    static var combinations: [Combination] {
        func combination(_ name: String, _ features: [(key: String, yaml: String)]) -> Combination {
            var features = features
            // Both require a network policy.
            let requires = features.contains { ["ingress", "podMonitor"].contains($0.key) }
            if requires, !features.contains(where: { $0.key == "networkPolicy" }) {
                features.append(("networkPolicy", "networkPolicy: {namespaces: [kargo]}"))
            }
            return Combination(testDescription: name, yaml: features.map { ", \($0.yaml)" }.joined())
        }
        var others = all
        for other in alternatives.reversed() { others = others.map { $0.key == other.key ? other : $0 } }
        return [combination("nothing", []), combination("everything", all), combination("everything else", others)]
            + (all + alternatives).map { combination("only \($0.yaml)", [$0]) }
    }

    /// The section `kargo` with these keys, which begin with a comma.
    static func kargo(_ yaml: String, statements: Bool = false) -> String {
        """
        {version: "1.11", verifier: {image: "registry.example.com/tools/release-capsule:0.1.0", statements: \(statements)\(yaml)}}
        """
    }
}
