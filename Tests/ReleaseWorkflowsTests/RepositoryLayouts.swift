/// An application's repository in a layout that public repositories have, and the draft that a person who knows both would
/// write for it.
struct RepositoryLayout: Sendable, CustomStringConvertible {
    let description: String
    var remote: String? = "https://github.com/example/shop.git"
    var branch = "main"
    var files: [String: String]
    /// The expected value of `image`.
    var image = "ghcr.io/example/shop"
    /// The expected value of `package`: kind, source, entry, what is included, and the image's name or its values.
    var package: String
    /// The expected keys of which the draft says that it is not sure.
    var unsure: [String] = []
    /// The expected value of `gitops.branch`.
    var gitopsBranch = "main"

    init(
        _ description: String, remote: String? = "https://github.com/example/shop.git", branch: String = "main",
        image: String = "ghcr.io/example/shop", package: String, unsure: [String] = [], gitopsBranch: String = "main",
        _ files: [String: String]...
    ) {
        self.description = description
        self.remote = remote
        self.branch = branch
        self.image = image
        self.package = package
        self.unsure = unsure
        self.gitopsBranch = gitopsBranch
        self.files = files.reduce(into: ["README.md": "# Shop\n", ".gitignore": "*.log\n"]) { $0.merge($1) { $1 } }
    }
}

extension RepositoryLayout {
    /// A workload of one container.
    static func workload(_ image: String, name: String = "web", kind: String = "Deployment") -> String {
        """
        apiVersion: apps/v1
        kind: \(kind)
        metadata:
          name: \(name)
        spec:
          selector: {matchLabels: {app: \(name)}}
          template:
            metadata: {labels: {app: \(name)}}
            spec:
              containers:
                - name: \(name)
                  image: \(image)

        """
    }

