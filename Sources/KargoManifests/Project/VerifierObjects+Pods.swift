internal import DeliveryConfiguration
internal import Documents
internal import GitOps
internal import OCI
internal import Support

extension VerifierObjects {
    private static let stateDirectory = "/var/lib/capsule"
    private static let podName = "CAPSULE_POD_NAME"
    private static let grace = 45

    /// The Deployment; with claims for the promotions a StatefulSet, which replaces a pod before it starts another one with the
    /// same claim, and gives it the same name.
    var pods: JSONValue {
        let replicas = JSONValue.number("\(verifier.replicas)")
        let selector: JSONValue = ["matchLabels": labels]
        guard workload.state != nil else {
            return [
                "apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata(),
                "spec": ["replicas": replicas, "selector": selector, "template": template],
            ]
        }
        return [
            "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": metadata(),
            "spec": [
                "replicas": replicas, "serviceName": .string(Self.name), "podManagementPolicy": "Parallel",
                "selector": selector, "template": template, "volumeClaimTemplates": claimTemplates,
            ],
        ]
    }

    private var claimTemplates: JSONValue? {
        guard case .perReplica(let size, let storageClass) = workload.state else { return nil }
        return [
            [
                "metadata": ["name": "state", "labels": labels],
                "spec": [
                    "accessModes": ["ReadWriteOnce"], "storageClassName": storageClass.map { .string($0) },
                    "resources": ["requests": ["storage": size]],
                ],
            ]
        ]
    }

    private var template: JSONValue {
        [
            "metadata": ["labels": labels.merging(workload["podLabels"]), "annotations": workload["podAnnotations"]],
            "spec": [
                "serviceAccountName": .string(Self.name),
                "automountServiceAccountToken": false,
                "terminationGracePeriodSeconds": .number("\(drain + Self.grace + 5)"),
                "securityContext": securityContext,
                "imagePullSecrets": workload["imagePullSecrets"],
                "priorityClassName": workload["priorityClassName"],
                "nodeSelector": workload["nodeSelector"],
                "tolerations": workload["tolerations"],
                "affinity": workload["affinity"],
                "topologySpreadConstraints": spread,
                "containers": [container],
                "volumes": .array(volumes + (workload["volumes"]?.array ?? [])),
            ],
        ]
    }

    /// A cluster that chooses the user itself, such as OpenShift, refuses a fixed one.
    private var securityContext: JSONValue {
        let always: JSONValue = ["runAsNonRoot": true]
        let user = workload["securityContext"] ?? ["runAsUser": 65532, "runAsGroup": 65532, "fsGroup": 65532]
        let profile: JSONValue? = user["seccompProfile"] == nil ? ["seccompProfile": ["type": "RuntimeDefault"]] : nil
        return always.merging(user).merging(profile)
    }

    private var spread: JSONValue? {
        let selector: JSONValue = ["labelSelector": ["matchLabels": labels]]
        if let constraints = workload["topologySpreadConstraints"]?.array {
            return .array(constraints.map { $0["labelSelector"] == nil ? $0.merging(selector) : $0 })
        }
        guard verifier.replicas > 1 else { return nil }
        let standard: JSONValue = [
            "maxSkew": 1, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "ScheduleAnyway",
        ]
        return [standard.merging(selector)]
    }

    private var container: JSONValue {
        [
            "name": "capsule",
            "image": verifier.image.map { .string($0) },
            "imagePullPolicy": workload["imagePullPolicy"],
            "args": .array(arguments),
            "env": environment,
            "envFrom": workload["envFrom"],
            "ports": [["name": "http", "containerPort": .number("\(Self.port)")]],
            "startupProbe": workload["startupProbe"].map { probe("/healthz").merging($0) },
            "readinessProbe": readinessProbe,
            "livenessProbe": probe("/healthz").merging(["periodSeconds": 10]).merging(workload["livenessProbe"]),
            "resources": workload["resources"] ?? [
                "requests": ["cpu": "100m", "memory": "128Mi"], "limits": ["memory": "512Mi"],
            ],
            "securityContext": [
                "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true,
                "capabilities": ["drop": ["ALL"]],
            ],
            "volumeMounts": .array(mounts + (workload["volumeMounts"]?.array ?? [])),
        ]
    }

    /// A variable of `capsule.yaml` replaces the generated one of the same name.
    private var environment: JSONValue {
        let own = workload["env"]?.array ?? []
        var generated: [JSONValue] = [
            ["name": "DOCKER_CONFIG", "value": "/etc/capsule/logins"],
            // Git reads .netrc in HOME; a credential helper would require a shell, which the image does not contain.
            ["name": "HOME", "value": "/etc/capsule/logins"],
        ]
        if workload.state != nil {
            generated.append([
                "name": .string(Self.podName), "valueFrom": ["fieldRef": ["fieldPath": "metadata.name"]],
            ])
        }
        return .array(generated.filter { variable in !own.contains { $0["name"] == variable["name"] } } + own)
    }

