import Archive
import CapsuleCore
import CapsuleTestSupport
import DeliveryConfiguration
import Documents
import GitOps
import OCI
import Rendering
import Support
import Testing

@Suite("capsule.yaml")
struct CapsuleConfigurationTests {
    static let full = """
        schemaVersion: release-capsule/v1alpha1
        image: ghcr.io/code-dot-org/code-dot-org
        capsule: ghcr.io/code-dot-org/codeai-release-capsule
        package:
          kind: kustomize
          source: k8s/kustomize
          include: [base, components]
          entry: base
          imageName: app
          images:
            - {name: worker, repository: ghcr.io/code-dot-org/worker}
        gitops:
          repository: https://github.com/code-dot-org/k8s-gitops.git
          branch: main
          root: apps/codeai
          stageBranch: stage/{app}/{deployment}
          author: {name: Release Bot, email: bot@example.com}
        helm: {releaseName: shop, repositoryKey: app.image.repo, tagKey: app.image.tag, includeCRDs: false}
        renderer: kubectl
        policy: policy/release.yaml
        stages:
          - name: staging
            auto: true
          - name: test
            after: [staging]
            soak: 1h30m
          - name: production
            after: [test]
            review: pull-request
            allowClusterScoped: true
            allowNamespaces: [kube-system]
            requires:
              - warehouses/codeai/production/merged/{tag}.yaml

        """
    static let least = """
        schemaVersion: release-capsule/v1alpha1
        image: ghcr.io/example/shop
        capsule: oci:../capsules
        package: {source: deploy}
        gitops: {repository: ../gitops}
        stages: [{name: test}]

        """

    private func read(_ text: String, root: String? = nil) throws -> CapsuleConfiguration {
        try CapsuleConfiguration(yaml: Array(text.utf8), defaultRoot: root.map { try RelativePath($0) })
    }