    private static let service = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}]}\n"

    /// A directory with a kustomization, a Deployment and a Service.
    static func web(
        _ directory: String, image: String = "shop:latest", name: String = "kustomization.yaml", more: String = ""
    ) -> [String: String] {
        let prefix = directory.isEmpty ? "" : "\(directory)/"
        return [
            "\(prefix)\(name)": "resources:\n  - deployment.yaml\n  - service.yaml\n\(more)",
            "\(prefix)deployment.yaml": workload(image), "\(prefix)service.yaml": service,
        ]
    }

    /// Overlays of a base, each with a patch.
    static func overlays(
        _ directory: String, of base: String = "../../base", names: [String] = ["production", "staging"]
    )
        -> [String: String]
    {
        names.reduce(into: [:]) { files, name in
            files["\(directory)/\(name)/kustomization.yaml"] =
                "namespace: \(name)\nresources:\n  - \(base)\npatches:\n  - path: replicas.yaml\n"
            files["\(directory)/\(name)/replicas.yaml"] =
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 3}\n"
        }
    }

    /// A Component.
    static func component(_ directory: String) -> [String: String] {
        [
            "\(directory)/kustomization.yaml":
                "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\ncommonAnnotations: {scrape: \"true\"}\n"
        ]
    }

    /// A directory with a kustomization of one object that runs nothing.
    static func object(_ directory: String, kind: String = "ClusterRole") -> [String: String] {
        [
            "\(directory)/kustomization.yaml": "resources:\n  - object.yaml\n",
            "\(directory)/object.yaml":
                "apiVersion: rbac.authorization.k8s.io/v1\nkind: \(kind)\nmetadata: {name: \(kind.lowercased())}\n",
        ]
    }

    /// A chart with the usual values.
    static func chart(
        _ directory: String, name: String = "shop", image: String = "ghcr.io/example/shop", more: String = ""
    ) -> [String: String] {
        let prefix = directory.isEmpty ? "" : "\(directory)/"
        return [
            "\(prefix)Chart.yaml": "apiVersion: v2\nname: \(name)\nversion: 0.1.0\nappVersion: \"1.0\"\n\(more)",
            "\(prefix)values.yaml": "replicaCount: 1\nimage:\n  repository: \(image)\n  tag: \"\"\n",
            "\(prefix)templates/deployment.yaml": workload(
                "\"{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}\""),
            "\(prefix)templates/NOTES.txt": "Thanks.\n", "\(prefix).helmignore": ".git/\n*.swp\n",
        ]
    }

    /// The layout that `kubebuilder init` writes.
    static func kubebuilder(newName: String, also: [String] = []) -> [String: String] {
        var files: [String: String] = [
            "config/default/kustomization.yaml": "namespace: shop-system\nnamePrefix: shop-\nresources:\n"
                + (["crd", "rbac", "manager"] + also).map { "  - ../\($0)\n" }.joined()
                + "patches:\n  - path: manager_metrics_patch.yaml\n    target: {kind: Deployment}\n",
            "config/default/manager_metrics_patch.yaml":
                "- op: add\n  path: /spec/template/spec/containers/0/args\n  value: [--metrics]\n",
            "config/crd/kustomization.yaml": "resources:\n  - bases/shop.example.com_shops.yaml\n",
            "config/crd/bases/shop.example.com_shops.yaml":
                "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: shops.shop.example.com}\n",
            "config/manager/kustomization.yaml":
                "resources:\n  - manager.yaml\nimages:\n  - name: controller\n    newName: \(newName)\n    newTag: latest\n",
            "config/manager/manager.yaml": workload("controller:latest", name: "controller-manager"),
            "config/samples/kustomization.yaml": "resources:\n  - shop.yaml\n",
            "config/samples/shop.yaml": "apiVersion: shop.example.com/v1\nkind: Shop\nmetadata: {name: sample}\n",
            "config/prometheus/kustomization.yaml": "resources:\n  - monitor.yaml\n",
            "config/prometheus/monitor.yaml":
                "apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {name: metrics}\n",
            "Makefile": "IMG ?= controller:latest\n\ndeploy:\n\tkustomize build config/default | kubectl apply -f -\n",
            "PROJECT": "domain: example.com\n", "cmd/main.go": "package main\n", "Dockerfile": "FROM golang:1.24\n",
        ]
        for name in ["rbac"] + also { files.merge(object("config/\(name)")) { $1 } }
        return files
    }

    private static func joined(_ maps: [String: String]...) -> [String: String] {
        maps.reduce(into: [:]) { $0.merge($1) { $1 } }
    }

    private static let workflow = ".github/workflows/release.yaml"

    static let kustomize: [RepositoryLayout] = [
        .init(
            "deploy/base and overlays", package: "kustomize deploy base [base] shop", web("deploy/base"),
            overlays("deploy/overlays"), ["Dockerfile": "FROM scratch\n"]),
        .init(
            "kustomize with base, components and overlays", package: "kustomize kustomize base [base,components] shop",
            web("kustomize/base"), component("kustomize/components/metrics"), overlays("kustomize/overlays")),
        .init(
            "k8s/base with the image's full name",
            package: "kustomize k8s base [base] ghcr.io/example/shop",
            web("k8s/base", image: "ghcr.io/example/shop:v1.2.3"), overlays("k8s/overlays", names: ["dev", "prod"])),
        .init(
            "base and overlays at the top", package: "kustomize . base [base] shop", web("base"),
            overlays("overlays"), ["src/main.go": "package main\n"]),
        .init("base alone", package: "kustomize . base [base] shop", web("base")),
        .init("flat k8s", package: "kustomize k8s . - shop", web("k8s"), ["k8s/README.md": "x\n"]),
        .init(
            "flat manifests with the other file name", package: "kustomize manifests . - shop",
            web("manifests", name: "kustomization.yml")),
        .init(
            "flat deploy/kubernetes", package: "kustomize deploy/kubernetes . - shop",
            web("deploy/kubernetes", name: "Kustomization")),
        .init(
            "a kustomization at the top", package: "kustomize . . - shop", web(""),
            ["Dockerfile": "FROM scratch\n", "src/main.rs": "fn main() {}\n"]),
        .init(
            "a kustomization at the top next to overlays", package: "kustomize . . - shop", web(""),
            overlays("overlays", of: "../..")),
        .init(
            "kubebuilder", package: "kustomize config default [crd,default,manager,rbac] ghcr.io/example/shop",
            kubebuilder(newName: "ghcr.io/example/shop")),
        .init(
            "operator-sdk with webhooks",
            package: "kustomize config default [certmanager,crd,default,manager,rbac,webhook] controller",
            kubebuilder(newName: "controller", also: ["webhook", "certmanager"])),
        .init(
            "a base that applies components", package: "kustomize k8s base [base,components] shop",
            web("k8s/base", more: "components:\n  - ../components/metrics\n"), component("k8s/components/metrics"),
            overlays("k8s/overlays")),
        .init(
            "a base that refers to its neighbours", package: "kustomize deploy base [base,crds,rbac] shop",
            web("deploy/base", more: "  - ../crds\n  - ../rbac\n"), object("deploy/crds"), object("deploy/rbac"),
            overlays("deploy/overlays")),
        .init(
            "a base of several bases", package: "kustomize k8s base [apps,base] shop",
            ["k8s/base/kustomization.yaml": "resources:\n  - ../apps/web/base\n  - ../apps/worker/base\n"],
            web("k8s/apps/web/base"), web("k8s/apps/worker/base", image: "worker"), overlays("k8s/overlays")),
        .init(
            "a kustomization of several directories", package: "kustomize k8s . - shop",
            ["k8s/kustomization.yaml": "resources:\n  - web\n  - db\n"], web("k8s/web"),
            web("k8s/db", image: "postgres:16")),
        .init(
            "one directory for each environment, without a base", package: "kustomize deploy/production . - shop",
            unsure: ["package.source"], web("deploy/production"), web("deploy/staging")),
        .init(
            "examples and tests that come first", package: "kustomize kubernetes base [base] shop",
            web("examples/hello/base", image: "hello"), web("docs/base", image: "docs"), web("e2e/k8s", image: "e2e"),
            web("kubernetes/base"), overlays("kubernetes/overlays")),
        .init(
            "a Component that comes first", package: "kustomize deploy/web . - shop", component("deploy/addons"),
            web("deploy/web")),
        .init(
            "a directory that refers to another repository, and a base", package: "kustomize k8s base [base] shop",
            [
                "argocd/kustomization.yaml": "resources:\n  - https://github.com/argoproj/argo-cd//manifests?ref=v2\n",
                "k8s/addons/kustomization.yaml": "helmCharts:\n  - {name: redis, repo: https://charts.example.com}\n",
            ], web("k8s/base")),
        .init(
            "a repository of services", package: "kustomize services/api/deploy base [base] api",
            unsure: ["package.source"], web("services/api/deploy/base", image: "api"),
            overlays("services/api/deploy/overlays"), web("services/web/deploy/base", image: "web"),
            overlays("services/web/deploy/overlays")),
        .init(
            "a repository of services, one with its name", package: "kustomize services/shop/k8s . - shop",
            web("services/api/k8s", image: "api"), web("services/shop/k8s"), web("services/worker/k8s", image: "worker")
        ),
        .init(
            "a database that comes before the application", image: "docker.io/example/shop",
            package: "kustomize k8s base [base] example/shop",
            [
                "k8s/base/kustomization.yaml": "resources:\n  - database.yaml\n  - web.yaml\n",
                "k8s/base/database.yaml": workload("postgres:16", name: "a", kind: "StatefulSet"),
                "k8s/base/web.yaml": workload("example/shop:latest"),
            ], overlays("k8s/overlays")),
        .init(
            "several images of its own", package: "kustomize k8s base [base] ghcr.io/example/shop",
            [
                "k8s/base/kustomization.yaml": "resources:\n  - api.yaml\n  - web.yaml\n",
                "k8s/base/api.yaml": workload("ghcr.io/example/shop-api:1", name: "api"),
                "k8s/base/web.yaml": workload("ghcr.io/example/shop:1"),
            ]),
        .init(
            "several images, none with its name", package: "kustomize k8s . - acme/api",
            unsure: ["package.imageName"],
            [
                "k8s/kustomization.yaml": "resources:\n  - api.yaml\n  - ui.yaml\n",
                "k8s/api.yaml": workload("acme/api:1", name: "api"), "k8s/ui.yaml": workload("acme/ui:1", name: "ui"),
            ]),
        .init(
            "a job alone", package: "kustomize k8s . - nightly",
            [
                "k8s/kustomization.yaml": "resources:\n  - job.yaml\n",
                "k8s/job.yaml": """
                apiVersion: batch/v1
                kind: CronJob
                metadata: {name: nightly}
                spec:
                  schedule: "0 1 * * *"
                  jobTemplate:
                    spec:
                      template:
                        spec: {restartPolicy: Never, containers: [{name: a, image: nightly}]}

                """,
            ]),
        .init(
            "names with blanks and other letters", package: "kustomize k8s . - shop",
            [
                "k8s/kustomization.yaml": "resources:\n  - \"the web.yaml\"\n  - größe.yaml\n",
                "k8s/the web.yaml": workload("shop"),
                "k8s/größe.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: sizes}\n",
            ]),
    ]

    static let helm: [RepositoryLayout] = [
        .init(
            "charts/shop", package: "helm charts/shop image.repository,image.tag", chart("charts/shop"),
            ["Dockerfile": "FROM scratch\n", ".github/workflows/ci.yaml": "on: push\n"]),
        .init("helm", package: "helm helm image.repository,image.tag", chart("helm")),
        .init("chart", package: "helm chart image.repository,image.tag", chart("chart", name: "web")),
        .init(
            "deploy/helm/shop", package: "helm deploy/helm/shop image.repository,image.tag",
            chart("deploy/helm/shop")),
        .init(
            "a chart at the top", package: "helm . image.repository,image.tag", chart(""),
            [".helmignore": ".github/\n*.md\nsrc/\n", "src/main.go": "package main\n"]),
        .init(
            "several charts, one with its name", package: "helm charts/shop image.repository,image.tag",
            chart("charts/a-common", name: "a-common", more: "type: library\n"),
            chart("charts/crds", name: "crds", image: "kubectl"), chart("charts/shop")),
        .init(
            "several charts, none with its name", package: "helm charts/api image.repository,image.tag",
            unsure: ["package.source"], chart("charts/api", name: "api", image: "acme/api"),
            chart("charts/worker", name: "worker", image: "acme/worker")),
        .init(
            "a chart with a subchart", package: "helm deploy/shop image.repository,image.tag",
            chart("deploy/shop", more: "dependencies: [{name: redis, version: 1.0.0}]\n"),
            [
                "deploy/shop/charts/redis/Chart.yaml": "apiVersion: v2\nname: redis\nversion: 1.0.0\n",
                "deploy/shop/charts/redis/values.yaml": "image: {repository: redis, tag: \"7\"}\n",
            ]),
        .init(
            "a chart, and kustomizations as examples", package: "helm charts/shop image.repository,image.tag",
            chart("charts/shop"), web("examples/kustomize/base", image: "hello")),
        .init(
            "a chart whose kustomization runs nothing", package: "helm charts/shop image.repository,image.tag",
            chart("charts/shop"), object("hack/crds")),
        .init(
            "a chart and a base", package: "kustomize deploy base [base] shop", unsure: ["package.kind"],
            chart("charts/shop"), web("deploy/base"), overlays("deploy/overlays")),
        .init(
            "a chart that lacks its dependencies, and one that has them",
            package: "helm charts/web image.repository,image.tag",
            chart(
                "charts/all", name: "all",
                more: "dependencies: [{name: redis, version: 1.0.0, repository: https://charts.example.com}]\n"),
            chart("charts/web", name: "web")),
    ]

    static let remotes: [RepositoryLayout] = [
        .init(
            "an SSH address with upper case", remote: "git@github.com:Example/Shop.git",
            package: "kustomize k8s . - shop", web("k8s")),
        .init(
            "a GitLab subgroup over SSH with a port", remote: "ssh://git@gitlab.com:22/group/sub/shop.git",
            image: "registry.gitlab.com/group/sub/shop", package: "kustomize k8s . - shop", web("k8s")),
        .init(
            "a forge of its own with user and port", remote: "https://me:secret@git.example.com:8443/team/shop.git",
            image: "registry.example.com/team/shop", package: "kustomize k8s . - shop", unsure: ["image"],
            web("k8s")),
        .init(
            "no remote", remote: nil, image: "registry.example.com/team/app", package: "kustomize k8s . - shop",
            unsure: ["image", "source.repository"], web("k8s")),
        .init(
            "the branch master", branch: "master", package: "kustomize k8s . - shop", web("k8s")),
        .init(
            "deployments in the same repository on the branch trunk", branch: "trunk",
            package: "kustomize k8s base [base] shop", gitopsBranch: "trunk", web("k8s/base"),
            ["deployments/staging/deployment.yaml": "envType: staging\nnamespace: shop\n"],
            component("envTypes/staging")),
        .init(
            "a name with capital letters and an underscore", remote: "https://github.com/Example/Shop_App",
            image: "ghcr.io/example/shop_app", package: "helm charts/Shop_App image.repository,image.tag",
            chart("charts/Shop_App", name: "shop-app", image: "ghcr.io/example/shop_app")),
    ]

    static let images: [RepositoryLayout] = [
        .init(
            "a workflow that pushes to Docker Hub", image: "docker.io/example/shop",
            package: "kustomize k8s base [base] example/shop", web("k8s/base", image: "example/shop:1.0"),
            [
                workflow: """
                on: push
                jobs:
                  release:
                    steps:
                      - uses: docker/build-push-action@v6
                        with:
                          push: true
                          tags: example/shop:${{ github.sha }}

                """
            ]),
        .init(
            "a workflow with its registry in variables", image: "quay.io/example/shop",
            package: "kustomize k8s base [base] shop", web("k8s/base"),
            [
                workflow: """
                env:
                  REGISTRY: quay.io
                  IMAGE_NAME: ${{ github.repository }}
                jobs:
                  release:
                    steps:
                      - uses: docker/metadata-action@v5
                        with:
                          images: ${{ env.REGISTRY }}/${{ env.IMAGE_NAME }}

                """
            ]),
        .init(
            "GitLab CI with its own registry", remote: "https://gitlab.com/team/shop.git",
            image: "registry.gitlab.com/team/shop/web", package: "kustomize k8s base [base] shop", web("k8s/base"),
            [".gitlab-ci.yml": "build:\n  script:\n    - docker build -t $CI_REGISTRY_IMAGE/web:$CI_COMMIT_SHA .\n"]),
        .init(
            "skaffold", image: "europe-docker.pkg.dev/example/images/shop",
            package: "kustomize k8s base [base] shop", web("k8s/base"),
            [
                "skaffold.yaml":
                    "apiVersion: skaffold/v4beta11\nkind: Config\nbuild:\n  artifacts:\n"
                    + "    - image: europe-docker.pkg.dev/example/images/shop\n"
            ]),
        .init(
            "a Makefile", image: "quay.io/example/shop", package: "kustomize k8s base [base] shop", web("k8s/base"),
            [
                "Makefile":
                    "REGISTRY ?= quay.io/example\nIMG ?= $(REGISTRY)/shop:v0.1.0\n\nimage:\n\tdocker build -t $(IMG) .\n"
            ]),
        .init(
            "Compose", image: "registry.acme.io/shop/shop", package: "kustomize k8s base [base] shop", web("k8s/base"),
            [
                "docker-compose.yml":
                    "services:\n  web:\n    build: .\n    image: registry.acme.io/shop/shop:latest\n  db:\n    image: postgres:16\n"
            ]),
        .init(
            "the manifests alone", image: "registry.acme.io/shop/shop",
            package: "kustomize k8s base [base] registry.acme.io/shop/shop",
            web("k8s/base", image: "registry.acme.io/shop/shop:1.0")),
    ]

    static let all = kustomize + helm + remotes + images
}
