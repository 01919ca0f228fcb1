import CapsuleTestSupport
import Testing

/// A shop whose releases are pairs: the package in the layout `package`, the witness in the GitOps repository.
struct PairShop {
    let shop: Shop

    var tag: String { shop.tag }
    var witness: String { "apps/shop/releases/\(tag).yaml" }
    var directory: String { shop.directory }

    private static let template = Once<String, (DirectoryTemplate, String)>()

    /// Makes a shop with one published pair.
    static func with<Result>(_ body: (PairShop) async throws -> Result) async throws -> Result {
        let (template, commit) = try await template.value("pair") {
            try await unpublished { shop in
                try expectSuccess(try await shop.publish())
                // The address of the repository is in this directory.
                return (try DirectoryTemplate(of: shop.directory), shop.shop.commit)
            }
        }
        return try await withTemporaryDirectory { directory in
            try template.write(to: directory)
            let pair = PairShop(shop: Shop(directory: directory, commit: commit))
            try pair.writeConfiguration()
            return try await body(pair)
        }
    }

    /// Makes a shop whose pair is not published yet.
    static func unpublished<Result>(_ body: (PairShop) async throws -> Result) async throws -> Result {
        try await Shop.with { shop in
            let pair = PairShop(shop: shop)
            let text = String(decoding: try readFile("\(shop.directory)/policy/capsule.yaml"), as: UTF8.self)
                .replacing(
                    "capsule: registry.example.com/shop/release", with: "capsule: oci:package\nform: pair")
            try await shop.changePolicy(["capsule.yaml": text])
            try pair.writeConfiguration()
            return try await body(pair)
        }
    }

    /// Writes the `capsule.yaml` of this directory, which names the GitOps repository by its path.
    func writeConfiguration(_ change: (String) -> String = { $0 }) throws {
        let text = String(decoding: try readFile("\(directory)/policy/capsule.yaml"), as: UTF8.self)
        try writeFile(
            "\(directory)/capsule.yaml",
            change(text.replacing("https://git.example.com/platform/gitops.git", with: "\(directory)/gitops.git")))
    }

    func publish(_ options: String...) async throws -> CapsuleProgram.Outcome {
        try await shop.run(
            ["publish", "--no-check", "--source", "app", "--commit", shop.commit, "--image", "oci:image:\(tag)"]
                + options)
    }

    func verify(_ options: String...) async throws -> CapsuleProgram.Outcome {
        try await shop.run(["verify", tag, "--image", "oci:image"] + options)
    }

    func promote(_ stages: String..., options: [String] = []) async throws -> CapsuleProgram.Outcome {
        try await shop.run(
            ["promote", tag, "--image", "oci:image"] + stages.flatMap { ["--stage", $0] } + options)
    }

    /// A Git command in a clone of the GitOps repository, which is made first.
    func inClone(_ script: String) async throws {
        try await Tool.output(
            [
                "bash", "-euo", "pipefail", "-c",
                """
                [ -d clone ] || git clone -q --template= gitops.git clone
                cd clone
                git pull -q --ff-only
                edit() { sed -i 's/^packing: 1$/packing: 1 # edited/' "$w"; git add -A; git commit -qm "$1"; }
                \(script)
                """,
            ], in: directory, environment: Shop.environment.merging(["w": witness]) { $1 })
    }
}
