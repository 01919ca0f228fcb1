import CapsuleCore
import CapsuleTestSupport
import DeliveryConfiguration
import Documents
import KargoTestSupport
import OCI
import Support
import Testing

@Suite("The order of steps, interpreted")
struct OrchestrationTests {
    private static let ladder = """
        - {uses: http, as: verify, config: {method: POST, url: "URL", failureExpression: "response.status == 422"}}
        - {uses: copy, as: record, config: {inPath: ./a, outPath: ./b}}
        - {uses: set-metadata, as: remember, config: {updates: [{kind: Stage, name: staging, values: {done: true}}]}}
        """

    @Test("after a failed check no step runs, and the Promotion fails")
    func failure() async throws {
        try await withScriptedServer(answer: { _ in ScriptedResponse(422, text: "{}") }) { server in
            try await Bench.with { bench in
                let (phase, runner) = try await bench.run(
                    Self.ladder.replacing("URL", with: "\(server.origin)/verify"))
                #expect(phase.isErrored)
                #expect(runner.executions == ["verify"])
                #expect(runner.status("verify") == .errored)
                #expect(runner.status("record") == .skipped)
                #expect(bench.cluster.metadata(kind: "Stage", name: "staging").isEmpty)
            }
        }
    }

    @Test("without aliases and webhooks, steps share a record, and some run after a failed check")
    func unnamed() async throws {
        let steps = """
            - {uses: http, config: {url: "URL", failureExpression: "true"}}
            - {uses: delete, config: {path: ./a}}
            - {uses: set-metadata, config: {updates: [{kind: Stage, name: staging, values: {done: true}}]}}
            """
        try await withScriptedServer(answer: { _ in ScriptedResponse(200, text: "{}") }) { server in
            let text = steps.replacing("URL", with: server.origin)
            try await Bench.with(hasWebhooks: false) { bench in
                let (phase, runner) = try await bench.run(text)
                #expect(runner.executions.count == 2)
                #expect(bench.cluster.metadata(kind: "Stage", name: "staging")["done"] == true)
                #expect(phase == .succeeded)
            }
            try await Bench.with(hasWebhooks: true) { bench in
                let (phase, runner) = try await bench.run(text)
                #expect(runner.executions == ["step-1"])
                #expect(phase.isErrored)
            }
        }
    }

    @Test("a condition replaces the default of skipping a step after a failure")
    func conditions() async throws {
        try await Bench.with { bench in
            let (phase, runner) = try await bench.run(
                """
                - {uses: fail, as: nope, continueOnError: true}
                - {uses: compose-output, as: after, config: {x: 1}}
                - {uses: fail, as: really, config: {message: "not today"}}
                - {uses: compose-output, as: unguarded, if: "${{ vars.go == 'yes' }}", config: {x: 1}}
                - {uses: compose-output, as: guarded, if: "${{ success() && vars.go == 'yes' }}", config: {x: 1}}
                - {uses: compose-output, as: cleanup, if: "${{ failure() }}", config: {x: 1}}
                - {uses: compose-output, as: ever, if: "${{ always() }}", config: {x: "${{ status('really') }}"}}
                - {uses: compose-output, as: broken, if: "yes please", config: {x: 1}}
                - {uses: compose-output, as: plain, config: {x: 1}}
                """, vars: "[{name: go, value: \"yes\"}]")
            #expect(runner.executions == ["nope", "after", "really", "unguarded", "cleanup", "ever"])
            #expect(runner.outputs["ever"] == .members(["x": "Errored"]))
            #expect(runner.status("broken") == .errored)
            #expect(runner.message("really")?.contains("not today") == true)
            #expect(phase.isErrored)
        }
    }

    @Test("a step whose expressions fail is errored and does not run")
    func expressions() async throws {
        try await Bench.with { bench in
            let (phase, runner) = try await bench.run(
                "- {uses: compose-output, as: a, config: {x: \"${{ outputs.gone.y }}\"}}")
            #expect(phase.isErrored)
            #expect(runner.executions.isEmpty)
            #expect(runner.message("a")?.contains("is a member of nil") == true)
        }
    }

