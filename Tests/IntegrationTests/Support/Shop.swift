import CapsuleTestSupport
import OCI
import Rendering
import Support

/// A tiny shop: an application repository, the image that its commit gave, and a GitOps repository with a ladder of three
/// stages, all in one directory. Dates are pinned, so every digest is the same on every machine.
struct Shop {
    /// The directory that holds everything; commands run here, so that outputs show no path of this machine.
    let directory: String
    /// The commit that the release is built from.
    let commit: String
    /// The release identity.
    var tag: String { "git-\(commit)" }

    static let repository = "registry.example.com/shop/web"
    static let environment = ["GIT_AUTHOR_DATE": "2026-01-05T09:00:00Z", "GIT_COMMITTER_DATE": "2026-01-05T09:00:00Z"]

    /// Makes a shop in a temporary directory.
    static func with<Result>(_ body: (Shop) async throws -> Result) async throws -> Result {
        try await withTemporaryDirectory { directory in try await body(make(in: directory)) }
    }

    /// Makes a shop in a directory: a copy of the one that this process made first.
    static func make(in directory: String) async throws -> Shop {
        let (template, commit) = try await template.value("shop") {
            try await withTemporaryDirectory { directory in
                let commit = try await makeRepositories(in: directory)
                try Shop(directory: directory, commit: commit).writeImage(tag: "git-\(commit)")
                return (try DirectoryTemplate(of: directory), commit)
            }
        }
        try template.write(to: directory)
        return Shop(directory: directory, commit: commit)
    }

    private static let template = Once<String, (DirectoryTemplate, String)>()

    private static func makeRepositories(in directory: String) async throws -> String {
        for name in ["app", "policy"] {
            try await Tool.output(["git", "init", "-q", "-b", "main", "\(directory)/\(name)"])
        }
        try await Tool.output(
            ["git", "remote", "add", "origin", "https://git.example.com/shop/web.git"], in: "\(directory)/app")
        for (path, text) in application { try writeFile("\(directory)/app/\(path)", text) }
        let commit = try await Self.commit("Sell things", in: "\(directory)/app", day: 5)
        for (path, text) in policy { try writeFile("\(directory)/policy/\(path)", text) }
        _ = try await Self.commit("Say what environments add", in: "\(directory)/policy", day: 5)
        try await Tool.output(
            ["git", "clone", "-q", "--bare", "-c", "receive.autogc=false", "policy", "gitops.git"], in: directory)
        // The clone's origin is a path that only this directory has.
        try await Tool.output(["git", "remote", "remove", "origin"], in: "\(directory)/gitops.git")
        return commit
    }

