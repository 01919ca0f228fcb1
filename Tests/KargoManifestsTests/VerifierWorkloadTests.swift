import CapsuleReports
import CapsuleTestSupport
import DeliveryConfiguration
import Documents
import FoundationEssentials
import KargoManifests
import Testing

@Suite("The workload of a generated verifier")
struct VerifierWorkloadTests {
    private static func verifier(
        _ yaml: String, statements: Bool = false, style: String = "service"
    ) throws -> String {
        let kargo = WorkloadFeatures.kargo(yaml, statements: statements)
            .replacing("{version", with: "{style: \(style), version")
        let files = try Shop.project(Shop.yaml(kargo: kargo)).files()
        return try #require(files["verifier.yaml"])
    }

    /// The value `true` of a file, which keeps its spelling.
    private static let yes = JSONValue.number("true")

    /// The objects of a file by their kinds.
    private static func objects(_ text: String) throws -> [String: JSONValue] {
        let documents = try YAMLParser.documents(Array(text.utf8), file: "verifier.yaml")
        var objects: [String: JSONValue] = [:]
        for document in documents {
            let value = try document.json(file: "verifier.yaml")
            objects[try #require(value["kind"]?.string)] = value
        }
        return objects
    }

    @Test("equals the golden file with every key")
    func golden() throws {
        let yaml = WorkloadFeatures.all.map { ", \($0.yaml)" }.joined()
        try expectGolden(Self.verifier(yaml, statements: true), "verifier-everything.txt")
    }

    @Test("has every value of capsule.yaml where Kubernetes expects it, and keeps what it must have")
    func values() throws {
        for (key, yaml) in WorkloadFeatures.all {
            let section = try YAMLParser.document(Array("{\(yaml)}".utf8), file: "a").json(file: "a")
            let value = try #require(section[key])
            let needsPolicy = ["ingress", "podMonitor"].contains(key)
            let objects = try Self.objects(
                Self.verifier(", \(yaml)\(needsPolicy ? ", networkPolicy: {namespaces: [kargo]}" : "")"))
            let pods = try #require(objects[key == "state" ? "StatefulSet" : "Deployment"])
            let pod = try #require(pods["spec"]?["template"]?["spec"])
            let container = try #require(pod["containers"]?.array?.first)
            let arguments = container["args"]?.array?.compactMap(\.string) ?? []
            switch key {
            case "basePath": #expect(arguments.suffix(2) == ["--base-path", "/tools/capsule"])
            case "state":
                #expect(arguments.suffix(2) == ["--state", "/var/lib/capsule/$(CAPSULE_POD_NAME)"])
                #expect(pods["spec"]?["volumeClaimTemplates"]?.array?.count == 1)
            case "resources", "imagePullPolicy", "envFrom": #expect(container[key] == value)
            case "env":
                let names = container["env"]?.array?.compactMap { $0["name"]?.string } ?? []
                #expect(names == ["DOCKER_CONFIG", "HTTPS_PROXY", "HOME", "NODE", "CPU", "A", "B"])
            case "volumes":
                #expect(pod["volumes"]?.array?.suffix(8) == value.array?[...])
                #expect(container["volumeMounts"]?.array?.suffix(8) == section["volumeMounts"]?.array?[...])
            case "securityContext":
                #expect(pod[key]?["runAsUser"] == 1000 && pod[key]?["runAsNonRoot"] == Self.yes)
                #expect(pod[key]?["seccompProfile"]?["type"] == "Localhost")
            case "readinessProbe", "livenessProbe", "startupProbe":
                let path = key == "readinessProbe" ? "/readyz" : "/healthz"
                #expect(container[key]?["httpGet"]?["path"]?.string == path)
                for member in value.members ?? [] { #expect(container[key]?[member.key] == member.value, "\(member)") }
            case "topologySpreadConstraints":
                #expect(pod[key]?.array?.map { $0["labelSelector"]?["matchLabels"]?["a"] } == [nil, "b"])
            case "podLabels", "podAnnotations":
                let metadata = pods["spec"]?["template"]?["metadata"]?[key == "podLabels" ? "labels" : "annotations"]
                for member in value.members ?? [] { #expect(metadata?[member.key] == member.value) }
            case "serviceAccount":
                #expect(objects["ServiceAccount"]?["metadata"]?["annotations"] == value["annotations"])
            case "caBundle":
                #expect(arguments.suffix(2) == ["--ca-file", "/etc/capsule/ca/ca.crt"])
                #expect(pod["volumes"]?.array?.last?["configMap"]?["name"] == "corporate-ca")
            case "disruptionBudget": #expect(objects["PodDisruptionBudget"]?["spec"]?["minAvailable"] == "50%")
            case "networkPolicy":
                #expect(objects["NetworkPolicy"]?["spec"]?["egress"] == value["egress"])
                #expect(objects["NetworkPolicy"]?["spec"]?["ingress"]?.array?.first?["from"]?.array?.count == 6)
            case "ingress": #expect(objects["Ingress"]?["spec"]?["rules"]?.array?.first?["host"] == value["host"])
            case "podMonitor": #expect(objects["PodMonitor"]?["metadata"]?["labels"]?["release"] == "prometheus")
            default: #expect(pod[key] == value, "\(key)")
            }
            #expect(container["securityContext"]?["readOnlyRootFilesystem"] == Self.yes)
            #expect(pod["securityContext"]?["runAsNonRoot"] == Self.yes, "\(key)")
        }
    }

    @Test("fixes no user where the cluster chooses one")
    func openShift() throws {
        let pod = try #require(
            Self.objects(Self.verifier(", securityContext: {}"))["Deployment"]?["spec"]?["template"]?["spec"])
        #expect(
            pod["securityContext"] == ["runAsNonRoot": Self.yes, "seccompProfile": ["type": "RuntimeDefault"]])
    }

    @Test("is reached below its base path, by Kargo and through the ingress, and by probes at the top")
    func basePath() throws {
        let yaml = ", basePath: /tools/capsule, ingress: {host: a.example.com}, networkPolicy: {namespaces: [kargo, i]}"
        let files = try Shop.project(Shop.yaml(kargo: WorkloadFeatures.kargo(yaml))).files()
        let stage = try #require(files["stages/staging.yaml"])
        #expect(stage.contains("release-capsule.shop-capsule.svc.cluster.local/tools/capsule/verify\n"))
        let objects = try Self.objects(try #require(files["verifier.yaml"]))
        let path = objects["Ingress"]?["spec"]?["rules"]?.array?.first?["http"]?["paths"]?.array?.first
        #expect(path?["path"] == "/tools/capsule" && path?["pathType"] == "Prefix")
    }

    @Test("says what happens to promotions when a pod ends")
    func state() throws {
        #expect(try Self.verifier("").contains("# The pod keeps the promotions that were accepted"))
        #expect(try !Self.verifier("", style: "native").contains("promotions"))
        for state in ["claimName: promotions", "size: 1Gi"] {
            let text = try Self.verifier(", state: {\(state)}")
            #expect(text.contains("# The promotions that were accepted are on a volume"))
            let objects = try Self.objects(text)
            let set = try #require(objects["StatefulSet"])
            let volumes = set["spec"]?["template"]?["spec"]?["volumes"]?.array ?? []
            // A claim that exists is a volume of the pod, and a claim of each replica is not.
            #expect(volumes.contains { $0["name"] == "state" } == state.hasPrefix("claimName"))
        }
    }

    @Test("is changed by the patch of Examples/verifier where the configuration has no key", .needs("kubectl"))
    func patched() async throws {
        let repository = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
            .joined(separator: "/")
        try await withTemporaryDirectory { directory in
            let generated = GeneratedDirectory(path: directory, files: try Shop.project().files())
            _ = try generated.write()
            for name in ["kustomization.yaml", "verifier.patch.yaml"] {
                let example = try readFile("\(repository)/Examples/verifier/\(name)")
                try writeFile("\(directory)/\(name)", String(decoding: example, as: UTF8.self))
            }
            #expect(generated.differences().isEmpty)
            let text = try await Tool.output(["kubectl", "kustomize", directory])
            let files = try listTree(directory).filter { $0.hasSuffix(".yaml") }.map {
                (name: $0, content: try readFile("\(directory)/\($0)"))
            }
            #expect(KargoLint(minorVersion: 11, hasWebhooks: true).lint(files).findings.isEmpty)
            let documents = try YAMLParser.documents(Array(text.utf8), file: "out").map { try $0.json(file: "out") }
            let deployment = try #require(documents.first { $0["kind"] == "Deployment" })
            let pod = deployment["spec"]?["template"]?["spec"]
            #expect(pod?["hostAliases"]?.array?.first?["ip"] == "10.0.0.7")
            #expect(pod?["containers"]?.array?.first?["env"]?.array?.map { $0["name"] }.contains("TZ") == true)
            #expect(pod?["containers"]?.array?.first?["readinessProbe"] != nil)
            let namespace = documents.first { $0["metadata"]?["name"] == "shop-capsule" && $0["kind"] == "Namespace" }
            #expect(namespace?["metadata"]?["labels"]?["istio-injection"] == "enabled")
        }
    }

    @Test("stops in times that fit, whatever the probes")
    func times() throws {
        for (period, failures, timeout) in [(3, 2, 1), (1, 1, 1), (10, 3, 5), (300, 20, 300)] {
            let probe = "{periodSeconds: \(period), failureThreshold: \(failures), timeoutSeconds: \(timeout)}"
            let objects = try Self.objects(Self.verifier(", readinessProbe: \(probe)"))
            let pod = try #require(objects["Deployment"]?["spec"]?["template"]?["spec"])
            let arguments = pod["containers"]?.array?.first?["args"]?.array?.compactMap(\.string) ?? []
            func seconds(_ option: String) throws -> Int {
                let index = try #require(arguments.firstIndex(of: option))
                return try #require(Int(arguments[index + 1]))
            }
            let (drain, grace) = (try seconds("--drain"), try seconds("--grace"))
            let kill = try #require(pod["terminationGracePeriodSeconds"]?.int)
            #expect(period * failures + timeout < drain && drain + grace < kill && drain <= 86_400)
        }
    }
}

private let python = ProcessInfo.processInfo.environment["CAPSULE_TEST_PYTHON"] ?? "python3"

/// Validates generated workloads with Kubernetes' own schemas and an independent program.
@Suite(
    "Kubernetes' schemas",
    .enabled("kubernetes-validate is missing") {
        await Tool.hasModules("kubernetes_validate", "yaml", python: python)
    })
struct KubernetesSchemaTests {
    /// Prints the problems of each document of each text, and the number of documents. Each document is validated once. A
    /// PodMonitor is not Kubernetes'.
    private static let script = """
        import importlib.resources, json, sys, yaml
        from jsonschema import Draft202012Validator
        from referencing import Registry, Resource
        schemas = importlib.resources.files("kubernetes_validate").joinpath("kubernetes-json-schema")
        registries, validators, seen = {}, {}, set()
        def validator(version, key):
            folder = schemas.joinpath(f"v{version}-local-strict")
            def read(name):
                return Resource.from_contents(json.loads(folder.joinpath(name).read_text()))
            if version not in registries:
                registries[version] = read("_definitions.json") @ Registry()
            if (version, key) not in validators:
                schema = read(key + ".json")
                validators[version, key] = Draft202012Validator(schema.contents, registry=schema @ registries[version])
            return validators[version, key]
        for name, version, text in json.load(sys.stdin):
            for part in text.split("\\n---\\n"):
                if "kind: PodMonitor" in part or (version, part) in seen:
                    continue
                seen.add((version, part))
                document = yaml.load(part, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
                group, _, api = document["apiVersion"].rpartition("/")
                key = "-".join(filter(None, [document["kind"].lower(), group.split(".")[0], api]))
                for error in validator(version, key).iter_errors(document):
                    print(name, document["kind"], list(error.absolute_path), error.message[:300])
        print(len(seen))
        """

    @Test("accept every combination of keys")
    func valid() async throws {
        let combinations = WorkloadFeatures.combinations
        var texts: [(name: String, version: String, text: String)] = []
        for (index, combination) in combinations.enumerated() {
            let kargo = WorkloadFeatures.kargo(combination.yaml, statements: index.isMultiple(of: 2))
            let files = try Shop.project(Shop.yaml(kargo: kargo)).files()
            texts.append((combination.testDescription, "1.37.0", try #require(files["verifier.yaml"])))
        }
        // What a configuration without any of the keys has is valid in an old cluster, too.
        texts.append(("old", "1.25.0", texts[0].text))
        texts.append(("wrong", "1.37.0", texts[0].text.replacing("maxSkew: 1", with: "maxSkew: one")))
        let input = JSONValue.array(texts.map { [.string($0.name), .string($0.version), .string($0.text)] })
        let script = Tool.importsNoIRIGrammar + Self.script
        let output = try await Tool.output([python, "-c", script], input: Array(input.compactText.utf8))
        let lines = output.split(separator: "\n")
        #expect(lines.dropLast().map { $0.prefix { $0 != " " } } == ["wrong"], "\(output)")
        #expect(lines.first?.contains("maxSkew") == true)
        // Each combination has other pods.
        let count = try #require(lines.last.flatMap { Int($0) })
        #expect(count > combinations.count, "\(count)")
    }
}
