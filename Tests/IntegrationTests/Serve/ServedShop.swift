import CapsuleCore
import CapsuleTestSupport
import Documents
import OCI

/// A shop whose release is published to a real registry.
struct ServedShop: Sendable {
    let shop: Shop
    let registry: DockerRegistry
    let image: String
    let capsule: String

    /// Makes one, with stages besides those that the shop has.
    static func with<Result: Sendable>(
        stages: [String] = [], form: String = "capsule", _ body: @Sendable (ServedShop) async throws -> Result
    ) async throws -> Result {
        try await withSharedRegistry { registry in
            try await Shop.with { shop in
                try await shop.configure(registry)
                if form != "capsule" {
                    let text = String(decoding: try readFile("\(shop.directory)/capsule.yaml"), as: UTF8.self)
                    try writeFile("\(shop.directory)/capsule.yaml", text + "form: \(form)\n")
                    try await shop.changePolicy(["capsule.yaml": text + "form: \(form)\n"], day: 7)
                }
                if !stages.isEmpty {
                    let text = String(decoding: try readFile("\(shop.directory)/capsule.yaml"), as: UTF8.self)
                    var files = ["capsule.yaml": text + stages.map { "  - name: \($0)\n" }.joined()]
                    for name in stages {
                        files["apps/shop/deployments/\(name)/deployment.yaml"] =
                            "envType: staging\nnamespace: \(name)\n"
                    }
                    try await shop.changePolicy(files, day: 7)
                }
                return try await body(published(shop, registry))
            }
        }
    }

    /// Publishes the release of a shop.
    static func published(_ shop: Shop, _ registry: DockerRegistry) async throws -> ServedShop {
        try await shop.publish(registry)
        let report = try await shop.run("verify", shop.tag, "--output", "json")
        let json = try JSONParser.parse(Array(report.output.utf8), file: "report")
        return ServedShop(
            shop: shop, registry: registry, image: json["image"]?["digest"]?.string ?? "",
            capsule: json["capsule"]?["digest"]?.string ?? "")
    }

    var gitops: String { "\(shop.directory)/gitops.git" }

    /// The commit of the policy.
    func policy() async throws -> String { try await shop.gitops("rev-parse", "main") }

    private func subject(_ name: String, _ digest: String) -> JSONValue {
        .members([
            "repoURL": .string(registry.repository(name)), "tag": .string(shop.tag), "digest": .string(digest),
        ])
    }

    var freight: JSONValue {
        .members(["image": subject("shop/web", image), "capsule": subject("shop/release", capsule)])
    }

    /// - Parameters:
    ///   - commit: the policy commit of the render.
    ///   - witness: the policy commit at which the witness of a pair is read.
    func verification(
        render stage: String? = nil, commit: String? = nil, rollback: Bool = false, witness: String? = nil
    ) -> JSONValue {
        let render = stage.map { stage in
            JSONValue.members([
                "stage": .string(stage), "rollback": .bool(rollback),
                "gitops": .members(["repository": .string(gitops), "commit": commit.map { .string($0) }]),
            ])
        }
        let place = witness.map { JSONValue.members(["repository": .string(gitops), "commit": .string($0)]) }
        return .members([
            "image": freight["image"], "capsule": freight["capsule"], "render": render, "gitops": place,
        ])
    }

    func promotion(
        to stage: String, commit: String? = nil, rollback: Bool = false, key: String? = nil
    ) -> JSONValue {
        .members([
            "freight": freight, "stage": .string(stage), "rollback": .bool(rollback), "key": key.map { .string($0) },
            "gitops": .members(["repository": .string(gitops), "commit": commit.map { .string($0) }]),
        ])
    }

    func statement(about stage: String, commit: String) -> JSONValue {
        .members([
            "freight": freight, "stage": .string(stage),
            "gitops": .members(["repository": .string(gitops), "commit": .string(commit)]),
        ])
    }
}