    @Test("reads every key")
    func full() throws {
        let configuration = try read(Self.full)
        #expect(configuration.image.description == "ghcr.io/code-dot-org/code-dot-org")
        #expect(configuration.capsule.description == "ghcr.io/code-dot-org/codeai-release-capsule")
        #expect(configuration.package.imageName == "app")
        #expect(configuration.package.images.map(\.name) == ["worker"])
        #expect(configuration.package.include?.map(\.description) == ["base", "components"])
        #expect(configuration.application == "codeai")
        #expect(try configuration.stageBranch("test").description == "stage/codeai/test")
        #expect(configuration.gitops.author.description == "Release Bot <bot@example.com>")
        #expect(
            configuration.helm.values?.templates == ["app.image.repo": "{repository}", "app.image.tag": "{tag}"]
                && !configuration.helm.includeCRDs)
        #expect(configuration.renderer == .kubectl)
        #expect(configuration.policy?.description == "policy/release.yaml")
        #expect(configuration.stages.map(\.name) == ["staging", "test", "production"])
        #expect(configuration.stages[0].auto)
        #expect(configuration.stages[1].soak?.seconds == 5400)
        #expect(configuration.stages[2].review == .pullRequest)
        let options = configuration.renderOptions(for: configuration.stages[2])
        #expect(options.allowClusterScoped)
        #expect(options.allowedNamespaces == ["kube-system"])
        #expect(!configuration.renderOptions(for: configuration.stages[0]).allowClusterScoped)
        let release = try ReleaseIdentity("git-" + String(repeating: "a", count: 40))
        #expect(
            try configuration.stages[2].requires[0].path(for: release).description
                == "warehouses/codeai/production/merged/\(release).yaml")
    }

    @Test("fills in the layout's defaults")
    func least() throws {
        let configuration = try read(Self.least)
        #expect(configuration.package.kind == .kustomize)
        #expect(configuration.package.entry?.description == "base")
        #expect(configuration.package.include == nil)
        #expect(configuration.package.imageName == "shop")
        #expect(configuration.gitops.branch == .main)
        #expect(configuration.gitops.root == nil)
        #expect(configuration.policy == nil)
        #expect(configuration.application == "shop")
        #expect(configuration.helm == .init())
        #expect(configuration.capsule == .layout(path: "../capsules"))
        #expect(try configuration.stageBranch("test").description == "stage/test")
        #expect(try read(Self.least, root: "apps/shop").gitops.root?.description == "apps/shop")
    }

    @Test(
        "names line and key of what is invalid",
        arguments: [
            ("image: ghcr.io/example/shop", "image: shop", "capsule.yaml:2: image is invalid"),
            ("image: ghcr.io/example/shop", "imag: ghcr.io/example/shop", "capsule.yaml:2: unknown key \"imag\""),
            ("image: ghcr.io/example/shop\n", "", "image is missing"),
            ("v1alpha1", "v9", "capsule.yaml:1: schemaVersion is"),
            ("oci:../capsules", "oci:../capsules:tag", "capsule.yaml:3: capsule is invalid"),
            ("{source: deploy}", "{source: ../deploy}", "capsule.yaml:4: package.source is invalid"),
            ("{source: deploy}", "{source: deploy, knid: helm}", "unknown key \"knid\" in package"),
            ("{source: deploy}", "{kind: flux}", "package.kind is \"flux\"; it must be one of: kustomize, helm"),
            ("{source: deploy}", "{kind: helm, entry: base}", "package.entry is for Kustomize packages"),
            ("{source: deploy}", "{include: base}", "package.include must be a list"),
            ("{source: deploy}", "{imageName: 'a b'}", "package.imageName is not an image name"),
            ("{source: deploy}", "{images: [{name: x}]}", "package.images[0].repository is missing"),
            ("{source: deploy}", "[deploy]", "package must be a mapping"),
            ("../gitops", "ext::evil", "capsule.yaml:5: gitops.repository is invalid"),
            ("../gitops}", "x, branch: --force}", "gitops.branch is invalid"),
            ("../gitops}", "x, root: /etc}", "gitops.root is invalid"),
            ("../gitops}", "x, stageBranch: stage}", "gitops.stageBranch is invalid"),
            ("../gitops}", "x, stageBranch: 'stage/{deployment}/{x}'}", "gitops.stageBranch is invalid"),
            ("../gitops}", "x, author: {name: 'a<b', email: x}}", "cannot be a commit's author"),
            ("../gitops}", "x, author: {name: \"a\\nb\", email: x}}", "cannot be a commit's author"),
            ("[{name: test}]", "[{name: test, auto: maybe}]", "stages[0].auto must be true or false"),
            ("[{name: test}]", "[{name: test, soak: 30}]", "stages[0].soak is invalid"),
            ("[{name: test}]", "[{name: test, soak: 30m}]", "no upstream stage to soak on"),
            ("[{name: test}]", "[{name: test, review: later}]", "stages[0].review is \"later\""),
            ("[{name: test}]", "[{name: test, after: staging}]", "stages[0].after must be a list"),
            ("[{name: test}]", "[{name: test, after: [staging]}]", "comes after \"staging\", which is not a stage"),
            ("[{name: test}]", "[{name: test, after: [test]}]", "wait for each other: test after test"),
            (
                "[{name: test}]", "[{name: a, after: [b]}, {name: b, after: [c]}, {name: c, after: [a]}]",
                "wait for each other: a after b after c after a"
            ),
            ("[{name: test}]", "[{name: test}, {name: test}]", "two stages named test"),
            ("[{name: test}]", "[{name: test, requires: ['../x']}]", "stages[0].requires[0] is invalid"),
            ("[{name: test}]", "[{name: test, requires: ['{digest}']}]", "only {tag} and {commit}"),
            ("[{name: test}]", "[{name: Test}]", "the stage name \"Test\" is not usable"),
            ("[{name: test}]", "[{name: ../x}]", "the stage name \"../x\" is not usable"),
            ("[{name: test}]", "[{name: --force}]", "is not usable"),
            ("stages:", "helm: {tagKey: 'image.tag,evil=1'}\nstages:", "helm.tagKey \"image.tag,evil=1\" is not"),
            ("stages:", "helm: {tagKey: '--set'}\nstages:", "helm.tagKey \"--set\" is not"),
            (
                "stages:", "helm: {values: {image.tag: '{tagg}'}}\nstages:",
                "helm.values \"{tagg}\" has a brace that is not"
            ),
            ("stages:", "helm: {values: {image.tag: '{tag'}}\nstages:", "helm.values \"{tag\" has a brace that is not"),
            ("stages:", "helm: {values: {image.tag: 'tag}'}}\nstages:", "helm.values \"tag}\" has a brace that is not"),
            ("stages:", "helm: {values: {image.tag: {tag}}}\nstages:", "helm.values.image.tag must be text"),
            ("stages:", "helm: {values: {}}\nstages:", "helm.values is empty"),
            ("stages:", "helm: {values: ~}\nstages:", "helm.values has no value"),
            (
                "stages:", "helm: {values: {'image[0]': '{tag}'}}\nstages:",
                "helm.values \"image[0]\" is not a values path"
            ),
            ("stages:", "helm: {values: {'a=b': '{tag}'}}\nstages:", "helm.values \"a=b\" is not a values path"),
            (
                "stages:", "helm: {values: {image: '{reference}', image.tag: '{tag}'}}\nstages:",
                "helm.values \"image\" contains \"image.tag\""
            ),
            (
                "stages:", "helm: {values: {image.tag: '{tag}'}, tagKey: image.tag}\nstages:",
                "helm.values replaces repositoryKey and tagKey"
            ),
            ("stages:", "helm: {images: [{name: worker}]}\nstages:", "helm.images[0].values is missing"),
            (
                "stages:",
                "helm: {images: [{name: w, values: {a: '{tag}'}}, {name: w, values: {b: '{tag}'}}]}\nstages:",
                "helm.images[1].name is \"w\", which occurs twice"
            ),
            ("stages:", "renderer: sh\nstages:", "renderer is \"sh\""),
            ("stages:", "image: again\nstages:", "image"),
            ("stages:", "policy:\nstages:", "capsule.yaml:6: policy has no value"),
            ("stages:", "policy: [a]\nstages:", "policy must be text"),
            ("[{name: test}]", "[{name: 12}]", "stages[0].name must be in quotes: other YAML readers take 12 for"),
            ("[{name: test}]", "[{name: test}, {name: a, after: [on]}]", "stages[1].after[0] must be in quotes"),
            ("[{name: test}]", "[{name: test}, {name: a, after: [~]}]", "stages[1].after[0] has no value"),
            ("stages:", "kargo: {version: 1.10}\nstages:", "kargo.version must be in quotes"),
            ("stages:", "kargo: {version: \"1.11\", verifier: {replicas: 0}}\nstages:", "a whole number from 1 to 20"),
            (
                "stages:", "kargo: {version: \"1.11\", verifier: {replicas: 010}}\nstages:",
                "a whole number from 1 to 20"
            ),
            ("stages:", "policy: ../policy.yaml\nstages:", "policy is invalid"),
            ("stages:", "policy: /etc/policy.yaml\nstages:", "policy is invalid"),
            (
                "stages:", "policy: deployments/test/deploy/policy.yaml\nstages:",
                "below deployments/, where promotions write"
            ),
        ])
    func wrong(old: String, new: String, message: String) throws {
        let text = Self.least.replacing(old, with: new)
        try #require(text != Self.least)
        let error = #expect(throws: (any Error).self) { try read(text) }
        #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
        #expect(error?.message.hasPrefix("capsule.yaml:") == true, "\(error?.message ?? "")")
    }

    @Test("is found in the directory or above it")
    func find() async throws {
        try await withTemporaryDirectory { directory in
            try writeFile("\(directory)/a/capsule.yaml", Self.least)
            try writeFile("\(directory)/a/b/c/x", "")
            #expect(CapsuleConfiguration.find(from: "\(directory)/a/b/c") == "\(directory)/a/capsule.yaml")
            #expect(CapsuleConfiguration.find(from: "\(directory)/a") == "\(directory)/a/capsule.yaml")
            #expect(try CapsuleConfiguration.load(path: "\(directory)/a/capsule.yaml").application == "shop")
            #expect(throws: FileError.self) { try CapsuleConfiguration.load(path: "\(directory)/none.yaml") }
        }
    }

    @Test("lists the stages when the named one does not exist")
    func unknownStage() throws {
        let error = #expect(throws: CapsuleError.self) { try read(Self.full).stage("prod") }
        #expect(error?.message.contains("staging, test, production") == true)
    }

    @Test("reads soak times", arguments: [("30m", 1800), ("2h", 7200), ("1d", 86_400), ("1h30m", 5400), ("45s", 45)])
    func soak(text: String, seconds: Int64) {
        #expect(DurationText(text)?.seconds == seconds)
    }

    @Test("refuses other soak times", arguments: ["", "30", "m", "-1h", "1w", "1.5h", "400d", "99999999999h", "1h m"])
    func noSoak(text: String) {
        #expect(DurationText(text) == nil)
    }
}

