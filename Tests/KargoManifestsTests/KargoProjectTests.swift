import CapsuleCore
import CapsuleReports
import CapsuleTestSupport
import DeliveryConfiguration
import Documents
import FoundationEssentials
import KargoExpressions
import KargoManifests
import Rendering
import Support
import Testing

@Suite("A generated Kargo project")
struct KargoProjectTests {
    @Test(
        "equals the golden files, for each style and release line",
        arguments: [
            ("native-1.11", "{version: \"1.11\", VERIFIER}"), ("native-1.9", "{version: \"1.9\", VERIFIER}"),
            ("native-1.10-tasks", "{version: \"1.10\", tasks: true, SIGNER}"),
            (
                "service-1.11",
                "{version: \"1.11\", style: service, subscription: pair, verifier: {url: https://capsule.example.com}}"
            ),
            ("native-1.11-pair-reviewed", "{version: \"1.11\", verifier: {url: https://capsule.example.com}}"),
            (
                "service-1.10-tasks-pair-reviewed",
                "{version: \"1.10\", style: service, tasks: true, verifier: {url: https://capsule.example.com}}"
            ),
        ])
    func golden(_ name: String, _ kargo: String) throws {
        let verifier = "verifier: {image: registry.example.com/tools/release-capsule:0.1.0}"
        let signer = verifier.replacing("}", with: ", statements: true}")
        let project = try Shop.project(
            Shop.yaml(
                kargo: kargo.replacing("VERIFIER", with: verifier).replacing("SIGNER", with: signer),
                replacing: name.hasSuffix("pair-reviewed") ? [Shop.reviewedPairs] : []))
        try expectGolden(project.files().joined, "\(name).txt")
    }

