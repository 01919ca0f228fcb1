import CapsuleCore
import CapsuleTestSupport
import DeliveryConfiguration
import Documents
import KargoTestSupport
import OCI
import Rendering
import Support
import Testing

@Suite("Steps on files, interpreted")
struct FileStepTests {
    static let clone =
        "- {uses: git-clone, as: clone, config: {repoURL: \"\(Bench.remote)\", checkout: [{path: ./src, branch: main}]}}\n"

    @Test("yaml-update replaces only scalars and the rest of their line")
    func yaml() async throws {
        let text = """
            # top
            image: old # gone
            empty:
            list: [1]
            nested:
              - name: "a"
              - plain
            kept:   'x'   # stays
            """
        try await Bench.with(files: ["a.yaml": text]) { bench in
            let (phase, runner) = try await bench.run(
                Self.clone + """
                    - uses: yaml-update
                      as: update
                      config:
                        path: ./src/a.yaml
                        updates:
                          - {key: image, value: "${{ quote('1.20') }}"}
                          - {key: empty, value: filled}
                          - {key: nested.0.name, value: true}
                          - {key: nested.1, value: 12.5}
                    """)
            #expect(phase == .succeeded, "\(phase)")
            #expect(
                String(decoding: try readFile("\(runner.workDirectory)/src/a.yaml"), as: UTF8.self) == """
                    # top
                    image: "1.20"
                    empty: filled
                    list: [1]
                    nested:
                      - name: true
                      - 12.5
                    kept:   'x'   # stays

                    """)
            #expect(
                runner.outputs["update"]?["commitMessage"]?.string?.hasPrefix(
                    "Updated ./src/a.yaml\n\n- image: \"1.20\"") == true)
        }
    }

    @Test("yaml-update writes a string of several lines unchanged, also in flow style")
    func documents() async throws {
        try await Bench.with(files: ["a.yaml": "{\n  \"author\" : x}\n", "b.yaml": "schemaVersion: x\n"]) { bench in
            let (phase, runner) = try await bench.run(
                Self.clone + #"""
                    - {uses: compose-output, as: text, config: {a: "\"me\",\n  \"n\": 1\n}", b: "v1\nnext:\n  - 1"}}
                    - {uses: yaml-update, as: a, config: {path: ./src/a.yaml, updates: [{key: author, value: "${{ '\"' + outputs.text.a + '\"' }}"}]}}
                    - {uses: yaml-update, as: b, config: {path: ./src/b.yaml, updates: [{key: schemaVersion, value: "${{ '\"' + outputs.text.b + '\"' }}"}]}}
                    """#)
            #expect(phase == .succeeded, "\(phase)")
            #expect(
                String(decoding: try readFile("\(runner.workDirectory)/src/a.yaml"), as: UTF8.self)
                    == "{\n  \"author\" : \"me\",\n  \"n\": 1\n}\n")
            #expect(
                String(decoding: try readFile("\(runner.workDirectory)/src/b.yaml"), as: UTF8.self)
                    == "schemaVersion: v1\nnext:\n  - 1\n")
        }
    }

    @Test(
        "yaml-update of a list or of a key that is not there fails", arguments: ["list", "nested", "gone", "nested.7"])
    func yamlRefusals(key: String) async throws {
        try await Bench.with { bench in
            let (phase, _) = try await bench.run(
                Self.clone
                    + "- {uses: yaml-update, as: a, config: {path: ./src/policy/settings.yaml, updates: [{key: \(key), value: x}]}}"
            )
            #expect(phase.isErrored)
        }
    }

    @Test("files are written, copied and deleted in the work directory, and not overwritten by default")
    func files() async throws {
        try await Bench.with { bench in
            let (phase, runner) = try await bench.run(
                """
                - {uses: file-write, as: write, config: {path: ./a/b.txt, contents: "${{ '\\"' + '{\\"x\\": 1}' + '\\n\\"' }}", permissions: "0644"}}
                - {uses: copy, as: copy, config: {inPath: ./a, outPath: ./c}}
                - {uses: delete, as: delete, config: {path: ./a}}
                - {uses: delete, as: absent, config: {path: ./none}}
                - {uses: file-write, as: again, config: {path: ./c/b.txt, contents: x}}
                """)
            #expect(phase.isErrored)
            #expect(listTree(runner.workDirectory) == ["c", "c/b.txt"])
            #expect(String(decoding: try readFile("\(runner.workDirectory)/c/b.txt"), as: UTF8.self) == "{\"x\": 1}\n")
            #expect(runner.message("again")?.contains("already exists") == true)
            for path in ["../x", "/x", ".git/x"] {
                let (phase, _) = try await bench.run(
                    "- {uses: file-write, as: a, config: {path: \(path), contents: x}}")
                #expect(phase.isErrored, "\(path)")
            }
        }
    }

    @Test("kustomize-set-image merges by name, and kustomize-build writes one file for each object")
    func kustomize() async throws {
        let files = [
            "app/kustomization.yaml":
                "resources: [deployment.yaml]\nimages:\n  - {name: shop, newTag: old}\n  - {name: other, newTag: v1}\n",
            "app/deployment.yaml": """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web}
            spec: {template: {spec: {containers: [{name: a, image: shop}, {name: b, image: other}]}}}
            """,
        ]
        let digest = "sha256:" + String(repeating: "a", count: 64)
        try await Bench.with(files: files) { bench in
            let (phase, runner) = try await bench.run(
                Self.clone + """
                    - {uses: kustomize-set-image, as: pin, config: {path: ./src/app, images: [{image: shop, newName: registry.example.com/shop, digest: "\(digest)"}]}}
                    - {uses: kustomize-build, as: render, config: {path: ./src/app, outPath: ./out, outputFormat: kustomize}}
                    - {uses: kustomize-build, as: named, config: {path: ./src/app, outPath: ./kargo}}
                    - {uses: kustomize-build, as: one, config: {path: ./src/app, outPath: ./all.yaml}}
                    """)
            #expect(phase == .succeeded, "\(phase)")
            #expect(listTree("\(runner.workDirectory)/out") == ["apps_v1_deployment_web.yaml"])
            #expect(listTree("\(runner.workDirectory)/kargo") == ["deployment-web.yaml"])
            let text = String(
                decoding: try readFile("\(runner.workDirectory)/out/apps_v1_deployment_web.yaml"), as: UTF8.self)
            #expect(text.contains("image: registry.example.com/shop@\(digest)"))
            #expect(text.contains("image: other:v1"))
            #expect(try readFile("\(runner.workDirectory)/all.yaml") == Array(text.utf8))
            #expect(try readFile("\(runner.workDirectory)/kargo/deployment-web.yaml") == Array(text.utf8))
        }
    }

    @Test(
        "kustomize-set-image takes a tag or a digest, and not both or neither",
        arguments: ["tag: a, digest: b", "name: x"])
    func setImageRefusals(fields: String) async throws {
        try await Bench.with(files: ["app/kustomization.yaml": "resources: []\n"]) { bench in
            let (phase, runner) = try await bench.run(
                Self.clone
                    + "- {uses: kustomize-set-image, as: pin, config: {path: ./src/app, images: [{image: shop, \(fields)}]}}"
            )
            #expect(phase.isErrored)
            #expect(runner.message("pin")?.contains("invalid configuration") == true)
        }
    }
}
