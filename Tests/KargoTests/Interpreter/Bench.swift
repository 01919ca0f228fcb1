import CapsuleCore
import CapsuleTestSupport
import DeliveryConfiguration
import KargoTestSupport
import Support

/// A GitOps repository and a cluster, for Stages whose steps a test defines.
struct Bench: Sendable {
    static let remote = "https://git.example.com/platform/gitops.git"
    static let freight = KargoFreight(
        name: "f1", warehouse: "shop",
        images: [
            KargoFreight.Image(
                repoURL: "registry.example.com/shop/release", tag: "git-1",
                digest: "sha256:\(String(repeating: "1", count: 64))",
                annotations: ["org.example.image": "sha256:22"])
        ])

    let directory: String
    let cluster: KargoCluster

    /// The bare repository.
    var repository: String { "\(directory)/gitops.git" }

    static func with<Result>(
        minorVersion: Int = 11, hasWebhooks: Bool = true, addresses: [String: String] = [:],
        files: [String: String] = [
            "policy/settings.yaml": "image: old # comment\nlist: [1]\nnested:\n  - name: \"a\"\n"
        ],
        _ body: (Bench) async throws -> Result
    ) async throws -> Result {
        try await withTemporaryDirectory { directory in
            let cluster = KargoCluster(
                minorVersion: minorVersion, hasWebhooks: hasWebhooks,
                addresses: addresses.merging([remote: "\(directory)/gitops.git"]) { $1 },
                secrets: ["verifier": ["token": "s3cret"]],
                applications: [
                    KargoCluster.Application(name: "shop-staging", authorizedStage: "shop:staging", repoURL: remote),
                    KargoCluster.Application(name: "other", authorizedStage: "shop:production"),
                ], stages: ["staging"])
            let bench = Bench(directory: directory, cluster: cluster)
            try await Tool.output(["git", "init", "-q", "-b", "main", "\(directory)/policy"])
            for (path, text) in files { try writeFile("\(directory)/policy/\(path)", text) }
            try await bench.commit("Start")
            try await Tool.output(
                ["git", "clone", "-q", "--bare", "-c", "receive.autogc=false", "policy", "gitops.git"], in: directory)
            return try await body(bench)
        }
    }

    /// Commits all files of `policy/`, and pushes them when the remote exists.
    func commit(_ message: String) async throws {
        try await Tool.commit(message, in: "\(directory)/policy")
        if (try? readFile("\(directory)/gitops.git/HEAD")) != nil {
            try await Tool.output(["git", "push", "-q", "../gitops.git", "main"], in: "\(directory)/policy")
        }
    }

    /// A Promotion with the steps of a YAML list.
    func promotion(
        _ steps: String, vars: String = "[]", name: String = "promotion-1", extra: String = ""
    ) throws -> PromotionRunner {
        let indented = steps.split(separator: "\n", omittingEmptySubsequences: false).map { "        \($0)" }
            .joined(separator: "\n")
        return try PromotionRunner(
            yaml: """
                apiVersion: kargo.akuity.io/v1alpha1
                kind: Stage
                metadata: {name: staging, namespace: shop}
                spec:
                  promotionTemplate:
                    spec:
                      vars: \(vars)
                      steps:
                \(indented)
                \(extra)
                """,
            freight: [Self.freight], cluster: cluster, name: name, workDirectory: "\(directory)/work-\(name)")
    }

    /// Runs steps until the Promotion ends or waits for a person.
    func run(_ steps: String, vars: String = "[]", extra: String = "") async throws -> (PromotionPhase, PromotionRunner)
    {
        var runner = try promotion(steps, vars: vars, extra: extra)
        let phase = try await runner.run(pause: .milliseconds(20))
        return (phase, runner)
    }

    func git(_ arguments: String...) async throws -> String {
        try await Tool.output(["git", "-C", repository] + arguments)
    }
}

extension PromotionPhase {
    var isErrored: Bool { if case .errored = self { true } else { false } }
}