    @Test(
        "reads the witness of a pair from the clone of the policy, and differs in nothing else from that of a capsule")
    func pair() throws {
        for style in ["native", "service"] {
            let kargo = "{version: \"1.11\", style: \(style), verifier: {url: https://capsule.example.com}}"
            let capsule = try Shop.project(Shop.yaml(kargo: kargo)).files()
            let pair = try Shop.project(
                Shop.yaml(kargo: kargo, replacing: [("package: {", "form: pair\npackage: {")])
            ).files()
            #expect(pair.map(\.path) == capsule.map(\.path))
            for file in pair {
                let (old, new) = (capsule[file.path.description] ?? "", String(decoding: file.content, as: UTF8.self))
                let lines = Set(old.split(separator: "\n"))
                let added = new.split(separator: "\n").filter { !lines.contains($0) }
                    .map { String($0.drop { $0 == " " }) }
                guard style == "native", file.path.description.hasPrefix("stages/") else {
                    #expect(added.isEmpty, "\(file.path): \(added)")
                    continue
                }
                #expect(
                    added == [
                        "- uses: yaml-parse", "as: witness",
                        "if: \"${{ success() && imageFrom(vars.capsule).Annotations['io.release-capsule.format'] == "
                            + "'package-v1' }}\"",
                        "path: \"./src/apps/shop/releases/${{ imageFrom(vars.capsule).Tag }}.yaml\"",
                        "- name: digest", "fromExpression: artifact.digest",
                        "imageRef: \"${{ quote(vars.capsule + '@' + (outputs.witness?.digest ?? "
                            + "imageFrom(vars.capsule).Digest)) }}\"",
                    ], "\(file.path): \(added)")
            }
        }
    }

    @Test("waits for the review of a witness on automatic stages without `after`, and nowhere else")
    func awaitsWitness() throws {
        for (form, waits) in [
            (Shop.reviewedPairs.1, true), ("form: pair\npackage: {", false), ("form: capsule\npackage: {", false),
        ] {
            let files = try Shop.project(
                Shop.yaml(
                    kargo: "{version: \"1.11\", verifier: {url: https://capsule.example.com}}",
                    replacing: [("package: {", form)])
            ).files()
            let stages = files.filter { $0.path.description.hasPrefix("stages/") }
            let waiting = stages.filter { String(decoding: $0.content, as: UTF8.self).contains("as: await-witness") }
            #expect(waiting.map(\.path.description) == (waits ? ["stages/staging.yaml"] : []))
            #expect(stages.count > 1)
        }
    }

    @Test(
        "keeps the names of a hundred stages as text, also where YAML reads something else, and lint finds nothing",
        arguments: zip(["native", "service"], ["capsule", "pair"]))
    func oddNames(_ style: String, _ form: String) throws {
        let files = try Shop.odd(style: style, form: form).files()
        for (index, name) in Shop.oddNames.enumerated() {
            let text = try #require(files["stages/\(name).yaml"])
            let stage = JSONValue(manifest: try #require(try YAMLParser.documents(Array(text.utf8), file: name).first))
            #expect(stage["metadata"]?["name"]?.string == name)
            let sources = stage["spec"]?["requestedFreight"]?.array?.first?["sources"]
            #expect(sources?["stages"]?.array?.compactMap(\.string) == (index == 0 ? nil : [Shop.oddNames[index - 1]]))
        }
        let report = KargoLint(minorVersion: 11, hasWebhooks: true)
            .lint(files.map { (name: $0.path.description, content: $0.content) })
        #expect(report.findings.isEmpty && report.objects > Shop.oddNames.count, "\(report.text())")
    }

    @Test(
        "comes from at most 40 lines of the example that are written by hand",
        arguments: ["native", "service"], ["capsule", "pair"])
    func handWritten(_ style: String, _ form: String) throws {
        let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path
        let example = "\(repository)/Examples/quickstart/gitops"
        var text = String(decoding: try readFile("\(example)/capsule.yaml"), as: UTF8.self)
        if style == "service" { text = text.replacing("kargo:\n", with: "kargo:\n  style: service\n") }
        if form == "pair" { text = text.replacing("package:\n", with: "form: pair\npackage:\n") }
        let configuration = try CapsuleConfiguration(yaml: Array(text.utf8))
        #expect(configuration.form.rawValue == form && configuration.kargo?.style.rawValue == style)
        let deployments = try configuration.stages.map {
            try Deployment(name: $0.name, envType: "staging", namespace: "shop-\($0.name)")
        }
        let written =
            try text.count("\n")
            + configuration.stages.reduce(0) { count, stage in
                let file = try readFile("\(example)/apps/shop/deployments/\(stage.name)/deployment.yaml")
                return count + String(decoding: file, as: UTF8.self).count("\n")
            }
        #expect(written <= 40)
        #expect(try KargoProject(configuration, deployments: deployments).files().count >= 6)
    }

    @Test("names the host of a GitOps repository with plain HTTP to the service")
    func plainHTTP() throws {
        let project = try Shop.project(
            Shop.yaml(replacing: [("https://github.com", "http://git.corp.example:3000")]).replacing(
                "version: \"1.11\",", with: "version: \"1.11\", style: service, provider: gitea,"))
        let lines = project.files()["verifier.yaml"]?.split(separator: "\n").map { $0.drop { $0 == " " } } ?? []
        let index = try #require(lines.firstIndex(of: "- \"--plain-http\""))
        #expect(lines[index + 1] == "- git.corp.example:3000")
    }

    @Test(
        "stops the service in times that fit: readiness fails, requests are taken until then, and the end comes before the kill"
    )
    func times() throws {
        let verifier = "{version: \"1.11\", verifier: {image: example.com/c:1}}"
        let text = try Shop.project(Shop.yaml(kargo: verifier)).files().joined
        func seconds(_ name: String) throws -> Int {
            let words = text.split { " \n\"".contains($0) }
            let index = try #require(words.firstIndex { $0 == name })
            return try #require(words[(index + 1)...].lazy.compactMap { Int($0) }.first)
        }
        let readiness = try seconds("failureThreshold:")
        let period = try seconds("readinessProbe:")
        let drain = try seconds("--drain")
        let grace = try seconds("--grace")
        let kill = try seconds("terminationGracePeriodSeconds:")
        #expect(readiness * period < drain && drain + grace < kill, "\(readiness) \(period) \(drain) \(grace) \(kill)")
    }

    @Test(
        "deletes what is no longer rendered, unless that is turned off",
        arguments: [
            ("{}", "automated: {prune: true, selfHeal: true}", "[CreateNamespace=true, PruneLast=true]"),
            ("{prune: false}", "", "[CreateNamespace=true]"),
            ("{prune: false, selfHeal: true}", "automated: {prune: false, selfHeal: true}", "[CreateNamespace=true]"),
            (
                "{selfHeal: false, syncOptions: [ServerSideApply=true, CreateNamespace=false]}",
                "automated: {prune: true, selfHeal: false}",
                "[PruneLast=true, ServerSideApply=true, CreateNamespace=false]"
            ),
        ])
    func sync(_ argocd: String, _ automated: String, _ options: String) throws {
        let policy = try syncPolicy(argocd)
        let wanted = try #require(
            try YAMLParser.documents(Array("{\(automated)}".utf8), file: "wanted").first.map { JSONValue(manifest: $0) }
        )
        #expect(policy?["automated"] == wanted["automated"])
        #expect("[\((policy?["syncOptions"]?.array ?? []).compactMap(\.string).joined(separator: ", "))]" == options)
    }

    @Test("syncs by itself exactly when it prunes or heals, in every combination of the settings")
    func combinations() throws {
        for prune in [nil, true, false] {
            for heals in [nil, true, false] {
                for option in [nil, "PruneLast=false", "CreateNamespace=false", "ServerSideApply=true"] {
                    let keys = [
                        prune.map { "prune: \($0)" }, heals.map { "selfHeal: \($0)" },
                        option.map { "syncOptions: [\($0)]" },
                        "namespace: cd, project: shop, server: https://cluster.example.com",
                    ]
                    let policy = try syncPolicy("{\(keys.compactMap(\.self).joined(separator: ", "))}")
                    let (prunes, heals) = (prune ?? true, heals ?? prune ?? true)
                    #expect(
                        policy?["automated"]
                            == (prunes || heals ? ["prune": .bool(prunes), "selfHeal": .bool(heals)] : nil), "\(keys)")
                    let options = (policy?["syncOptions"]?.array ?? []).compactMap(\.string)
                    #expect(Set(options.map { $0.prefix { $0 != "=" } }).count == options.count, "\(options)")
                    #expect(options.contains("PruneLast=true") == (prunes && option != "PruneLast=false"), "\(options)")
                    #expect(options.contains("CreateNamespace=true") == (option != "CreateNamespace=false"))
                    if let option { #expect(options.contains(option)) }
                }
            }
        }
    }

    private func syncPolicy(_ argocd: String) throws -> JSONValue? {
        let project = try Shop.project(
            Shop.yaml(kargo: "{version: \"1.11\", argocd: \(argocd), verifier: {url: https://c}}"))
        let text = try #require(project.files()["applicationset.yaml"])
        let set = try #require(try YAMLParser.documents(Array(text.utf8), file: "set").first)
        return JSONValue(manifest: set)["spec"]?["template"]?["spec"]?["syncPolicy"]
    }

    @Test(
        "refuses sync options that are not options of Argo CD, and a time in which nothing can be deployed",
        arguments: [
            ("argocd: {syncOptions: [\"a=${{x}}\"]}", "such as ServerSideApply=true"),
            ("argocd: {syncOptions: [Validate]}", "such as ServerSideApply=true"),
            ("argocd: {syncOptions: [A=true, A=false]}", "sets A twice"), ("argocd: {prune: }", "prune"),
            ("argocd: {prun: true}", "prun"),
        ])
    func refusedOptions(_ argocd: String, _ words: String) throws {
        let error = #expect(throws: DocumentError.self) {
            try Shop.project(Shop.yaml(kargo: "{version: \"1.11\", \(argocd), verifier: {url: https://c}}"))
        }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
        let never = [("auto: true", "auto: true\n    argocd: {timeout: 0s}")]
        #expect(throws: DocumentError.self) { try Shop.project(Shop.yaml(replacing: never)) }
    }

    @Test(
        "repeats every step that reaches another host, and waits as long as the stage says",
        arguments: ["native", "service"])
    func retries(_ style: String) throws {
        let yaml = Shop.yaml(
            kargo: "{version: \"1.11\", style: \(style), verifier: {image: example.com/c:1, statements: true}}",
            replacing: [("review: pull-request", "review: pull-request\n    argocd: {timeout: 2h}")])
        let remote = [
            "git-clone", "http", "oci-download", "git-push", "git-open-pr", "git-wait-for-pr", "argocd-update",
        ]
        for stage in ["staging", "production"] {
            let text = try #require(try Shop.project(yaml).files()["stages/\(stage).yaml"])
            let object = JSONValue(manifest: try #require(try YAMLParser.documents(Array(text.utf8), file: "s").first))
            let steps = object["spec"]?["promotionTemplate"]?["spec"]?["steps"]?.array ?? []
            #expect(!steps.isEmpty)
            for step in steps {
                let uses = try #require(step["uses"]?.string)
                #expect((step["retry"] != nil) == remote.contains(uses), "\(uses)")
                if remote.contains(uses) { #expect((step["retry"]?["errorThreshold"]?.int ?? 0) >= 5, "\(uses)") }
            }
            let argocd = steps.first { $0["uses"] == "argocd-update" }
            #expect(argocd?["retry"]?["timeout"]?.string == (stage == "staging" ? "1h0m0s" : "2h0m0s"))
            #expect(steps.first { $0["uses"] == "git-wait-for-pr" }?["retry"]?["timeout"] == nil)
        }
    }

    @Test("has the same bytes every time")
    func deterministic() throws {
        let first = try Shop.project().files().joined
        for _ in 0..<5 { #expect(try Shop.project().files().joined == first) }
    }

    @Test("gives every step a unique alias, and ends with the metadata")
    func names() throws {
        for kargo in [
            "{version: \"1.9\", URL}", "{version: \"1.11\", URL}", "{version: \"1.11\", style: service, URL}",
        ] {
            let url = "verifier: {url: https://capsule.example.com}"
            let files = try Shop.project(Shop.yaml(kargo: kargo.replacing("URL", with: url))).files()
            for stage in ["staging", "canary", "production"] {
                let text = try #require(files["stages/\(stage).yaml"])
                let lines = text.split(separator: "\n").map { $0.drop { $0 == " " } }
                let uses = lines.filter { $0.hasPrefix("- uses:") }
                let names = lines.filter { $0.hasPrefix("as: ") }
                #expect(names.count >= uses.count && Set(names).count == names.count)
                #expect(uses.last == "- uses: set-metadata")
            }
        }
    }

    @Test("has the service attest what Kargo pushed before the deployment, and only when the configuration requires it")
    func statements() throws {
        for style in ["native", "service"] {
            for asked in [true, false] {
                let kargo =
                    "{version: \"1.11\", style: \(style), verifier: {image: example.com/c:1, statements: \(asked)}}"
                let files = try Shop.project(Shop.yaml(kargo: kargo)).files()
                for stage in ["staging", "production"] {
                    let text = try #require(files["stages/\(stage).yaml"])
                    // The service signs a statement for its own pushes without a step.
                    let attests = asked && (style == "native" || stage == "production")
                    #expect(text.contains("/v1/statements") == attests)
                    let names = text.split(separator: "\n").map { $0.drop { $0 == " " } }.filter {
                        $0.hasPrefix("as: ")
                    }
                    #expect(names.last == "as: remember" && names.dropLast().last == "as: argocd", "\(names)")
                    #expect((names.dropLast(2).last == "as: attest") == attests, "\(names)")
                }
                #expect(files["verifier.yaml"]?.contains("--attest-key") == asked)
                #expect(files["verifier.yaml"]?.contains("secretName: release-capsule-key") == asked)
            }
        }
    }

    @Test("uses no step that a release line lacks")
    func gated() throws {
        let old = try Shop.project(Shop.yaml(kargo: "{version: \"1.10\", verifier: {url: https://c.example.com}}"))
            .files().joined
        for step in ["file-write", "blobless", "pollInterval", "errorExpression"] { #expect(!old.contains(step)) }
    }

    @Test("writes every value of the configuration as a string literal")
    func quoting() throws {
        let branch = try Shop.project(Shop.yaml(replacing: [("root: apps/shop}", "root: apps/shop, branch: \"a'b\"}")]))
        let stage = try #require(branch.files()["stages/staging.yaml"])
        #expect(stage.contains(#"'a\\'b'"#), "\(stage)")
    }
}

@Suite("Requirements of Kargo")
struct KargoRequirementsTests {
    struct Case: CustomTestStringConvertible {
        var rule: String
        var old = ""
        var new = ""
        var kargo = "{version: \"1.11\", verifier: {url: https://c.example.com}}"
        var testDescription: String { rule }
    }

    @Test(
        "are reported, each with its own rule",
        arguments: [
            Case(rule: "kargo.capsule", old: "capsule: registry.example.com/shop/release", new: "capsule: oci:layout"),
            Case(rule: "kargo.repository", old: "repository: https://github.com/example/gitops.git, ", new: ""),
            Case(
                rule: "kargo.repository", old: "https://github.com/example/gitops.git",
                new: "ssh://git@github.com/example/gitops.git"),
            Case(rule: "kargo.verifier", kargo: "{version: \"1.11\"}"),
            Case(rule: "kargo.provider", old: "https://github.com", new: "https://git.example.com"),
            Case(
                rule: "kargo.helm", old: "{source: deploy/kustomize, entry: base, imageName: shop}",
                new: "{kind: helm, source: chart}"),
            Case(
                rule: "kargo.port", old: "capsule: registry.example.com/", new: "capsule: registry.example.com:5000/",
                kargo: "{version: \"1.9\", verifier: {url: https://c.example.com}}"),
            Case(rule: "kargo.expression", old: "root: apps/shop", new: "root: \"apps/${{ secret('x').y }}\""),
            Case(rule: "kargo.expression", old: "result.ok == true", new: "result.ok == '{{args.x}}'"),
            // The combining mark makes another `Character` of the brace, and Kargo reads bytes.
            Case(rule: "kargo.expression", old: "result.ok == true", new: "result.ok == '{{\u{301}args.x'"),
            Case(rule: "kargo.expression", old: "result.ok == true", new: "result.ok == 'x}}\u{301}'"),
            Case(rule: "kargo.expression", old: "root: apps/shop", new: "root: apps/shop, branch: \"a}}b\""),
            Case(rule: "kargo.project", old: "root: apps/shop", new: "root: apps/Shop_1"),
            Case(rule: "kargo.deployment", old: "name: staging", new: "name: elsewhere"),
        ])
    func refusals(_ example: Case) throws {
        var replacing = [(example.old, example.new)]
        if example.rule == "kargo.deployment" { replacing.append(("[staging", "[elsewhere")) }
        let yaml = Shop.yaml(kargo: example.kargo, replacing: example.old.isEmpty ? [] : replacing)
        let error = #expect(throws: DocumentError.self) { try Shop.project(yaml) }
        #expect(error?.findings.map(\.rule) == [example.rule], "\(error.map { "\($0)" } ?? "none")")
    }

    /// The strings of `capsule.yaml` that someone chooses: the text to replace, and the text with `@` for the hostile part.
    static let strings: [(old: String, new: String)] = [
        ("root: apps/shop", "root: \"apps/@\""), ("root: apps/shop", "root: apps/shop, branch: \"@\""),
        ("root: apps/shop", "root: apps/shop, stageBranch: \"@/{deployment}\""),
        ("root: apps/shop", "root: apps/shop, author: {name: \"@\", email: a}"),
        ("root: apps/shop", "root: apps/shop, author: {name: a, email: \"@\"}"),
        ("https://github.com/example/gitops.git", "\"https://github.com/@/gitops.git\""),
        ("https://github.com/example/gitops.git", "\"https://@.github.com/gitops.git\""),
        ("image: registry.example.com/shop/web\n", "image: \"registry.example.com/shop/@\"\n"),
        ("capsule: registry.example.com/shop/release", "capsule: \"registry.example.com/shop/@\""),
        ("entry: base", "entry: \"@\""), ("source: deploy/kustomize", "source: \"@\""),
        ("imageName: shop", "imageName: \"@\""),
        ("name: canary", "name: \"@\""), ("after: [staging]\n    soak", "after: [\"@\"]\n    soak"),
        ("soak: 90m", "soak: \"@\""),
        ("http://web.{namespace}.svc/health", "http://web.{namespace}.svc/@"),
        ("result.ok == true", "result.ok == '@'"),
        ("approvals/{tag}.yaml", "approvals/{tag}@.yaml"), ("version: \"1.11\"", "version: \"1.11\", project: \"@\""),
        ("version: \"1.11\"", "version: \"1.11\", directory: \"@\""),
        ("version: \"1.11\"", "version: \"1.11\", argocd: {namespace: \"@\"}"),
        ("version: \"1.11\"", "version: \"1.11\", argocd: {project: \"@\"}"),
        ("version: \"1.11\"", "version: \"1.11\", argocd: {server: \"https://x/@\"}"),
        ("image: registry.example.com/tools/release-capsule:0.1.0", "image: \"registry.example.com/tools/@\""),
        ("image: registry.example.com/tools/release-capsule:0.1.0", "url: \"https://x/@\""),
        ("image: registry.example.com/tools/release-capsule:0.1.0", "secret: \"@\""),
    ]

    @Test(
        "let no text of the configuration become an expression of Kargo, Argo CD or Kubernetes",
        arguments: strings.indices,
        ["${{ HOSTILE }}", "{{HOSTILE}}", "HOSTILE}}", "${%HOSTILE%}", "HOSTILE%}", "$(HOSTILE)"])
    func expressions(_ index: Int, _ hostile: String) throws {
        let (old, new) = Self.strings[index]
        for style in ["native", "service"] {
            let yaml = Shop.yaml(replacing: [("version: \"1.11\"", "version: \"1.11\", style: \(style)"), (old, new)])
            try #require(yaml.contains("@"), "\(old) is not in the configuration")
            let configuration = yaml.replacing("@", with: hostile)
            do {
                let files = try Shop.project(configuration).files()
                // Kubernetes replaces $(NAME) in the arguments of containers alone.
                let shown = hostile.hasPrefix("$(") ? files["verifier.yaml"] ?? "" : files.joined
                #expect(!shown.replacing("$$(", with: "").contains(hostile), "\(new)")
            } catch let error as any Failure {
                #expect(!error.message.isEmpty)
            }
        }
    }

    @Test("include a section kargo")
    func section() throws {
        let error = #expect(throws: DocumentError.self) {
            try Shop.project(Shop.yaml(replacing: [("kargo: ", "# kargo: ")]))
        }
        #expect(error?.message.contains("no section `kargo`") == true)
    }

    @Test("include, for the native style, stage branches that no other application uses")
    func sharedBranch() throws {
        let neighbour = try Shop.configuration(Shop.yaml(replacing: [("apps/shop", "apps/till")]))
        let error = #expect(throws: DocumentError.self) {
            try KargoProject(Shop.configuration(), deployments: Shop.deployments(), neighbours: [neighbour])
        }
        #expect(error?.findings.map(\.rule) == ["kargo.branch"])
        let service = "{version: \"1.11\", style: service, verifier: {url: https://c.example.com}}"
        _ = try KargoProject(
            Shop.configuration(Shop.yaml(kargo: service)), deployments: Shop.deployments(), neighbours: [neighbour])
        let apart = ("root: apps/shop", "root: apps/shop, stageBranch: \"stage/{app}/{deployment}\"")
        _ = try KargoProject(
            Shop.configuration(Shop.yaml(replacing: [apart])), deployments: Shop.deployments(),
            neighbours: [neighbour])
    }

    @Test(
        "are configured with keys that are checked",
        arguments: [
            ("{version: \"1.8\"}", "1.9, 1.10, 1.11"), ("{}", "version"),
            ("{version: \"1.11\", stile: native}", "stile"),
            ("{version: \"1.11\", provider: sourcehut}", "provider"),
            ("{version: \"1.11\", project: Shop}", "project"),
            ("{version: \"1.11\", verifier: {url: \"https://x/?a={b}\"}}", "url"),
            ("{version: \"1.11\", verifier: {replicas: 0}}", "replicas"),
            ("{version: \"1.11\", verifier: {replicas: 21}}", "replicas"),
            ("{version: \"1.11\", verifier: {image: oci:here}}", "image"),
            ("{version: \"1.11\", verifier: {statements: often}}", "statements"),
            ("{version: \"1.11\", directory: ../out}", "directory"),
        ])
    func keys(_ kargo: String, _ key: String) throws {
        let error = #expect(throws: DocumentError.self) { try Shop.configuration(Shop.yaml(kargo: kargo)) }
        #expect(error?.code == .invalidDocument)
        #expect(error?.message.contains(key) == true, "\(error?.message ?? "")")
    }
}

extension String {
    fileprivate func count(_ character: Character) -> Int { count { $0 == character } }
}
