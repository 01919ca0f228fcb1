import CapsuleCore
import CapsuleTestSupport
import DeliveryConfiguration
import Support
import Testing

@testable import Rendering

@Suite("The proof of scopes", .timeLimit(.minutes(1)))
struct ScopeProofTests {
    static func object(_ kind: String, namespace: String? = "staging") -> String {
        let parts = kind.split(separator: "/")
        let place = namespace.map { ", namespace: \($0)" } ?? ""
        return "apiVersion: \(parts[0])/v1\nkind: \(parts[1])\nmetadata: {name: s\(place)}\n"
    }

    static func crd(_ kind: String, _ scope: String) -> String {
        let parts = kind.split(separator: "/")
        return "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: c}\n"
            + "spec: {group: \(parts[0]), names: {kind: \(parts[1])}, scope: \(scope)}\n"
    }

    static func findings(
        _ yaml: String, kind: PackageKind = .kustomize, files: [String: String] = [:],
        _ change: (inout RenderOptions) throws -> Void = { _ in }
    ) throws -> [Finding] {
        let stream = RenderProofTests.good + "---\n" + yaml
        let (items, unreadable) = ManifestStream.read(Array(stream.utf8), namespace: "staging", limits: RenderLimits())
        #expect(unreadable == [])
        var options = RenderOptions()
        try change(&options)
        let files = try RenderFixture.files(files)
        return RenderProofs.check(
            items, release: try RenderFixture.release(kind: kind),
            deployment: try Deployment(name: "staging", envType: "staging", namespace: "staging"), options: options,
            locator: SourceLocator(policy: [], package: [], envType: "staging"), definitions: { files })
    }

    static let clusterScoped: [String] = [
        "cert-manager.io/ClusterIssuer", "gateway.networking.k8s.io/GatewayClass", "kyverno.io/ClusterPolicy",
        "templates.gatekeeper.sh/ConstraintTemplate", "constraints.gatekeeper.sh/AnythingAtAll",
        "external-secrets.io/ClusterSecretStore", "argoproj.io/ClusterWorkflowTemplate", "kargo.akuity.io/Project",
        "keda.sh/ClusterTriggerAuthentication", "pkg.crossplane.io/Provider", "apiextensions.crossplane.io/Composition",
        "rbac.authorization.k8s.io/ClusterRole", "resource.k8s.io/DeviceClass",
        "snapshot.storage.k8s.io/VolumeSnapshotClass",
        "security.openshift.io/SecurityContextConstraints",
    ]

    @Test("refuses a cluster-scoped kind that carries a namespace", arguments: clusterScoped)
    func carriesNamespace(kind: String) throws {
        for namespace in ["staging", nil] {
            let finding = try #require(try Self.findings(Self.object(kind, namespace: namespace)).first)
            #expect(finding.rule == "render.cluster-scope")
            #expect(finding.remedy.contains("`clusterScoped: [\(kind)]`"), "\(finding)")
        }
        guard !kind.contains("rbac.") && !kind.contains("resource.k8s.io") else { return }
        let twice = Self.object(kind) + "---\n" + Self.object(kind, namespace: "other")
        #expect(try Self.findings(twice) { $0.allowClusterScoped = true }.map(\.rule) == ["render.duplicate"])
        #expect(try Self.findings(Self.object(kind)) { $0.allowClusterScoped = true } == [])
        #expect(try Self.findings(Self.object(kind)) { $0.clusterScopedKinds = [try GroupKind(kind)] } == [])
    }

    static let namespaced: [String] = [
        "cert-manager.io/Certificate", "gateway.networking.k8s.io/HTTPRoute", "monitoring.coreos.com/ServiceMonitor",
        "argoproj.io/Rollout", "argoproj.io/Sensor", "kargo.akuity.io/Stage", "external-secrets.io/ExternalSecret",
        "networking.istio.io/VirtualService", "security.istio.io/PeerAuthentication", "traefik.io/IngressRoute",
        "keda.sh/ScaledObject", "serving.knative.dev/Service", "kustomize.toolkit.fluxcd.io/Kustomization",
        "source.toolkit.fluxcd.io/OCIRepository", "bitnami.com/SealedSecret", "kyverno.io/Policy",
        "autoscaling.k8s.io/VerticalPodAutoscaler", "velero.io/Schedule", "route.openshift.io/Route",
    ]

