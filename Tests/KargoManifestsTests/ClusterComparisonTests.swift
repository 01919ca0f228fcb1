import CapsuleCore
import Documents
import KargoExpressions
import KargoManifests
import Testing

@Suite("Objects of a cluster")
struct ClusterComparisonTests {
    /// The generated objects as `kubectl get -o yaml` prints them: with fields of the API server, durations in its form, and
    /// other keys first.
    private static func dump(_ replacing: [(String, String)] = [], dropping: String? = nil) throws -> String {
        let project = try Shop.project()
        var documents = try project.files().filter { !$0.path.description.hasPrefix("render/") }.flatMap {
            try YAMLParser.documents($0.content, file: $0.path.description).map { JSONValue(manifest: $0) }
        }
        documents.removeAll { $0["kind"]?.string == dropping }
        var text = documents.map { document in
            let served: [JSONMember] = [
                JSONMember(key: "status", value: ["observedGeneration": 1])
            ]
            return JSONValue.object((document.members ?? []).reversed() + served).yaml
        }.joined(separator: "---\n")
        for (old, new) in replacing {
            #expect(text.contains(old), "\(old)")
            text = text.replacing(old, with: new)
        }
        return text
    }

    private static func differences(_ dump: String) throws -> [ClusterComparison.Difference] {
        try ClusterComparison(Shop.project(), dump: Array(dump.utf8), file: "dump.yaml").differences()
    }

    @Test("that are what is generated do not differ, whatever the API server adds")
    func same() throws {
        let text = try Self.dump([("\"1h30m0s\"", "\"90m0s\""), ("timeout: \"30m\"\n", "timeout: \"30m0s\"\n")])
        #expect(try Self.differences(text) == [])
        #expect(try ClusterComparison(Shop.project(), dump: Array(text.utf8), file: "dump.yaml").absentKinds == [])
    }

    @Test("are missing, changed or foreign")
    func differences() throws {
        let stage = try #require(
            Shop.project().files()["stages/canary.yaml"]?.split(separator: "---\n", maxSplits: 1).first)
        let changed = try Self.dump([("name: releases\n", "name: release\n")])
        let warehouse = try Self.differences(changed)
        #expect(warehouse.map(\.change).contains(.missing) && warehouse.map(\.change).contains(.foreign))

        let other = String(stage).replacing("name: canary", with: "name: old")
        let found = try Self.differences(
            try Self.dump([("requiredSoakTime: \"1h30m0s\"", "requiredSoakTime: \"30m0s\"")]) + "---\n" + other)
        #expect(found.map { "\($0.object) \($0.change)" } == ["Stage shop/canary changed", "Stage shop/old foreign"])
        let field = try #require(found.first?.fields?.first)
        #expect(field.path == "spec.requestedFreight[0].sources.requiredSoakTime")
        #expect(field.generated == "\"1h30m0s\"" && field.cluster == "\"30m0s\"")
    }

    @Test(
        "are changed by a field that is not generated where nobody but an author writes fields, except for what is empty or a default",
        arguments: [
            (
                "as: verify\n", "as: verify\n          continueOnError: true\n",
                "spec.promotionTemplate.spec.steps[1].continueOnError"
            ),
            ("path: \"./src\"\n", "path: \"./src\"\n                sparse: [x]\n", "config.checkout[0].sparse"),
            (
                "stages:\n          - staging\n        req",
                "direct: true\n        stages:\n          - staging\n        req",
                "spec.requestedFreight[0].sources.direct"
            ),
            (
                "discoveryLimit: 20", "insecureSkipTLSVerify: true\n        discoveryLimit: 20",
                "spec.subscriptions[0].image.insecureSkipTLSVerify"
            ),
            (
                "prune: true", "prune: true\n          allowEmpty: true",
                "spec.template.spec.syncPolicy.automated.allowEmpty"
            ),
        ])
    func added(_ old: String, _ new: String, _ path: String) throws {
        let found = try Self.differences(try Self.dump([(old, new)]))
        #expect(!found.isEmpty && found.allSatisfy { $0.change == .changed })
        for field in found.flatMap({ $0.fields ?? [] }) {
            #expect(field.path.hasSuffix(path) && field.generated == nil && field.cluster != nil, "\(field)")
        }
        let served = [
            ("discoveryLimit: 20", "strictSemvers: true\n        cacheByTag: false\n        discoveryLimit: 20"),
            ("promotionTemplate:\n", "shard: east\n  promotionTemplate:\n"),
            ("goTemplate: true", "goTemplate: true\n  strategy: {}"),
        ]
        #expect(try Self.differences(try Self.dump(served)) == [])
    }

    @Test("are changed by steps that were added or removed, and each of these is named")
    func steps() throws {
        let place = "spec.promotionTemplate.spec.steps"
        let (first, untar) = ("      steps:\n", "        - uses: untar\n          as: untar\n")
        let dump = try Self.dump([(first, "\(first)        - {uses: fail, as: first}\n")])
        let added = try Self.differences(dump)
        #expect(added.count == 3)
        for fields in added.map(\.fields) {
            #expect(fields?.map(\.path) == ["\(place)[0]"] && fields?.first?.generated == nil)
            #expect(fields?.first?.cluster == #"{"uses":"fail","as":"first"}"#)
        }
        let config = "          config:\n            inPath: \"./capsule.tgz\"\n            outPath: \"./capsule\"\n"
        let removed = try Self.differences(try Self.dump([(untar + config, "")]))
        #expect(removed.count == 3)
        for fields in removed.map(\.fields) {
            #expect(fields?.map(\.path) == ["\(place)[3]"] && fields?.first?.cluster == nil, "\(fields ?? [])")
        }
    }

    @Test("of kinds that the dump does not have are not compared, and named")
    func absent() throws {
        let text = try Self.dump(dropping: "ApplicationSet")
        #expect(try Self.differences(text) == [])
        let comparison = try ClusterComparison(Shop.project(), dump: Array(text.utf8), file: "dump.yaml")
        #expect(comparison.absentKinds == ["ApplicationSet"])
    }

    @Test(
        "in a List are read; a file without objects is refused",
        arguments: ["", "{}", "[]", "kind: ''", "- 1\n", "a: ["])
    func forms(_ text: String) throws {
        let list =
            "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: kargo.akuity.io/v1alpha1, kind: Stage, "
            + "metadata: {name: old, namespace: shop}}\n"
        #expect(try Self.differences(list).last?.object == "Stage shop/old")
        if text != "kind: ''" { #expect(throws: DocumentError.self) { try Self.differences(text) } }
    }
}
