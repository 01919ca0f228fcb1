import CapsuleCore
import CapsuleTestSupport
import Support
import Testing

@testable import Rendering

@Suite("The proof of images", .timeLimit(.minutes(1)))
struct ImageProofTests {
    typealias Proofs = RenderProofTests
    static let repository = RenderFixture.repository
    static let pinned = RenderFixture.pinned
    static let digest = RenderFixture.digest
    static let redis = "docker.io/library/redis"
    static let redisDigest = RenderProofTests.redisDigest

    static func rules(_ yaml: String) throws -> [String] { try Proofs.findings(yaml).map(\.rule) }

    /// A second object next to a Pod that runs the application.
    static func object(_ spec: String, _ apiVersion: String = "monitoring.coreos.com/v1", _ kind: String = "Prometheus")
        -> String
    {
        Proofs.beside(
            "apiVersion: \(apiVersion)\nkind: \(kind)\nmetadata: {name: b, namespace: staging}\nspec: \(spec)\n")
    }

    static func text(_ text: String) -> String { Proofs.configMap("text: \"\(text)\"") }

    // MARK: Hosts

    static let hosts: [String] = [
        "registry.example.com", "REGISTRY.Example.com", "registry.example.com:443", "registry.example.com.",
        "registry.example.com.:443", "registry.example.com:0443", "Registry.example.com.:443",
    ]

