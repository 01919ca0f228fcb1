import CapsuleCore
import CapsuleTestSupport
import Processes
import Support
import Testing

@Suite("Schemas of charts", .timeLimit(.minutes(1)))
struct HelmSchemaTests {
    static func findings(_ schema: String, in directory: String = "") throws -> [Finding] {
        var texts = ["Chart.yaml": "apiVersion: v2\nname: shop\nversion: 0.1.0\n"]
        texts["charts/sub/Chart.yaml"] = "apiVersion: v2\nname: sub\nversion: 0.1.0\n"
        texts[directory + "values.schema.json"] = schema
        let files = try texts.map { PackageFile(path: try RelativePath($0.key), content: Array($0.value.utf8)) }
        return PackageLint.check(
            PackageTree(kind: .helm, entry: nil, files: files), imageName: nil, pinnedNames: [])
    }

    static let outside: [String] = [
        ##"{"$ref": "file:///etc/passwd"}"##, ##"{"$ref": "/etc/passwd"}"##, ##"{"$ref": "definitions.json"}"##,
        ##"{"$ref": "http://127.0.0.1:1/a"}"##, ##"{"$ref": "//127.0.0.1/a#/b"}"##, ##"{"$ref": "urn:a:b"}"##,
        ##"{"$ref": "%23/definitions/a"}"##, ##"{"\u0024ref": "file:\/\/\/etc\/passwd"}"##,
        ##"{"$dynamicRef": "file:///etc/passwd"}"##, ##"{"$recursiveRef": "passwd#"}"##,
        ##"{"$schema": "file:///etc/passwd"}"##, ##"{"$schema": "passwd"}"##, ##"{"$schema": ""}"##,
        ##"{"$schema": "http://127.0.0.1:1/schema"}"##, ##"{"$schema": "http://json-schema.org/draft-03/schema#"}"##,
        ##"{"$schema": "http://JSON-schema.org/draft-07/schema#"}"##,
        ##"{"$schema": "http://json-schema.org.evil.example/draft-07/schema#"}"##,
        ##"{"$schema": "http://json-schema.org/draft-07/schema#/definitions/a"}"##,
        ##"{"$schema": "http://json-schema.org/draft-07/../draft-99/schema#"}"##,
        ##"{"$id": "file:///etc/passwd"}"##, ##"{"$id": "FILE:/etc/passwd"}"##, ##"{"id": "file:///etc/passwd"}"##,
        ##"{"$id": "http://127.0.0.1:1/a#b"}"##, ##"{"id": "http://127.0.0.1:1/a#b"}"##,
        ##"{"$ref": "http://json-schema.org/draft-03/schema#"}"##,
        ##"{"$ref": "https://json-schema.org/draft-07/schema#"}"##,
    ]

    @Test("name nothing outside of themselves, at any depth", arguments: outside)
    func refuses(schema: String) throws {
        let nested = [
            schema, #"{"properties": {"a": \#(schema)}}"#, #"{"allOf": [{"items": [\#(schema)]}]}"#,
            #"{"$defs": {"a": {"$id": "https://example.com/a", "not": \#(schema)}}}"#, #"{"default": \#(schema)}"#,
            #"{"title": "\ud83d\ude00", "properties": {"a": \#(schema)}}"#,
        ]
        for text in nested {
            for directory in ["", "charts/sub/"] {
                let findings = try Self.findings(text, in: directory)
                #expect(findings.map(\.rule) == ["package.remote-reference"], "\(text): \(findings)")
                #expect(findings.first?.file == directory + "values.schema.json")
            }
        }
    }

    static let inside: [String] = [
        ##"{"$ref": "#/definitions/a", "definitions": {"a": {"type": "object"}}}"##,
        ##"{"properties": {"a": {"$ref": "#/$defs/a"}}, "$defs": {"a": {}}}"##,
        ##"{"properties": {"a": {"$ref": "#"}}}"##,
        ##"{"properties": {"a": {"$recursiveRef": "#"}}}"##,
        ##"{"$dynamicAnchor": "node", "properties": {"a": {"$dynamicRef": "#node"}}}"##,
        ##"{"$schema": "http://json-schema.org/draft-04/schema#"}"##,
        ##"{"$schema": "http://json-schema.org/draft-06/schema#"}"##,
        ##"{"$schema": "http://json-schema.org/draft-07/schema#"}"##,
        ##"{"$schema": "http://json-schema.org/draft-07/schema"}"##,
        ##"{"$schema": "https://json-schema.org/draft-07/schema#"}"##,
        ##"{"$schema": "http://json-schema.org/schema#"}"##,
        ##"{"$schema": "https://json-schema.org/draft/2019-09/schema"}"##,
        ##"{"$schema": "https://json-schema.org/draft/2020-12/schema#"}"##,
        ##"{"$ref": "http://json-schema.org/draft-07/schema#"}"##,
        ##"{"$id": "https://example.com/charts/shop/values.schema.json", "properties": {"a": {"$ref": "#/$defs/a"}}, "$defs": {"a": {}}}"##,
        ##"{"$id": "https://example.com/values.schema.json#"}"##, ##"{"$id": "values.schema.json"}"##,
        ##"{"properties": {"$ref": {"type": "string"}, "$schema": {"type": "string"}, "id": {"type": "string"}}}"##,
        ##"{"properties": {"a": {"default": {"id": "a#b"}}}, "title": "\ud83d\ude00", "A": 1, "a": 2}"##,
        ##"{"description": "see file:///etc/passwd", "not": {"required": ["$ref", "$schema"]}}"##,
    ]

    @Test("may refer to their own definitions, and to the drafts", arguments: inside)
    func accepts(schema: String) throws {
        #expect(try Self.findings(schema) == [])
        #expect(try Self.findings(schema, in: "charts/sub/") == [])
    }

    @Test("that helm reads without a file or a network pass the lint", .needs("helm"), arguments: inside)
    func oracle(schema: String) async throws {
        try await withTemporaryDirectory { directory in
            try writeFile("\(directory)/Chart.yaml", Array("apiVersion: v2\nname: shop\nversion: 0.1.0\n".utf8))
            try writeFile("\(directory)/templates/a.yaml", Array("kind: A\napiVersion: v1\n".utf8))
            try writeFile("\(directory)/values.schema.json", Array(schema.utf8))
            let proxy = ["HTTP_PROXY=http://127.0.0.1:1", "HTTPS_PROXY=http://127.0.0.1:1"]
            let result = try await Tool.run(["env"] + proxy + ["helm", "template", directory])
            #expect(result.succeeded, "\(result.errorOutput)")
        }
    }
}