    /// Commits everything in a work tree, at nine o'clock of a day in January 2026.
    static func commit(_ message: String, in directory: String, day: Int) async throws -> String {
        let date = "2026-01-0\(day)T09:00:00Z"
        return try await Tool.commit(
            message, in: directory, environment: ["GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date])
    }

    /// Commits to the GitOps repository's main branch.
    func changePolicy(_ files: [String: String], day: Int = 6) async throws {
        for (path, text) in files { try writeFile("\(directory)/policy/\(path)", text) }
        _ = try await Self.commit("Change policy", in: "\(directory)/policy", day: day)
        try await Tool.output(["git", "push", "-q", "../gitops.git", "main"], in: "\(directory)/policy")
    }

    /// Makes another release: a commit on top, and its image.
    func release(day: Int, _ files: [String: String] = [:]) async throws -> Shop {
        for (path, text) in files { try writeFile("\(directory)/app/\(path)", text) }
        let commit = try await Self.commit("Sell more", in: "\(directory)/app", day: day)
        let shop = Shop(directory: directory, commit: commit)
        try shop.writeImage(tag: shop.tag)
        return shop
    }

    /// Runs `capsule` in the shop's directory, with a cache of its own.
    func run(_ arguments: String..., environment: [String: String] = [:]) async throws -> CapsuleProgram.Outcome {
        try await run(arguments, environment: environment)
    }

    /// Runs `capsule` in the shop's directory, with a cache of its own.
    func run(_ arguments: [String], environment: [String: String] = [:]) async throws -> CapsuleProgram.Outcome {
        try await CapsuleProgram.run(
            arguments, in: directory,
            environment: ["XDG_CACHE_HOME": "\(directory)/cache", "HOME": "\(directory)/home"]
                .merging(environment) { $1 })
    }

    /// Builds the release into `oci:release`.
    func build() async throws -> CapsuleProgram.Outcome {
        try await run(
            "build", "--source", "app", "--config", "policy/capsule.yaml", "--image", "oci:image:\(tag)", "--to",
            "oci:release")
    }

    /// Promotes the release in `oci:release`.
    func promote(_ stages: String..., options: [String] = []) async throws -> CapsuleProgram.Outcome {
        try await run(
            ["promote", "oci:release:\(tag)", "--gitops", "\(directory)/gitops.git", "--image", "oci:image"]
                + stages.flatMap { ["--stage", $0] } + options)
    }

    /// A Git command on the GitOps repository.
    func gitops(_ arguments: String...) async throws -> String {
        try await Tool.output(["git", "-C", "\(directory)/gitops.git"] + arguments)
    }

    /// Writes the image of a release into the layout `image`, in addition to those that are there.
    func writeImage(tag: String) throws {
        let layout = "\(directory)/image"
        let config = Array(#"{"architecture":"amd64","config":{"Labels":{"tag":"\#(tag)"}},"os":"linux"}"#.utf8)
        let manifest = Array(
            (#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"#
                + #""application/vnd.oci.image.config.v1+json","digest":"\#(Digest.sha256(of: config))","size":"#
                + #"\#(config.count)},"layers":[]}"#).utf8)
        for blob in [config, manifest] {
            try writeFile("\(layout)/blobs/sha256/\(Digest.sha256(of: blob).hex)", blob)
        }
        try writeFile("\(layout)/oci-layout", #"{"imageLayoutVersion":"1.0.0"}"#)
        let entry =
            #"{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"\#(Digest.sha256(of: manifest))","#
            + #""size":\#(manifest.count),"annotations":{"org.opencontainers.image.ref.name":"\#(tag)"}}"#
        let listPath = "\(layout)/.entries"
        let earlier = (try? readFile(listPath)).map { String(decoding: $0, as: UTF8.self) + "," } ?? ""
        try writeFile(listPath, earlier + entry)
        try writeFile(
            "\(layout)/index.json",
            #"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":["#
                + earlier + entry + "]}")
    }
}

extension Shop {
    private static let application = [
        "README.md": "The shop.\n",
        "deploy/kustomize/base/kustomization.yaml": """
        apiVersion: kustomize.config.k8s.io/v1beta1
        kind: Kustomization
        resources:
          - deployment.yaml
          - service.yaml
        configMapGenerator:
          - name: settings
            files:
              - settings.ini

        """,
        "deploy/kustomize/base/settings.ini": "currency = EUR\n",
        "deploy/kustomize/base/deployment.yaml": """
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: shop
        spec:
          replicas: 1
          selector:
            matchLabels: {app: shop}
          template:
            metadata:
              labels: {app: shop}
            spec:
              containers:
                - name: web
                  image: shop
                  envFrom:
                    - configMapRef: {name: settings}

        """,
        "deploy/kustomize/base/service.yaml": """
        apiVersion: v1
        kind: Service
        metadata:
          name: shop
        spec:
          selector: {app: shop}
          ports:
            - port: 80

        """,
        "deploy/kustomize/components/metrics/kustomization.yaml": """
        apiVersion: kustomize.config.k8s.io/v1alpha1
        kind: Component
        commonAnnotations:
          prometheus.io/scrape: "true"

        """,
    ]

    private static let policy = [
        "capsule.yaml": """
        schemaVersion: release-capsule/v1alpha1
        image: registry.example.com/shop/web
        capsule: registry.example.com/shop/release
        package:
          kind: kustomize
          source: deploy/kustomize
          include: [base, components]
          entry: base
          imageName: shop
        gitops:
          repository: https://git.example.com/platform/gitops.git
          root: apps/shop
        stages:
          - name: staging
            auto: true
          - name: canary
            after: [staging]
          - name: production
            after: [canary]
            review: pull-request

        """,
        "apps/shop/deployments/staging/deployment.yaml": "envType: staging\nnamespace: shop-staging\n",
        "apps/shop/deployments/canary/deployment.yaml": "envType: production\nnamespace: shop-canary\n",
        "apps/shop/deployments/production/deployment.yaml": "envType: production\nnamespace: shop\n",
        "apps/shop/envTypes/staging/kustomization.yaml": """
        apiVersion: kustomize.config.k8s.io/v1alpha1
        kind: Component
        labels:
          - pairs: {environment: staging}

        """,
        "apps/shop/envTypes/production/kustomization.yaml": """
        apiVersion: kustomize.config.k8s.io/v1alpha1
        kind: Component
        labels:
          - pairs: {environment: production}
        components:
          - ../../source/components/metrics
        replicas:
          - name: shop
            count: 3

        """,
    ]
}

extension Shop {
    /// Makes a directory that holds only these programs: what `PATH` is on a machine without the others.
    func linkPrograms(_ names: [String], into directory: String) async throws {
        for name in names {
            let path = try await Tool.output(["sh", "-c", "command -v \(name)"])
            try await Tool.output(["mkdir", "-p", "\(self.directory)/\(directory)"])
            try await Tool.output(["ln", "-s", path, "\(self.directory)/\(directory)/\(name)"])
        }
    }

    /// Makes a program of our own, a shell script.
    func writeProgram(_ path: String, _ script: String) async throws {
        try writeFile("\(directory)/\(path)", "#!/bin/sh\n\(script)\n")
        try await Tool.output(["chmod", "+x", "\(directory)/\(path)"])
    }
}