    @Test("finds the repository under every spelling of its registry", arguments: hosts)
    func spellings(host: String) throws {
        let name = "\(host)/acme/shop"
        for wrong in ["\(name):v1", "\(name)@\(RenderFixture.otherDigest)"] {
            let objects = [
                Proofs.second(wrong), Self.text("--image=\(wrong)"), Self.text(wrong), Self.text("image:\(wrong)"),
                Self.text("docker://\(wrong)"), Self.text("run '\(wrong)' now"), Self.text("oci://\(wrong)"),
                Proofs.configMap("a: b", metadata: "name: c, namespace: staging, annotations: {x: '\(wrong)'}"),
                Proofs.configMap("'\(wrong)': b"),
            ]
            for object in objects { #expect(try Self.rules(object) == ["render.image-digest"], "\(object)") }
        }
        for right in ["\(name)@\(Self.digest)", "\(name):git-\(RenderFixture.commit)@\(Self.digest)"] {
            #expect(try Self.rules(Proofs.image(right)) == [])
            #expect(try Self.rules(Self.text("--image=\(right)")) == [])
        }
        #expect(try Self.rules(Self.text(name)) == ["render.image-digest"])
        #expect(try Self.rules(Self.text("oci://\(name)")) == ["render.image-digest"])
    }

    static let hub: [String] = [
        "docker.io/library/redis", "docker.io/redis", "index.docker.io/library/redis", "index.docker.io/redis",
        "registry-1.docker.io/library/redis", "registry-1.docker.io:443/redis", "DOCKER.io/redis", "docker.io./redis",
        "library/redis", "registry.hub.docker.com/library/redis",
    ]

    @Test("finds an official image of Docker Hub under every spelling", arguments: hub)
    func officialImages(name: String) throws {
        for wrong in ["\(name):7.2", "\(name):7.2@\(Self.digest.replacing("a1", with: "d4"))"] {
            for object in [
                Proofs.second(wrong), Self.text("--image=\(wrong)"), Self.text(wrong), Self.text("a \(wrong)"),
            ] {
                #expect(try Self.rules(object) == ["render.image-digest"], "\(object)")
            }
        }
        #expect(try Self.rules(Self.text("--image=\(name):7.4@\(Self.redisDigest)")) == [])
    }

    @Test("finds an official image without host and library")
    func shortName() throws {
        for wrong in ["redis:7.2", "redis:7", "redis:latest", "redis@\(RenderFixture.otherDigest)"] {
            for object in [Proofs.second(wrong), Self.text(wrong), Self.text("--image=\(wrong)")] {
                #expect(try Self.rules(object) == ["render.image-digest"], "\(object)")
            }
        }
    }

    static let notReferences: [String] = [
        "redis", "redis:6379", "redis://redis:6379/0", "use redis: it is fast", "https://docker.io/redis:v1",
        "mirror.example/registry.example.com/acme/shop:v1", "registry.example.com/acme/shop-tools:v1",
        "registry.example.com/acme/shop/charts:v1", "eu.registry.example.com/acme/shop:v1",
        "registry.example.com:8443/acme/shop:v1", "acme/shop:v1", "acme/shop",
        "https://registry.example.com/acme/shop:v1",
        "registry.example.com/other/acme/shop:v1", "docker.io/acme/redis:7", "/acme/shop:v1", "a:b/acme/shop:v1",
    ]

    @Test("does not take other text for a reference", arguments: notReferences)
    func otherText(text: String) throws {
        #expect(try Self.rules(Self.text(text)) == [])
    }

    // MARK: Parts

    static let wrongParts: [String] = [
        "{image: {registry: registry.example.com, repository: acme/shop, tag: v1}}",
        "{image: {registry: registry.example.com, repository: acme/shop}}",
        "{image: {registry: 'registry.example.com:443', repository: acme/shop, tag: v1}}",
        "{image: {registry: registry.example.com/acme, name: shop, tag: v1}}",
        "{image: {registry: 'https://registry.example.com/', repository: acme/shop, tag: v1}}".replacing(
            "https", with: "oci"),
        "{image: {repository: registry.example.com/acme/shop, tag: v1}}",
        "{image: {repository: registry.example.com/acme/shop, digest: '\(RenderFixture.otherDigest)'}}",
        "{image: {repository: registry.example.com/acme/shop, tag: v1, digest: '\(RenderFixture.digest)'}}",
        "{image: {repository: registry.example.com/acme/shop, digest: '\(RenderFixture.digest)', sha: '\(RenderFixture.otherDigest)'}}",
        "{image: {repository: registry.example.com/acme/shop}}",
        "{registry: registry.example.com, image: acme/shop, tag: v1}",
        "{image: registry.example.com/acme/shop, tag: v1}",
        "{images: [{name: registry.example.com/acme/shop, newTag: v1}]}",
        "{images: [{name: shop, newName: registry.example.com/acme/shop, newTag: v1}]}",
        "{url: 'oci://registry.example.com/acme/shop', ref: {tag: v1}}",
        "{url: 'oci://REGISTRY.example.com:443/acme/shop', ref: {semver: '>= 1.0'}}",
        "{url: 'oci://registry.example.com/acme/shop', ref: {digest: '\(RenderFixture.otherDigest)'}}",
        "{url: 'oci://registry.example.com/acme/shop'}",
        "{repoURL: 'oci://registry.example.com/acme/shop', targetRevision: v1}",
        "{repoURL: registry.example.com/acme/shop, targetRevision: v1}",
        "{image: {registry: docker.io, repository: redis, tag: '7.2'}}",
        "{image: {registry: docker.io, repository: library/redis, tag: '7.2'}}",
        "{image: {repository: redis, tag: '7.2'}}",
        "{image: 'oci://registry.example.com/acme/shop:v1'}",
        "{image: ' registry.example.com/acme/shop:v1'}",
        "{a: [{b: {registry: registry.example.com, repository: acme/shop, tag: v1}}]}",
    ]

    @Test("puts together a reference whose parts are in several fields", arguments: wrongParts)
    func parts(spec: String) throws {
        #expect(try Self.rules(Self.object(spec)) == ["render.image-digest"])
    }

    static let rightParts: [String] = [
        "{image: {registry: registry.example.com, repository: acme/shop, digest: '\(RenderFixture.digest)'}}",
        "{image: {registry: registry.example.com, repository: acme/shop, tag: 'git-\(RenderFixture.commit)', digest: '\(RenderFixture.digest)'}}",
        "{image: {registry: registry.example.com, repository: acme/shop, tag: 'git-\(RenderFixture.commit)@\(RenderFixture.digest)'}}",
        "{image: {repository: registry.example.com/acme/shop, sha: '\(RenderFixture.digest.dropFirst(7))'}}",
        "{image: {repository: registry.example.com/acme/shop, tag: '\(RenderFixture.digest)'}}",
        "{images: [{name: registry.example.com/acme/shop, digest: '\(RenderFixture.digest)'}]}",
        "{url: 'oci://registry.example.com/acme/shop', ref: {digest: '\(RenderFixture.digest)'}}",
        "{url: 'https://registry.example.com/acme/shop', ref: {tag: v1}}",
        "{image: {registry: other.example.com, repository: acme/shop, tag: v1}}",
        "{image: {registry: docker.io, repository: redis, tag: '7.4', digest: '\(RenderProofTests.redisDigest)'}}",
        "{image: {registry: ghcr.io, repository: acme/redis, tag: '7.2'}}",
        "{name: redis, url: 'redis://redis:6379'}", "{name: shop, image: 'busybox:1'}",
    ]

    @Test("accepts parts that make the promoted reference, and those of other images", arguments: rightParts)
    func acceptedParts(spec: String) throws {
        #expect(try Self.rules(Self.object(spec)) == [])
    }

    // MARK: Annotations

    @Test("treats an annotation that names an image as an image field")
    func annotations() throws {
        func annotated(_ annotations: String) throws -> [String] {
            try Self.rules(
                Proofs.configMap("a: b", metadata: "name: c, namespace: staging, annotations: {\(annotations)}"))
        }
        #expect(try annotated("sidecar.istio.io/proxyImage: 'shop:latest'") == ["render.placeholder"])
        #expect(try annotated("inject.example.com/image: shop") == ["render.placeholder"])
        #expect(try annotated("inject.example.com/agent-image: 'redis:7.2'") == ["render.image-digest"])
        #expect(try annotated("a: '\(Self.repository)'") == ["render.image-digest"])
        #expect(try annotated("a: 'registry.example.com:443/acme/shop'") == ["render.image-digest"])
        #expect(try annotated("a: '\(Self.pinned)', b: shop, cover-image: 'a picture of <something>'") == [])
        let template = "metadata: {labels: {image: shop}, annotations: {x/image: shop}}, spec: {containers: []}"
        let workload = Self.object(
            "{selector: {matchLabels: {image: shop}}, template: {\(template)}}", "apps/v1", "Deployment")
        #expect(try Self.rules(workload) == ["render.placeholder"])
    }

    // MARK: At least one reference

    static let containers = "{containers: [{name: a, image: '\(RenderFixture.pinned)'}]}"
    static let running: [(version: String, kind: String, spec: String)] = [
        ("v1", "Pod", containers),
        ("v1", "Pod", "{initContainers: [{name: a, image: '\(pinned)'}], containers: [{name: b, image: busybox}]}"),
        ("v1", "Pod", "{ephemeralContainers: [{name: a, image: '\(pinned)'}]}"),
        ("v1", "Pod", "{volumes: [{name: a, image: {reference: '\(pinned)'}}]}"),
        ("v1", "ReplicationController", "{template: {spec: \(containers)}}"),
        ("apps/v1", "Deployment", "{template: {spec: \(containers)}}"),
        ("apps/v1", "StatefulSet", "{template: {spec: \(containers)}}"),
        ("apps/v1", "DaemonSet", "{template: {spec: \(containers)}}"),
        ("batch/v1", "Job", "{template: {spec: \(containers)}}"),
        ("batch/v1", "CronJob", "{jobTemplate: {spec: {template: {spec: \(containers)}}}}"),
        ("argoproj.io/v1alpha1", "Rollout", "{template: {spec: \(containers)}}"),
        ("argoproj.io/v1alpha1", "Workflow", "{templates: [{name: a, container: {image: '\(pinned)'}}]}"),
        ("argoproj.io/v1alpha1", "CronWorkflow", "{workflowSpec: {templates: [{script: {image: '\(pinned)'}}]}}"),
        ("serving.knative.dev/v1", "Service", "{template: {spec: \(containers)}}"),
        ("keda.sh/v1alpha1", "ScaledJob", "{jobTargetRef: {template: {spec: \(containers)}}}"),
        ("tekton.dev/v1", "Task", "{steps: [{name: a, image: '\(pinned)'}]}"),
        ("apps.openshift.io/v1", "DeploymentConfig", "{template: {spec: \(containers)}}"),
        ("sparkoperator.k8s.io/v1beta2", "SparkApplication", "{image: '\(pinned)'}"),
        ("grafana.integreatly.org/v1beta1", "Grafana", "{deployment: {podTemplate: {spec: \(containers)}}}"),
    ]

    @Test("requires a container that runs the application", arguments: running)
    func runs(version: String, kind: String, spec: String) throws {
        let yaml = "apiVersion: \(version)\nkind: \(kind)\nmetadata: {name: b, namespace: staging}\nspec: \(spec)\n"
        #expect(try Self.rules(yaml) == [])
    }

    static let notRunning: [String] = [
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: staging}\ndata: {image: '\(pinned)'}\n",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: staging, annotations: {x/image: '\(pinned)'}}\n",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: staging}\nspec: \(containers)\n",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: staging}\nstringData: {a: '\(pinned)'}\n",
        "apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: staging}\nspec: \(containers)\n",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a, namespace: staging}\nspec: \(containers)\n",
        "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: a, namespace: staging}\nspec: {template: {spec: \(containers)}}\n",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: staging}\nspec: {containers: [{name: b, image: busybox, args: ['\(pinned)']}]}\n",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: staging}\nspec: {containers: [{name: b, image: busybox, env: [{name: image, value: '\(pinned)'}]}]}\n",
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a, namespace: staging}\nspec: {source: {kustomize: {images: ['\(pinned)']}}}\n",
        "apiVersion: grafana.integreatly.org/v1beta1\nkind: Grafana\nmetadata: {name: a, namespace: staging}\nspec: {note: {image: '\(pinned)'}}\n",
    ]

    @Test("is not satisfied by a reference outside of a container", arguments: notRunning)
    func doesNotRun(yaml: String) throws {
        #expect(try Self.rules(yaml) == ["render.image-missing"])
    }

    // MARK: The digest elsewhere

    @Test("refuses the promoted digest in another repository")
    func otherRepository() throws {
        for name in [
            "evil.example.com/acme/shop", "registry.example.com/acme/shop2", "shop2",
            "registry.example.com:8443/acme/shop", "evil.example.com/x:v1",
        ] {
            let reference = "\(name)@\(Self.digest)"
            for object in [
                Proofs.second(reference), Self.text("--image=\(reference)"), Self.text("docker://\(reference)"),
                Self.object("{sidecarImage: '\(reference)'}"), Self.object("{images: ['\(reference)']}"),
            ] {
                #expect(try Self.rules(object) == ["render.image-repository"], "\(object)")
            }
        }
        let finding = try #require(
            try Proofs.findings(Proofs.second("evil.example.com/acme/shop@\(Self.digest)")).first)
        #expect(finding.message.contains("in another repository than \(Self.repository)"))
        #expect(try Self.rules(Self.text(Self.digest)) == [])
        #expect(try Self.rules(Self.text("git-\(RenderFixture.commit)@\(Self.digest)")) == [])
        #expect(try Self.rules(Self.text("https://rekor.example.com/shop@\(Self.digest)")) == [])
    }
}
