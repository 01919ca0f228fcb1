import Archive
import CapsuleTestSupport
import GitOps
import OCI
import Rendering
import Testing

@Suite("capsule render", .timeLimit(.minutes(2)), .needs("git", "kubectl"))
struct RenderTests {
    private func render(_ shop: Shop, _ options: String...) async throws -> CapsuleProgram.Outcome {
        try await shop.run(
            ["render", "oci:release:\(shop.tag)", "--image", "oci:image", "--gitops", "gitops.git"] + options)
    }

    @Test("writes one file an object, pinned to the release's image, and nothing to Git")
    func renders() async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            let outcome = try await render(shop, "--deployment", "canary", "--to", "out")
            try expectSuccess(outcome)
            #expect(outcome.output == "out\n")
            try expectGolden(listTree("\(shop.directory)/out").joined(separator: "\n") + "\n", "render-files.txt")
            let deployment = String(
                decoding: try readFile("\(shop.directory)/out/apps_v1_deployment_shop.yaml"), as: UTF8.self)
            #expect(deployment.contains("image: registry.example.com/shop/web@sha256:"))
            let branches = try await shop.gitops("branch", "--format=%(refname:short)")
            #expect(branches == "main")
        }
    }

    @Test("says in JSON what every input was")
    func json() async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            let outcome = try await render(shop, "--deployment", "staging", "--to", "out", "--output", "json")
            try expectSuccess(outcome)
            try expectGolden(normalised(outcome.output, shop), "render.json")
        }
    }

    @Test("of unchanged inputs runs no renderer the second time, and one for whatever changed")
    func cached() async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            try await shop.linkPrograms(["git"], into: "bin")
            let kubectl = try await Tool.output(["sh", "-c", "command -v kubectl"])
            try await shop.writeProgram(
                "bin/kubectl",
                "case \"$*\" in *version*) ;; *) echo run >>\(shop.directory)/runs;; esac\nexec \(kubectl) \"$@\"")
            func runs(_ name: String, _ deployment: String) async throws -> Int {
                let outcome = try await shop.run(
                    [
                        "render", "oci:release:\(shop.tag)", "--image", "oci:image", "--gitops", "gitops.git",
                        "--deployment", deployment, "--to", name,
                    ], environment: ["PATH": "\(shop.directory)/bin"])
                try expectSuccess(outcome)
                let text = (try? readFile("\(shop.directory)/runs")).map { String(decoding: $0, as: UTF8.self) } ?? ""
                return text.split(separator: "\n").count
            }
            #expect(try await runs("one", "staging") == 1)
            #expect(try await runs("two", "staging") == 1)
            #expect(listTree("\(shop.directory)/one") == listTree("\(shop.directory)/two"))
            #expect(try await runs("three", "canary") == 2)
            try await shop.changePolicy([
                "apps/shop/envTypes/staging/kustomization.yaml": """
                apiVersion: kustomize.config.k8s.io/v1alpha1
                kind: Component
                labels:
                  - pairs: {environment: other}

                """
            ])
            #expect(try await runs("four", "staging") == 3)
        }
    }

    @Test("says in words that there is no place for temporary files", arguments: ["/nonexistent", "/proc"])
    func noTemporaryDirectory(_ place: String) async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            for command in [
                ["status"],
                [
                    "render", "oci:release:\(shop.tag)", "--image", "oci:image", "--deployment", "staging", "--to",
                    "out",
                ],
            ] {
                let outcome = try await shop.run(
                    command + ["--gitops", "gitops.git"], environment: ["TMPDIR": place])
                #expect(outcome.status == 1, "\(outcome.output)")
                #expect(outcome.errors.contains("set TMPDIR"), "\(outcome.errors)")
                #expect(!outcome.errors.contains("Error("), "\(outcome.errors)")
                #expect(!listTree(shop.directory).contains("out"))
            }
        }
    }

    @Test("names the deployments there are when one is not there, and leaves nothing behind")
    func noDeployment() async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            let outcome = try await render(shop, "--deployment", "nowhere", "--to", "out")
            #expect(outcome.status == 1)
            #expect(
                outcome.errors.contains("the deployments there are: canary, production, staging"), "\(outcome.errors)")
            #expect(!listTree(shop.directory).contains { $0.hasPrefix("out") })
        }
    }

    @Test("names key and line of an unknown key in deployment.yaml, with 64")
    func unknownKey() async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            try await shop.changePolicy([
                "apps/shop/deployments/staging/deployment.yaml": "envType: staging\nnamespaec: shop\n"
            ])
            let outcome = try await render(shop, "--deployment", "staging", "--to", "out")
            #expect(outcome.status == 64)
            #expect(
                outcome.errors.contains(#"apps/shop/deployments/staging/deployment.yaml:2: unknown key "namespaec""#),
                "\(outcome.errors)")
        }
    }

    @Test("names key and line of an unknown key in the GitOps repository's capsule.yaml, with 64")
    func unknownConfigurationKey() async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            let text = String(decoding: try readFile("\(shop.directory)/policy/capsule.yaml"), as: UTF8.self)
            try await shop.changePolicy(["capsule.yaml": text + "stage: []\n"])
            let outcome = try await render(shop, "--deployment", "staging", "--to", "out")
            #expect(outcome.status == 64)
            #expect(outcome.errors.contains(#"unknown key "stage""#), "\(outcome.errors)")
        }
    }

    @Test("says what to install where there is no renderer")
    func noRenderer() async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            try await shop.linkPrograms(["git"], into: "bin")
            let outcome = try await shop.run(
                [
                    "render", "oci:release:\(shop.tag)", "--image", "oci:image", "--gitops", "gitops.git",
                    "--deployment", "staging", "--to", "out",
                ], environment: ["PATH": "\(shop.directory)/bin"])
            #expect(outcome.status == 1)
            #expect(outcome.errors.contains("install kustomize"), "\(outcome.errors)")
            #expect(!listTree(shop.directory).contains { $0.hasPrefix("out") })
        }
    }

    @Test("refuses policy that brings in another image under the release's name, with 65 and the file to blame")
    func proofs() async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            try await shop.changePolicy([
                "apps/shop/envTypes/staging/kustomization.yaml": """
                apiVersion: kustomize.config.k8s.io/v1alpha1
                kind: Component
                patches:
                  - path: extra.yaml

                """,
                "apps/shop/envTypes/staging/extra.yaml": """
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: shop}
                spec:
                  template:
                    spec:
                      containers:
                        - name: side
                          image: replace-me

                """,
            ])
            let outcome = try await render(shop, "--deployment", "staging", "--to", "out", "--output", "json")
            #expect(outcome.status == 65, "\(outcome.errors)")
            #expect(outcome.errors.contains("envTypes/staging/extra.yaml"), "\(outcome.errors)")
            #expect(outcome.output.contains(#""code" : "render-rejected""#))
            #expect(!listTree(shop.directory).contains { $0.hasPrefix("out") })
        }
    }

    @Test("leaves a directory that exists as it is")
    func exists() async throws {
        try await Shop.with { shop in
            try writeFile("\(shop.directory)/out/mine", "mine")
            let outcome = try await render(shop, "--deployment", "staging", "--to", "out")
            #expect(outcome.status == 1)
            #expect(outcome.errors.contains("out exists and is left as it is"))
            #expect(listTree("\(shop.directory)/out") == ["mine"])
        }
    }

    @Test("a remote that is not there is 69", arguments: ["http://127.0.0.1:9/gitops.git"])
    func unavailable(_ remote: String) async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            let outcome = try await shop.run(
                "render", "oci:release:\(shop.tag)", "--image", "oci:image", "--gitops", remote, "--deployment",
                "staging", "--to", "out")
            #expect(outcome.status == 69, "\(outcome.errors)")
        }
    }

    @Test(
        "addresses that Git would read as programs or options are 64", arguments: ["ext::sh -c id", "--upload-pack=id"])
    func addresses(_ remote: String) async throws {
        let outcome = try await CapsuleProgram.run([
            "render", "oci:release:git-\(String(repeating: "0", count: 40))", "--gitops=\(remote)", "--deployment",
            "staging", "--to", "/tmp/capsule-never-made",
        ])
        #expect(outcome.status == 64, "\(outcome.errors)")
    }
}

/// A program's output with what is this machine's and not the program's taken out.
func normalised(_ text: String, _ shop: Shop) -> String {
    text.replacing(shop.directory, with: "SHOP")
        .replacing(#/"name" : "(kustomize|kubectl)",\n *"version" : "[^"]+"/#, with: #""name" : "RENDERER""#)
}
