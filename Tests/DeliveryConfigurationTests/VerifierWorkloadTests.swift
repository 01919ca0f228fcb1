import DeliveryConfiguration
import Documents
import Support
import Testing

@Suite("The workload of a verifier in capsule.yaml")
struct VerifierWorkloadTests {
    private static func read(_ keys: String) throws -> VerifierWorkload? {
        let text = """
            schemaVersion: release-capsule/v1alpha1
            image: ghcr.io/example/shop
            capsule: ghcr.io/example/release
            package: {source: deploy}
            gitops: {repository: ../gitops}
            kargo:
              version: "1.11"
              verifier:
            \(keys.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n"))
            stages: [{name: test}]

            """
        return try CapsuleConfiguration(yaml: Array(text.utf8)).kargo?.verifier.workload
    }

    @Test("has the values of the file, with their spelling and in their order")
    func values() throws {
        let workload = try Self.read(
            """
            image: ghcr.io/example/capsule:1
            basePath: /capsule
            state: {claimName: promotions}
            resources: {limits: {memory: 1Gi, cpu: 0.5}}
            env: [{name: A, value: "1"}]
            """)
        #expect(workload?.basePath.description == "/capsule")
        #expect(workload?.state == .claim("promotions"))
        #expect(workload?["resources"]?.compactText == #"{"limits":{"memory":"1Gi","cpu":0.5}}"#)
        #expect(workload?["env"]?.compactText == #"[{"name":"A","value":"1"}]"#)
        #expect(workload?["volumes"] == nil)
        let equal = try Self.read(
            "image: ghcr.io/example/capsule:1\nresources: {requests: {cpu: 1.5, memory: 1024Mi}, limits: {cpu: 1500m, memory: 1Gi}}"
        )
        #expect(equal?["resources"] != nil)
        let nothing = try Self.read("image: ghcr.io/example/capsule:1")
        #expect(nothing == VerifierWorkload())
    }

