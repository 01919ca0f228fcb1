import CapsuleCore
import CapsuleTestSupport
import Documents
import Support
import Testing

@testable import Rendering

@Suite("Reading rendered manifests as Kubernetes does", .timeLimit(.minutes(1)))
struct ManifestReadingTests {
    static func read(_ yaml: String) -> (items: [ManifestStream.Item], findings: [Finding]) {
        ManifestStream.read(Array(yaml.utf8), namespace: "staging", limits: RenderLimits())
    }

    static func configMap(_ data: String, metadata: String = "{name: a, namespace: staging}") -> String {
        "apiVersion: v1\nkind: ConfigMap\nmetadata: \(metadata)\ndata: \(data)\n"
    }

    static let pod = "{apiVersion: v1, kind: Pod, metadata: {name: x}}"

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let yaml: String
        let says: String

        init(_ name: String, _ yaml: String, _ says: String) {
            (testDescription, self.yaml, self.says) = (name, yaml, says)
        }
    }

    // MARK: Lists

    static func withItems(_ items: String, kind: String = "ConfigMap", version: String = "v1") -> String {
        "apiVersion: \(version)\nkind: \(kind)\nmetadata: {name: a, namespace: staging}\nitems: \(items)\n"
    }

    static let hiddenLists: [Case] = [
        Case("objects in a ConfigMap", withItems("[\(pod)]"), "ConfigMap a"),
        Case("objects in a custom resource", withItems("[\(pod)]", kind: "Shop", version: "acme.example/v1"), "Shop a"),
        Case("no element", withItems("[]"), "ConfigMap a"),
        Case("null", withItems("null"), "ConfigMap a"),
        Case("nothing", withItems(""), "ConfigMap a"),
        Case("a mapping", withItems("{a: b}"), "ConfigMap a"),
        Case("text", withItems("x"), "ConfigMap a"),
        Case("a quoted key", withItems("[]").replacing("items:", with: "\"items\":"), "ConfigMap a"),
        Case("an escaped key", withItems("[]").replacing("items:", with: "\"\\u0069tems\":"), "ConfigMap a"),
        Case("a list of another group", withItems("[\(pod)]", kind: "List", version: "acme.example/v1"), "List a"),
        Case("a list of texts", withItems("[a, b]", kind: "AllowList", version: "acme.example/v1"), "item 1"),
        Case("a list with null", withItems("[\(pod), null]", kind: "List"), "item 2"),
        Case("a list with something without a kind", withItems("[{apiVersion: v1}]", kind: "PodList"), "item 1"),
        Case("a list whose items are a mapping", withItems("{a: b}", kind: "List"), "List a"),
        Case("a list without items", "apiVersion: v1\nkind: List\n", "List"),
        Case(
            "objects that hide in an element of a list",
            withItems("[{apiVersion: v1, kind: ConfigMap, metadata: {name: b}, items: [\(pod)]}]", kind: "List"),
            "ConfigMap b"),
        Case(
            "lists in lists in lists",
            withItems(
                String(repeating: "[{apiVersion: v1, kind: List, items: ", count: 6) + "[\(pod)]"
                    + String(repeating: "}]", count: 6), kind: "List"), "lists"),
        Case(
            "a key that is read differently in quotes",
            withItems("[{apiVersion: v1, kind: ConfigMap, metadata: {name: b}, data: {on: x}}]", kind: "List"), "on"),
    ]

    @Test("refuses an object that kubectl and Argo CD would take apart", arguments: hiddenLists)
    func refusesItems(_ item: Case) {
        let (items, findings) = Self.read(item.yaml)
        #expect(items.isEmpty, "\(items.map(\.object.title))")
        #expect(findings.count == 1)
        #expect(["render.not-an-object", "render.unreadable"].contains(findings.first?.rule))
        #expect(findings.first?.message.contains(item.says) == true, "\(findings)")
    }

    static let list = """
        # Source: shop/templates/all.yaml
        apiVersion: v1
        kind: List
        metadata: {resourceVersion: ""}
        items:
          - apiVersion: v1
            kind: ConfigMap
            metadata: &meta
              name: one
              labels: {app: "1", "0": a}
            data:
              number: "12"
              truth: 'true'
              text: |
                first
                  second: "x" # not a comment

                last
              folded: >-
                a
                b
              empty: ""
              odd: "tab\\t and \\u00e9 and \\u2028"
              null-text: "null"
              hash: 'a #b'
            immutable: yes
          - apiVersion: v1
            kind: ServiceList
            items: [{apiVersion: v1, kind: Service, metadata: {name: two}, spec: {ports: [{port: 0x50}, {port: 1_0}]}}]
          - {apiVersion: apps/v1, kind: Deployment, metadata: {name: three}, spec: {replicas: 0o7, template: ~, x: []}}
          - apiVersion: v1
            kind: PodList
            items:
        """

    @Test("splits a real list, and lists in it, into documents of one object each")
    func splits() {
        let (items, findings) = Self.read(Self.list)
        #expect(findings == [])
        #expect(
            items.map(\.object.file.description)
                == ["apps_v1_deployment_three.yaml", "v1_configmap_one.yaml", "v1_service_two.yaml"])
        for item in items {
            let text = String(decoding: item.content, as: UTF8.self)
            #expect(text.hasPrefix("# Source: shop/templates/all.yaml\napiVersion: "), "\(text)")
            #expect(Self.read(text).items.map(\.object) == [item.object])
        }
        let text = String(decoding: items[1].content, as: UTF8.self)
        #expect(text.contains("    first\n      second: \"x\" # not a comment\n\n    last\n"), "\(text)")
    }

    @Test("splits a list into what kubectl reads from it", .needs("kubectl"))
    func sameAsKubectl() async throws {
        func objects(_ yaml: [UInt8]) async throws -> [JSONValue] {
            try await withTemporaryDirectory { directory in
                try writeFile("\(directory)/list.yaml", yaml)
                let text = try await Tool.output(
                    ["kubectl", "annotate", "--local", "-f", "list.yaml", "-o", "json", "a=b"], in: directory)
                return try (text + "\n").split(separator: "\n}\n").filter { $0.contains("{") }
                    .map { try JSONParser.parse(Array("\($0)\n}".utf8), file: "kubectl") }
            }
        }
        // kubectl does not read lists in lists.
        let flat =
            String(Self.list.split(separator: "  - apiVersion: v1\n    kind: ServiceList")[0])
            + "  - {apiVersion: apps/v1, kind: Deployment, metadata: {name: three}, spec: {replicas: 0o7, x: [1.50, .5]}}\n"
        let items = Self.read(flat).items
        var split: [JSONValue] = []
        for item in items.reversed() { split += try await objects(item.content) }
        #expect(try await objects(Array(flat.utf8)) == split)
        #expect(split.count == 2)
    }

    @Test("reads no object from a list without elements", arguments: ["[]", "null", "~", ""])
    func emptyList(items: String) {
        let (read, findings) = Self.read(Self.withItems(items, kind: "List"))
        #expect(read.isEmpty && findings.isEmpty, "\(findings)")
    }

    @Test("takes a kind that ends in List for an object when it has no items")
    func objectNamedList() {
        let yaml = "apiVersion: acme.example/v1\nkind: AllowList\nmetadata: {name: a}\nspec: {items: [x]}\n"
        #expect(Self.read(yaml).items.map(\.object.kind) == ["AllowList"])
    }

    @Test("counts the elements of lists as objects")
    func limit() {
        var limits = RenderLimits()
        limits.objects = 2
        let list = Self.withItems("[\(Self.pod), \(Self.pod.replacing("x", with: "z"))]", kind: "List")
        func rules(_ yaml: String) -> [String] {
            ManifestStream.read(Array(yaml.utf8), namespace: "n", limits: limits).findings.map(\.rule)
        }
        #expect(rules(list) == [])
        #expect(rules(list + "---\n" + Self.configMap("{}")) == ["render.too-many-objects"])
    }

    // MARK: YAML

    static let ambiguous: [Case] = [
        Case("a binary value", configMap("{image: !!binary aW1hZ2U=}"), "!!binary"),
        Case("a binary key", configMap("{!!binary aW1hZ2U=: x}"), "binary"),
        Case("a binary kind", configMap("{}").replacing("ConfigMap", with: "!!binary UG9k"), "binary"),
        Case("a binary name", configMap("{}", metadata: "{name: !!binary YQ==}"), "binary"),
        Case("a tag of an application", configMap("{a: !foo bar}"), "!foo"),
        Case("a tag of a mapping", configMap("!foo {a: b}"), "!foo"),
        Case("a tag of a sequence", configMap("{a: !foo [b]}"), "!foo"),
        Case("a verbatim tag", configMap("{a: !<tag:yaml.org,2002:binary> aW1hZ2U=}"), "2002:binary"),
        Case("a short verbatim tag", configMap("{a: !<!!binary> aW1hZ2U=}"), "!!binary"),
        Case("a tag directive", "%TAG !e! tag:yaml.org,2002:\n---\n" + configMap("{a: !e!binary aW1hZ2U=}"), ""),
        Case("a tag directive alone", "%TAG ! tag:yaml.org,2002:\n--- \n" + configMap("{a: !binary aW1hZ2U=}"), ""),
        Case("a version directive", "%YAML 1.2\n---\n" + configMap("{a: b}"), ""),
        Case("a set", configMap("{a: !!set {b, c}}"), "2002:set"),
        Case("an ordered map", configMap("{a: !!omap [b: c]}"), "2002:omap"),
        Case("a timestamp", configMap("{a: !!timestamp 2001-01-01}"), "2002:timestamp"),
        Case("a merge tag", configMap("{a: !!merge b}"), "2002:merge"),
        Case("the tag of a mapping on a sequence", configMap("{a: !!map [b]}"), "2002:map"),
        Case("a number in quotes with the tag of numbers", configMap("{a: !!int \"12\"}"), "2002:int"),
        Case("a number of another base with the tag of numbers", configMap("{a: !!int 0x10}"), "2002:int"),
        Case("a truth value of YAML 1.1 with its tag", configMap("{a: !!bool yes}"), "2002:bool"),
        Case("text with the tag of null", configMap("{a: !!null x}"), "2002:null"),
        Case("a quoted merge key with a bare tag", configMap("{a: &x {k: v}, b: {! \"<<\": *x}}"), "\"!\""),
        Case("a null with a bare tag", configMap("{}", metadata: "{name: a, namespace: ! null}"), "\"!\""),
        Case("a null with an anchor and a bare tag", configMap("{a: &x ! ~}"), "\"!\""),
        Case("a number with a bare tag", configMap("{a: ! 12}"), "\"!\""),
        Case("a bare tag behind text that is not ASCII", configMap("{é: ü, a: ! 12}"), "\"!\""),
        Case("an object behind an empty document", "null\n...\n" + configMap("{}"), ""),
        Case("an object before an empty document", configMap("{}") + "...\n~\n", ""),
        Case(
            "a second object behind a document end", configMap("{}") + "...\n" + configMap("{a: b}"), ""
        ),
        Case("a separator that ends in a space of Unicode", configMap("{}") + "---\u{a0}#a: b\n" + "x: y\n", ":5"),
        Case("a separator with text", configMap("{}") + "--- {a: b}\n", "---"),
        Case("a separator inside of quoted text", configMap("{a: \"\n---x\n\"}"), "---"),
        Case("a carriage return before the separator", configMap("{}") + "x: y\r---\r" + configMap("{}"), ""),
        Case(
            "a line separator before the separator", configMap("{}") + "x: y\u{2028}---\u{2028}" + configMap("{}"), ""),
        Case("a key twice", configMap("{a: b, \"a\": c}"), "twice"),
        Case("a key twice by an alias", configMap("{a: &k b, *k : c, b: d}"), "twice"),
        Case("an alias of the value that holds it", configMap("{a: &x {b: *x}}"), "alias"),
        Case("a list as key", configMap("{[a]: b}"), "key"),
    ]

    @Test("refuses text that Kubernetes reads as another value", arguments: ambiguous)
    func refusesAmbiguity(_ item: Case) {
        let (_, findings) = Self.read(item.yaml)
        let finding = findings.first
        #expect(finding?.rule == "render.unreadable", "\(findings)")
        let says = item.says.replacing("!!binary", with: item.yaml.contains("<!!") ? "!!binary" : "2002:binary")
        #expect(finding?.message.contains(says) == true, "\(findings)")
    }

    @Test("refuses UTF-16, which Kubernetes would decode", arguments: [true, false])
    func utf16(isBigEndian: Bool) {
        let bytes = ("\u{feff}" + Self.configMap("{}")).utf16.flatMap { unit in
            let pair = [UInt8(unit >> 8), UInt8(unit & 0xFF)]
            return isBigEndian ? pair : pair.reversed()
        }
        let (items, findings) = ManifestStream.read(bytes, namespace: "staging", limits: RenderLimits())
        #expect(items.isEmpty)
        #expect(findings.first?.rule == "render.unreadable", "\(findings)")
    }

    // libyaml and Kubernetes' reader agree that the question mark begins a key, other readers of YAML do not.
    @Test("reads a key behind a question mark as Kubernetes does")
    func questionMark() throws {
        let yaml = Self.configMap("{?image: a, list: [?image: b]}", metadata: "{name: a, ?namespace: b}")
        let item = try #require(Self.read(yaml).items.first)
        #expect(item.object.namespace == "b")
        #expect(item.node["data"]?["image"]?.string == "a")
        #expect(item.node["data"]?["list"]?.sequence?.first?["image"]?.string == "b")
    }

    static let typedHeaders: [String] = ["yes", "on", "n", "12", "0o7", "1_000", ".inf", "0x1F", "1e3", "-1", "true"]

    @Test("refuses a name that Kubernetes reads as a number or a truth value", arguments: typedHeaders)
    func refusesTypedHeaders(text: String) {
        let objects = [
            Self.configMap("{}", metadata: "{name: \(text)}"),
            Self.configMap("{}", metadata: "{name: a, namespace: \(text)}"),
            Self.configMap("{}").replacing("ConfigMap", with: text),
            Self.configMap("{}").replacing("v1", with: text),
        ]
        for object in objects {
            let findings = Self.read(object).findings
            #expect(findings.map(\.rule) == ["render.not-an-object"])
            #expect(findings.first?.remedy == "write it in quotes", "\(findings)")
        }
        #expect(Self.read(Self.configMap("{}", metadata: "{name: \"\(text)\", namespace: '\(text)'}")).findings == [])
        #expect(Self.read(Self.configMap("{}", metadata: "{name: !!str \(text)}")).findings == [])
    }

    static let plain: [String] = [
        configMap("{a: !!str 12, b: !!int 12, c: !!float 1.5, d: !!bool true, e: !!null ~, f: !!map {}, g: !!seq []}"),
        configMap("{a: &x {b: c}, d: *x, e: !!str text, f: !<tag:yaml.org,2002:str> text}"),
        configMap("{a: yes, b: 0o7, c: 2001-01-01, d: 'quoted', e: \"Hello! you\", f: Hello ! you, g: '?'}"),
        configMap("\n  a: ?b=c\n  ?d: e\n  ? f\n  : g"),
        configMap("\n  text: |\n    ---\n    not a separator\n    ...\n"),
        "\u{feff}" + configMap("{}"),
        configMap("{}") + "...\n",
        "--- # a comment\n" + configMap("{}"),
        configMap("{}") + "--- # a comment\n# nothing else\n",
        "{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"metadata\": {\"name\": \"a\"}}\n",
        configMap("{}", metadata: "{name: a1b, namespace: 2001-01-01}"),
        configMap("{}").replacing("\n", with: "\r\n"),
    ]

    @Test("accepts what every reader reads alike", arguments: plain)
    func acceptsPlain(yaml: String) {
        let (items, findings) = Self.read(yaml)
        #expect(findings == [])
        #expect(items.map(\.object.kind) == ["ConfigMap"])
    }
}