    @Test("knows the namespaced kinds that people use", arguments: namespaced)
    func known(kind: String) throws {
        #expect(try Self.findings(Self.object(kind)) == [])
        #expect(try Self.findings(Self.object(kind, namespace: nil), kind: .helm) == [])
        #expect(try Self.findings(Self.object(kind, namespace: "other")).map(\.rule) == ["render.namespace"])
    }

    @Test(
        "refuses a kind of unknown scope, and gives the line that names it", arguments: [PackageKind.kustomize, .helm])
    func unknown(kind: PackageKind) throws {
        let yaml =
            Self.object("acme.example/Shop") + "---\n"
            + Self.object("acme.example/Shop").replacing("name: s", with: "name: t") + "---\n"
            + Self.object("acme.example/Depot")
        let findings = try Self.findings(yaml, kind: kind) { $0.namespacedKinds = [try GroupKind("acme.example/Cart")] }
        #expect(findings.map(\.rule) == ["render.cluster-scope", "render.cluster-scope"])
        #expect(findings.last?.message.contains("Shop staging/s (and 1 more of its kind)") == true, "\(findings)")
        for finding in findings {
            #expect(
                finding.remedy.contains(
                    "stage staging in capsule.yaml `namespaced: [acme.example/Cart, acme.example/Depot, acme.example/Shop]`"
                ),
                "\(finding)")
            #expect(finding.remedy.contains("`clusterScoped: [acme.example/Depot, acme.example/Shop]`"))
        }
        let kinds = try Set(["acme.example/Shop", "acme.example/Depot"].map { try GroupKind($0) })
        #expect(try Self.findings(yaml, kind: kind) { $0.namespacedKinds = kinds } == [])
        #expect(try Self.findings(yaml, kind: kind) { $0.clusterScopedKinds = kinds } == [])
        #expect(try Self.findings(yaml, kind: kind) { $0.allowClusterScoped = true } == [])
        let other = Self.object("acme.example/Shop", namespace: "other")
        #expect(try Self.findings(other, kind: kind) { $0.namespacedKinds = kinds }.map(\.rule) == ["render.namespace"])
        #expect(
            try Self.findings(other, kind: kind) { $0.allowClusterScoped = true }.map(\.rule) == ["render.namespace"])
        #expect(try Self.findings(other, kind: kind) { $0.clusterScopedKinds = kinds } == [])
    }

    @Test("takes the scope from the definitions in the package and the policy")
    func definitions() throws {
        let shop = "acme.example/Shop"
        for name in ["envTypes/staging/crd.yaml", "crds/shop.yml", "base/crds.json"] {
            #expect(try Self.findings(Self.object(shop), files: [name: Self.crd(shop, "Namespaced")]) == [])
            let findings = try Self.findings(Self.object(shop), files: [name: Self.crd(shop, "Cluster")])
            #expect(findings.map(\.rule) == ["render.cluster-scope"])
            #expect(findings.first?.message.contains("it is not in a namespace") == true)
        }
        let list =
            "apiVersion: v1\nkind: List\nitems:\n- "
            + Self.crd(shop, "Namespaced").split(separator: "\n").joined(separator: "\n  ")
        #expect(try Self.findings(Self.object(shop), files: ["a.yaml": list]) == [])
        let several = [
            "a.yaml": "a: b\n---\n" + Self.crd(shop, "Namespaced"), "b.yaml": "{{ if }} CustomResourceDefinition",
        ]
        #expect(try Self.findings(Self.object(shop), files: several) == [])
        let both = ["a.yaml": Self.crd(shop, "Namespaced"), "b.yaml": Self.crd(shop, "Cluster")]
        #expect(try Self.findings(Self.object(shop), files: both).map(\.rule) == ["render.cluster-scope"])
        for other in [
            Self.crd("acme.example/Depot", "Namespaced"), Self.crd("other.example/Shop", "Namespaced"),
            Self.crd(shop, "Other"),
        ] {
            #expect(
                try Self.findings(Self.object(shop), files: ["a.yaml": other]).map(\.rule) == ["render.cluster-scope"])
        }
    }

    @Test("takes the scope from a definition that is rendered, too")
    func renderedDefinition() throws {
        let shop = "acme.example/Shop"
        let crd = try GroupKind("apiextensions.k8s.io/CustomResourceDefinition")
        let yaml = Self.object(shop) + "---\n" + Self.crd(shop, "Namespaced")
        #expect(try Self.findings(yaml) { $0.clusterScopedKinds = [crd] } == [])
    }

    @Test("lets no definition of a package change what is known")
    func definitionsDoNotOverride() throws {
        for kind in ["cert-manager.io/ClusterIssuer", "rbac.authorization.k8s.io/ClusterRole"] {
            let findings = try Self.findings(Self.object(kind), files: ["a.yaml": Self.crd(kind, "Namespaced")])
            #expect(findings.map(\.rule) == ["render.cluster-scope"])
        }
        let shop = "acme.example/Shop"
        let findings = try Self.findings(Self.object(shop), files: ["a.yaml": Self.crd(shop, "Cluster")]) {
            $0.namespacedKinds = [try GroupKind(shop)]
        }
        #expect(findings == [])
    }

    @Test("reads the definitions of a package and of the policy when it renders", .needs(anyOf: "kustomize", "kubectl"))
    func renders() async throws {
        var package = RenderFixture.base
        package["base/shop.yaml"] = Self.object("acme.example/Shop", namespace: nil)
        package["base/kustomization.yaml"]? += "  - shop.yaml\n"
        let findings = try await RenderFixture.rejection(RenderFixture.input(package: package))
        #expect(findings.map(\.rule) == ["render.cluster-scope"])
        let crd = Self.crd("acme.example/Shop", "Namespaced")
        var policy = RenderFixture.policy
        policy["envTypes/staging/crds/shop.yaml"] = crd
        _ = try await RenderFixture.renderer.render(RenderFixture.input(package: package, policy: policy))
        package["base/crds/shop.yaml"] = crd
        _ = try await RenderFixture.renderer.render(RenderFixture.input(package: package))
    }

    // MARK: capsule.yaml

    static func stage(_ lines: String) throws -> Stage {
        let yaml = """
            schemaVersion: release-capsule/v1alpha1
            image: registry.example.com/acme/shop
            capsule: registry.example.com/acme/release
            stages:
              - name: staging
            \(lines)
            """
        return try CapsuleConfiguration(yaml: Array(yaml.utf8)).stage("staging")
    }

    @Test("reads the kinds of a stage")
    func configuration() throws {
        let stage = try Self.stage(
            "    clusterScoped: [acme.example/Depot, rbac.authorization.k8s.io/ClusterRole]\n    namespaced: [acme.example/Shop]"
        )
        #expect(
            stage.clusterScoped.map(\.description) == ["acme.example/Depot", "rbac.authorization.k8s.io/ClusterRole"])
        #expect(stage.namespaced.map(\.description) == ["acme.example/Shop"])
    }

    static let invalid: [(line: String, says: String)] = [
        ("clusterScoped:", "has no value"), ("namespaced: ~", "has no value"),
        ("namespaced: acme.example/Shop", "must be a list"),
        ("clusterScoped: [acme.example/v1/Shop]", "is not a kind"), ("clusterScoped: ['']", "is not a kind"),
        ("namespaced: [shops.acme.example]", "is not a kind"), ("namespaced: [ACME/Shop]", "is not a kind"),
        ("namespaced: [acme.example/]", "is not a kind"), ("namespaced: [/Shop]", "is not a kind"),
        ("namespaced: [acme.example/Shop, acme.example/Shop]", "lists acme.example/Shop twice"),
        (
            "namespaced: [apps/Deployment, rbac.authorization.k8s.io/ClusterRole]",
            "which is cluster-scoped in Kubernetes"
        ),
        ("clusterScoped: [Node, apps/Deployment]", "which is namespaced in Kubernetes"),
        ("clusterScoped: [a.example/B]\n    namespaced: [a.example/B]", "a kind has one scope"),
        ("clusterScope: [a.example/B]", "unknown key"),
    ]

    @Test("refuses a kind that is not one, is listed twice, or has another scope", arguments: invalid)
    func invalidConfiguration(line: String, says: String) throws {
        let error = #expect(throws: (any Error).self) { try Self.stage("    \(line)") }
        #expect("\(error.map { "\($0)" } ?? "")".contains(says))
    }
}