    @Test("expressions can use the context, variables, secrets and Freight, and quote() keeps ids strings")
    func environment() async throws {
        try await Bench.with { bench in
            let (phase, runner) = try await bench.run(
                #"""
                - uses: compose-output
                  as: all
                  vars: [{name: own, value: "${{ vars.digits }}-own"}]
                  config:
                    ctx: "${{ ctx.project }}/${{ ctx.stage }}/${{ ctx.promotion }}/${{ ctx.targetFreight.name }}/${{ ctx.targetFreight.origin.name }}/${{ ctx.meta.promotion.actor }}"
                    token: "Bearer ${{ secret('verifier').token }}"
                    digest: "${{ imageFrom('registry.example.com/shop/release').Digest }}"
                    annotation: "${{ imageFrom('registry.example.com/shop/release', warehouse('shop')).Annotations['org.example.image'] }}"
                    elsewhere: "${{ imageFrom('registry.example.com/shop/release', warehouse('other'))?.Tag ?? 'none' }}"
                    own: "${{ vars.own }}"
                    number: "${{ vars.digits }}"
                    text: "${{ quote(vars.digits) }}"
                - {uses: compose-output, as: next, config: {x: "${{ outputs.all.own }}"}}
                """#, vars: #"[{name: digits, value: "0012"}]"#)
            #expect(phase == .succeeded)
            let all = try #require(runner.outputs["all"])
            #expect(all["ctx"] == "shop/staging/promotion-1/f1/shop/admin")
            #expect(all["token"] == "Bearer s3cret")
            #expect(all["digest"]?.string?.hasPrefix("sha256:11") == true)
            #expect(all["annotation"] == "sha256:22")
            #expect(all["elsewhere"] == "none")
            #expect(all["own"] == "0012-own")
            #expect(all["number"] == 12)
            #expect(all["text"] == "0012")
            #expect(runner.outputs["next"] == .members(["x": "0012-own"]))
        }
    }

    @Test("steps that a version lacks are errored, and keys that a schema lacks are failures")
    func versions() async throws {
        try await Bench.with(minorVersion: 10) { bench in
            let (phase, runner) = try await bench.run("- {uses: file-write, as: a, config: {path: x, contents: y}}")
            #expect(phase.isErrored)
            #expect(runner.executions.isEmpty)
        }
        try await Bench.with { bench in
            let (_, runner) = try await bench.run("- {uses: git-push, as: a, config: {path: ./out, branch: main}}")
            #expect(runner.message("a")?.contains("branch: no such property") == true)
        }
    }

    @Test("a task is replaced by its steps, with their own aliases, variables and outputs")
    func tasks() async throws {
        let task = """
            ---
            apiVersion: kargo.akuity.io/v1alpha1
            kind: PromotionTask
            metadata: {name: greet, namespace: shop}
            spec:
              vars: [{name: who}, {name: how, value: hello}]
              steps:
                - {uses: compose-output, as: inner, config: {text: "${{ vars.how }} ${{ vars.who }}"}}
                - {uses: compose-output, as: out, config: {said: "${{ task.outputs.inner.text }} (${{ status('inner') }})"}}
            """
        try await Bench.with { bench in
            let (phase, runner) = try await bench.run(
                """
                - {task: {name: greet}, as: greeting, vars: [{name: who, value: "${{ ctx.stage }}"}]}
                - {uses: compose-output, as: last, config: {x: "${{ outputs.greeting.said }}"}}
                """, extra: task)
            #expect(phase == .succeeded)
            #expect(runner.executions == ["greeting::inner", "greeting::out", "last"])
            #expect(runner.outputs["last"] == .members(["x": "hello staging (Succeeded)"]))
        }
    }

    @Test("a restart begins at the first step, with or without the earlier outputs")
    func restart() async throws {
        try await Bench.with { bench in
            var runner = try bench.promotion(
                """
                - {uses: git-clone, as: clone, config: {repoURL: "\(Bench.remote)", checkout: [{as: src, path: ./src, commit: "${{ outputs.clone?.commits?.src ?? 'main' }}"}]}}
                - {uses: compose-output, as: end, config: {x: 1}}
                """)
            #expect(try await runner.run(stopAfter: "clone") == .stopped(after: "clone"))
            let first = runner.outputs["clone"]
            try await bench.commit("Move on")
            try runner.restart(rememberingOutputs: true)
            #expect(listTree(runner.workDirectory).isEmpty)
            #expect(try await runner.run() == .succeeded)
            #expect(runner.outputs["clone"] == first)
            try runner.restart(rememberingOutputs: false)
            #expect(try await runner.run() == .succeeded)
            #expect(runner.outputs["clone"] != first)
        }
    }

    @Test("argocd-update updates only Applications that authorize the Stage, and metadata stays after a later failure")
    func cluster() async throws {
        try await Bench.with { bench in
            let (phase, runner) = try await bench.run(
                """
                - {uses: argocd-update, as: argocd, config: {apps: [{name: shop-staging, sources: [{repoURL: "\(Bench.remote)", desiredRevision: abc}]}]}}
                - {uses: set-metadata, as: early, config: {updates: [{kind: Stage, name: staging, values: {a: 1}}, {kind: Freight, name: f1, values: {b: "2"}}]}}
                - {uses: compose-output, as: read, config: {a: "${{ stageMetadata('staging').a }}", none: "${{ stageMetadata('x') == nil }}"}}
                - {uses: argocd-update, as: other, config: {apps: [{name: other}]}}
                """)
            #expect(phase.isErrored)
            #expect(bench.cluster.applicationUpdates.map(\.application) == ["shop-staging"])
            #expect(bench.cluster.applicationUpdates.map(\.desiredRevision) == ["abc"])
            #expect(bench.cluster.metadata(kind: "Freight", name: "f1")["b"] == "2")
            #expect(runner.outputs["read"] == .members(["a": 1, "none": true]))
            #expect(runner.message("other")?.contains("does not permit") == true)
        }
    }
}
