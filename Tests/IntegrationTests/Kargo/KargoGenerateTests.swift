import Archive
import CapsuleTestSupport
import DeliveryConfiguration
import Documents
import Testing

/// `capsule kargo generate` and `explain`, as users run them.
@Suite("Generating for Kargo", .timeLimit(.minutes(2)), .needs("git"))
struct KargoGenerateTests {
    private static let kargo = """
        kargo:
          version: "1.11"
          provider: gitea
          verifier: {image: registry.example.com/tools/release-capsule:0.1.0}

        """

    /// A shop whose configuration is in the directory of the application in the GitOps repository.
    private func shop(_ body: (Shop) async throws -> Void) async throws {
        try await Shop.with { shop in
            let text = String(decoding: try readFile("\(shop.directory)/policy/capsule.yaml"), as: UTF8.self)
            try writeFile("\(shop.directory)/policy/apps/shop/capsule.yaml", text + Self.kargo)
            try await Tool.output(["rm", "\(shop.directory)/policy/capsule.yaml"])
            try await body(shop)
        }
    }

    private let generate = [
        "kargo", "generate", "--config", "policy/apps/shop/capsule.yaml", "--to", "policy/apps/shop/kargo",
    ]

    @Test("writes and reports in text and JSON, and --check reports files that are not up to date")
    func lifecycle() async throws {
        try await shop { shop in
            let missing = try await shop.run(generate + ["--check"])
            #expect(missing.status == 65)
            #expect(missing.output.contains("✗ project.yaml: missing"))
            #expect(missing.output.contains("run: capsule kargo generate --to policy/apps/shop/kargo"))
            #expect(listTree("\(shop.directory)/policy/apps/shop/kargo").isEmpty)

            let first = try await shop.run(generate + ["--output", "json"])
            try expectSuccess(first)
            try expectGolden(first.output, "kargo-generate.json")
            let again = try await shop.run(generate)
            try expectSuccess(again)
            #expect(again.line == "✓ policy/apps/shop/kargo is up to date: 10 files")
            try expectSuccess(try await shop.run(generate + ["--check"]))

            // One stage less: its generated files are removed.
            let path = "\(shop.directory)/policy/apps/shop/capsule.yaml"
            let text = String(decoding: try readFile(path), as: UTF8.self)
            let canary = "  - name: canary\n    after: [staging]\n"
            #expect(text.contains(canary))
            try writeFile(
                path, text.replacing(canary, with: "").replacing("after: [canary]", with: "after: [staging]"))
            let stale = try await shop.run(generate + ["--check", "--output", "json"])
            #expect(stale.status == 65)
            #expect(stale.output.contains(#""change" : "stale""#))
            try expectSuccess(try await shop.run(generate))
            #expect(!listTree("\(shop.directory)/policy/apps/shop/kargo").contains("stages/canary.yaml"))
        }
    }

    @Test("gives the same files from the directory of the configuration, and lint finds nothing in them")
    func fromInside() async throws {
        try await shop { shop in
            try expectSuccess(try await shop.run(generate))
            let inside = "\(shop.directory)/policy/apps/shop"
            let checked = try await CapsuleProgram.run(["kargo", "generate", "--to", "kargo", "--check"], in: inside)
            try expectSuccess(checked)
            let linted = try await CapsuleProgram.run(["kargo", "lint", "kargo"], in: inside)
            try expectSuccess(linted)
        }
    }

    @Test("rejects a configuration that Kargo cannot run with all problems, and changes no file that was not generated")
    func refusals() async throws {
        try await shop { shop in
            let path = "\(shop.directory)/policy/apps/shop/capsule.yaml"
            let text = String(decoding: try readFile(path), as: UTF8.self)
            try writeFile(
                path,
                text.replacing("  provider: gitea\n", with: "").replacing("{image: registry", with: "{x: registry"))
            let unknown = try await shop.run(generate)
            #expect(unknown.status == 64)
            #expect(unknown.errors.contains("unknown key \"x\" in kargo.verifier"), "\(unknown.errors)")

            try writeFile(path, text.replacing("  provider: gitea\n", with: ""))
            try await Tool.output(["rm", "-r", "\(shop.directory)/policy/apps/shop/deployments/canary"])
            let lacking = try await shop.run(generate)
            #expect(lacking.status == 64, "\(lacking.errors)")
            #expect(lacking.errors.contains("apps/shop/deployments/canary/deployment.yaml does not exist"))
            #expect(lacking.errors.contains("set `kargo.provider`"))
            #expect(listTree("\(shop.directory)/policy/apps/shop/kargo").isEmpty)
        }
        try await shop { shop in
            try writeFile("\(shop.directory)/policy/apps/shop/kargo/warehouse.yaml", "kind: Mine\n")
            let foreign = try await shop.run(generate)
            #expect(foreign.status == 1)
            #expect(foreign.errors.contains("warehouse.yaml exists and was not generated"), "\(foreign.errors)")
            #expect(listTree("\(shop.directory)/policy/apps/shop/kargo") == ["warehouse.yaml"])
        }
    }

    @Test("writes arguments that the program accepts, and explains where the service keeps promotions")
    func verifier() async throws {
        try await shop { shop in
            let path = "\(shop.directory)/policy/apps/shop/capsule.yaml"
            let text = String(decoding: try readFile(path), as: UTF8.self)
            let keys = """
                , statements: true, basePath: /capsule, state: {size: 1Gi}, caBundle: {configMap: {name: ca, key: ca.crt}}}
                """
            try writeFile(
                path,
                text.replacing(":0.1.0}", with: ":0.1.0\(keys)").replacing(
                    "provider:", with: "style: service\n  provider:"))
            try expectSuccess(try await shop.run(generate))
            let file = try readFile("\(shop.directory)/policy/apps/shop/kargo/verifier.yaml")
            let pods = try YAMLParser.documents(file, file: "verifier.yaml").first {
                $0["kind"]?.string == "StatefulSet"
            }
            let container = pods?["spec"]?["template"]?["spec"]?["containers"]?.sequence?.first
            let arguments = container?["args"]?.sequence?.compactMap(\.string) ?? []
            #expect(arguments.count > 20)
            // The files of the pod do not exist here: the command line is right, and the first of them is missing.
            let served = try await CapsuleProgram.run(arguments, in: shop.directory)
            #expect(served.status == 1 && served.errors.contains("/etc/capsule/"), "\(served.errors)")
            let explained = try await shop.run(
                "kargo", "explain", "--config", "policy/apps/shop/capsule.yaml", "--output", "json")
            #expect(explained.output.contains(#""promotionsKeptIn" : "claim-per-replica""#), "\(explained.output)")
        }
    }

    @Test("explains the stages as text, JSON and Mermaid")
    func explain() async throws {
        try await shop { shop in
            let arguments = ["kargo", "explain", "--config", "policy/apps/shop/capsule.yaml"]
            try expectGolden(try await shop.run(arguments).output, "kargo-explain.txt")
            try expectGolden(try await shop.run(arguments + ["--output", "json"]).output, "kargo-explain.json")
            try expectGolden(try await shop.run(arguments + ["--output", "markdown"]).output, "kargo-explain.md")
        }
    }
}