    // MARK: Probes and times

    private func probe(_ path: String) -> JSONValue { ["httpGet": ["path": .string(path), "port": "http"]] }

    private var readinessProbe: JSONValue {
        probe("/readyz").merging(["periodSeconds": 3, "failureThreshold": 2]).merging(workload["readinessProbe"])
    }

    /// The seconds for which a pod that stops takes requests: longer than its readiness probe needs to fail, so that it is out
    /// of every list of endpoints by then. What it began has `grace` to end before Kubernetes kills it.
    private var drain: Int {
        func seconds(_ key: String) -> Int { Int(readinessProbe[key]?.int ?? 1) }
        return max(10, seconds("periodSeconds") * seconds("failureThreshold") + seconds("timeoutSeconds") + 3)
    }

    // MARK: Arguments

    private var arguments: [JSONValue] {
        let configuration = project.configuration
        var arguments: [JSONValue] = [
            "serve", "--listen", "0.0.0.0:\(Self.port)", "--tokens", "/etc/capsule/tokens/tokens.yaml",
            "--cache-dir", "/var/cache/capsule", "--drain", "\(drain)", "--grace", "\(Self.grace)",
            "--allow-repository", .string(configuration.image.description),
            "--allow-repository", .string(project.capsule.description),
            // Kubernetes replaces $(NAME) in arguments, and reads $$ as a dollar sign.
            "--allow-remote", .string(project.repository.replacing("$", with: "$$")),
        ]
        if let host = configuration.gitops.repository?.plainHTTPHost { arguments += ["--plain-http", .string(host)] }
        if verifier.pruneReviews > 0 { arguments += ["--prune-reviews", "\(verifier.pruneReviews)"] }
        if workload.state != nil { arguments += ["--state", "\(Self.stateDirectory)/$(\(Self.podName))"] }
        if workload.basePath != .top { arguments += ["--base-path", .string(workload.basePath.description)] }
        if workload["caBundle"] != nil { arguments += ["--ca-file", "/etc/capsule/ca/ca.crt"] }
        if verifier.statements {
            arguments += [
                "--attest-key", "/etc/capsule/key/cosign.key", "--password-file", "/etc/capsule/key/cosign.password",
            ]
        }
        return arguments
    }

    // MARK: Volumes

    private var volumes: [JSONValue] {
        var volumes: [JSONValue] = [
            ["name": "cache", "emptyDir": ["sizeLimit": "2Gi"]],
            ["name": "tmp", "emptyDir": ["sizeLimit": "512Mi"]],
            secret("tokens", optional: false),
            // config.json for registries, .netrc for Git.
            secret("logins", optional: true),
        ]
        // `cosign generate-key-pair k8s://…` creates this secret, with cosign.key and cosign.password.
        if verifier.statements { volumes.append(secret("key", optional: false)) }
        if let bundle = caVolume { volumes.append(bundle) }
        if case .claim(let name) = workload.state {
            volumes.append(["name": "state", "persistentVolumeClaim": ["claimName": .string(name)]])
        }
        return volumes
    }

    private func secret(_ name: String, optional: Bool) -> JSONValue {
        [
            "name": .string(name),
            "secret": ["secretName": .string("\(Self.name)-\(name)"), "optional": .bool(optional)],
        ]
    }

    private var caVolume: JSONValue? {
        for (kind, nameKey) in [("configMap", "name"), ("secret", "secretName")] {
            guard let source = workload["caBundle"]?[kind], let key = source["key"] else { continue }
            return .object([
                JSONMember(key: "name", value: "ca"),
                JSONMember(
                    key: kind,
                    value: .object([
                        JSONMember(key: nameKey, value: source["name"] ?? .null),
                        JSONMember(key: "items", value: [["key": key, "path": "ca.crt"]]),
                    ]).merging(source["optional"].map { ["optional": $0] })),
            ])
        }
        return nil
    }

    private var mounts: [JSONValue] {
        var secrets = ["tokens", "logins"]
        if verifier.statements { secrets.append("key") }
        if workload["caBundle"] != nil { secrets.append("ca") }
        let state: [JSONValue] =
            workload.state == nil ? [] : [["name": "state", "mountPath": .string(Self.stateDirectory)]]
        return [
            ["name": "cache", "mountPath": "/var/cache/capsule"], ["name": "tmp", "mountPath": "/tmp"],
        ] + state
            + secrets.map {
                ["name": .string($0), "mountPath": .string("/etc/capsule/\($0)"), "readOnly": true]
            }
    }
}