    /// Keys that are refused, the line of the file and words of the message.
    static let refusals: [(keys: String, line: Int, words: String)] = [
        ("resource: {}", 10, "unknown key \"resource\" in kargo.verifier"),
        ("resources:\n  limits:\n    cpu: 1\n  request: {}", 13, "unknown key \"request\" in kargo.verifier.resources"),
        ("resources:\n  limits:\n    cpu: much", 12, "resources.limits.cpu is invalid: \"much\"; use a quantity"),
        ("resources:\n  limits:\n    cpu: 1.2.3", 12, "use a quantity"),
        ("resources:\n  limits:\n    cpu: -1", 12, "use a quantity"),
        ("resources:\n  limits:\n    cpu:", 12, "has no value"),
        ("resources: {requests: {memory: 1Gi}, limits: {memory: 1000Mi}}", 10, "requests more memory than it limits"),
        ("resources: {requests: {cpu: 1.5}, limits: {cpu: 1400m}}", 10, "requests more cpu than it limits"),
        ("resources: [a]", 10, "must be a mapping"),
        ("resources:", 10, "has no value"),
        ("env:\n  - name: A\n    value: 1", 12, "must be in quotes"),
        ("env:\n  - value: a", 11, "env[0] has no `name`"),
        ("env:\n  - {name: A, value: a, valueFrom: {fieldRef: {fieldPath: a}}}", 11, "only one is possible"),
        ("env:\n  - {name: A, valueFrom: {}}", 11, "must have one of: configMapKeyRef"),
        ("env:\n  - {name: \"1A\"}", 11, "use letters, digits"),
        ("env: [{name: A}, {name: A}]", 10, "has \"A\" twice"),
        ("env: [{name: CAPSULE_POD_NAME}]", 10, "a variable of the generated pod"),
        ("env: {A: a}", 10, "must be a list"),
        ("volumes: [{name: a, emptyDir: {}}]", 10, "`volumeMounts` does not mount it"),
        ("volumeMounts: [{name: a, mountPath: /a}]", 10, "`volumes` does not have it"),
        ("volumes: [{name: a, hostPath: {path: /}}]", 10, "unknown key \"hostPath\""),
        ("volumes: [{name: a}]", 10, "must have one of: configMap, secret"),
        ("volumes: [{name: a, emptyDir: {}, secret: {secretName: a}}]", 10, "`emptyDir` and `secret`"),
        (
            "volumes: [{name: tmp, emptyDir: {}}]\nvolumeMounts: [{name: tmp, mountPath: /a}]", 10,
            "of the generated pod"
        ),
        ("volumes: [{name: A, emptyDir: {}}]", 10, "lowercase letters"),
        ("volumes: [{name: a, emptyDir: {}}]\nvolumeMounts: [{name: a, mountPath: /tmp/x}]", 11, "outside of"),
        ("volumes: [{name: a, emptyDir: {}}]\nvolumeMounts: [{name: a, mountPath: /etc}]", 11, "outside of"),
        ("volumes: [{name: a, emptyDir: {}}]\nvolumeMounts: [{name: a, mountPath: /}]", 11, "outside of"),
        ("volumes: [{name: a, emptyDir: {}}]\nvolumeMounts: [{name: a, mountPath: a}]", 11, "absolute path"),
        ("volumes: [{name: a, emptyDir: {}}]\nvolumeMounts: [{name: a, mountPath: /a/../tmp}]", 11, "absolute path"),
        ("securityContext: {runAsUser: 0}", 10, "from 1 to"),
        ("securityContext: {privileged: true}", 10, "unknown key"),
        ("securityContext: {runAsNonRoot: false}", 10, "unknown key"),
        ("readinessProbe: {periodSeconds: 0}", 10, "from 1 to 300"),
        ("readinessProbe: {httpGet: {path: /}}", 10, "unknown key \"httpGet\""),
        ("livenessProbe: {successThreshold: 2}", 10, "unknown key"),
        ("imagePullPolicy: Sometimes", 10, "must be one of: Always"),
        ("imagePullSecrets: [registry]", 10, "must be a mapping"),
        ("podLabels: {app.kubernetes.io/name: x}", 10, "by which the generated objects find the pods"),
        ("podLabels: {a: \"b c\"}", 10, "use up to 63"), ("podLabels: {\"a b\": c}", 10, "use a name such as"),
        ("podAnnotations: {a: true}", 10, "must be in quotes"),
        ("disruptionBudget: {minAvailable: 1, maxUnavailable: 1}", 10, "only one is possible"),
        ("disruptionBudget: {minAvailable: 101%}", 10, "a percentage"),
        ("networkPolicy: {from: [{ipBlock: {cidr: 10.0.0.0}}]}", 10, "a range of addresses"),
        ("ingress: {host: a.example.com}", 10, "the ingress controller may reach the pods"),
        ("podMonitor: {}", 10, "Prometheus may reach the pods"),
        ("ingress: {host: \"${{ x }}\"}\nnetworkPolicy: {namespaces: [kargo]}", 10, "use a DNS name"),
        ("state: {}", 10, "must have one of: claimName, size"),
        ("state: {claimName: a, size: 1Gi}", 10, "only one is possible"),
        ("state: {claimName: a, storageClassName: b}", 10, "remove `storageClassName`"),
        ("caBundle: {configMap: {name: a}}", 10, "has no `key`"),
        ("basePath: capsule", 10, "is not a base path"), ("basePath: /capsule/", 10, "is not a base path"),
        ("basePath: /a/../b", 10, "is not a base path"), ("basePath: \"/{{x}}\"", 10, "is not a base path"),
        ("basePath: /", 10, "is not a base path"),
        ("tolerations: [\(Array(repeating: "{}", count: 257).joined(separator: ", "))]", 10, "the limit is 256"),
    ]

    @Test("is refused with the line and the reason", arguments: refusals.indices)
    func refused(_ index: Int) throws {
        let (keys, line, words) = Self.refusals[index]
        let error = #expect(throws: DocumentError.self) {
            try Self.read("image: ghcr.io/example/capsule:1\n\(keys)")
        }
        let message = error?.message ?? ""
        #expect(message.hasPrefix("capsule.yaml:\(line): ") && message.contains(words), "\(keys): \(message)")
    }

    @Test("has no effect without an image, and is refused then")
    func withoutImage() throws {
        let error = #expect(throws: DocumentError.self) {
            try Self.read("url: https://capsule.example.com\nresources: {}")
        }
        #expect(error?.message.contains("kargo.verifier.resources has no effect without `image`") == true)
    }
}