@Suite("deployment.yaml")
struct DeploymentFileTests {
    private func read(_ text: String) throws -> Deployment {
        try Deployment(name: "test", yaml: Array(text.utf8), file: "deployments/test/deployment.yaml")
    }

    @Test("reads environment type and namespace, and passes over the legacy key branch")
    func reads() throws {
        let deployment = try read("envType: test\nnamespace: apps\n# comment\nbranch: staging\n")
        #expect(deployment.envType == "test")
        #expect(deployment.namespace == "apps")
        #expect(deployment.name == "test")
    }

    @Test(
        "names file, line and key of what is invalid",
        arguments: [
            ("envType: test\nnamespace: a\nnamspace: b\n", "deployment.yaml:3: unknown key \"namspace\""),
            ("envType: test\n", "namespace is missing"), ("envType: ../x\nnamespace: a\n", "\"../x\" is not usable"),
            ("envType: [a]\nnamespace: a\n", "deployment.yaml:1: envType must be text"), ("[]\n", "must be a mapping"),
            ("", "0 YAML documents"), ("envType: a\nenvType: b\nnamespace: c\n", "deployment.yaml"),
        ])
    func wrong(text: String, message: String) {
        let error = #expect(throws: (any Error).self) { try read(text) }
        #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
    }

    @Test("reads every deployment of the fixture", .needsFixture("codeai"))
    func fixture() throws {
        for name in ["staging", "test", "levelbuilder", "production"] {
            let file = "\(Fixtures.codeAI)/gitops/apps/codeai/deployments/\(name)/deployment.yaml"
            #expect(try Deployment(name: name, yaml: readFile(file), file: file).envType == name)
        }
    }
}
