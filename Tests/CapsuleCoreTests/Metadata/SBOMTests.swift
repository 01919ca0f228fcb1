import CapsuleCore
import CapsuleTestSupport
import Documents
import OCI
import ReleaseTestSupport
import Support
import Testing

@Suite("SBOM")
struct SBOMTests {
    private func check(_ text: String) throws -> [Finding] {
        SBOM.check(Array(text.utf8), image: try Sample.image(), package: try Sample.package())
    }

    private func sample() throws -> String {
        String(
            decoding: try SBOM.generate(Sample.release(), package: Sample.package(), committed: Sample.committed),
            as: UTF8.self)
    }

    private let image = "sha256:" + String(repeating: "ab", count: 32)

    @Test("is the same every time, and holds") func golden() throws {
        let text = try sample()
        try expectGolden(text, "sbom.json")
        #expect(try check(text) == [])
    }

    @Test("has a namespace of its own for every content") func namespace() throws {
        var release = try Sample.release()
        let one = try SBOM.generate(release, package: Sample.package(), committed: Sample.committed)
        release.image.digest = try Sample.digest("12")
        let other = try SBOM.generate(release, package: Sample.package(), committed: Sample.committed)
        func namespace(_ bytes: [UInt8]) throws -> String? {
            try JSONParser.parse(bytes, file: "")["documentNamespace"]?.string
        }
        #expect(try namespace(one) != namespace(other))
        #expect(try namespace(one) != nil)
    }

    @Test(
        "in each form that tools write is read where it names the image",
        arguments: [
            #"{"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","packages":[{"name":"x","versionInfo":"DIGEST"}]}"#,
            #"{"spdxVersion":"SPDX-2.2","SPDXID":"SPDXRef-DOCUMENT","packages":[{"checksums":[{"algorithm":"SHA256","checksumValue":"HEX"}]}]}"#,
            #"{"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","packages":[{"externalRefs":[{"referenceLocator":"pkg:oci/shop@sha256%3AHEX?arch=amd64&repository_url=ghcr.io%2Fexample%2Fshop"}]}]}"#,
            #"{"bomFormat":"CycloneDX","specVersion":"1.5","metadata":{"component":{"type":"container","name":"ghcr.io/example/shop","version":"DIGEST"}}}"#,
            #"{"bomFormat":"CycloneDX","specVersion":"1.6","metadata":{"component":{"type":"container","name":"x","purl":"pkg:oci/shop@DIGEST?repository_url=ghcr.io/example/shop"}}}"#,
            #"{"bomFormat":"CycloneDX","specVersion":"1.6","metadata":{"component":{"type":"container","name":"x","properties":[{"name":"aquasecurity:trivy:RepoDigest","value":"ghcr.io/example/shop@DIGEST"}]}}}"#,
            #"{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"type":"container","name":"x","hashes":[{"alg":"SHA-256","content":"HEX"}]}]}"#,
        ])
    func tools(_ template: String) throws {
        let hex = String(image.dropFirst(7))
        let text = template.replacing("DIGEST", with: image).replacing("HEX", with: hex)
        #expect(try check(text) == [])
        #expect(
            try check(text.replacing(hex, with: String(repeating: "ba", count: 32))).map(\.rule) == ["sbom.subject"])
    }

    @Test("of the package's files alone holds when it has all of them, with SHA-256") func filesAlone() throws {
        let package = try Sample.package()
        func document(_ files: [PackageFile], algorithm: String = "SHA-256") -> String {
            let components = files.map { file in
                #"{"type":"file","name":"package/kustomize/\#(file.path)","hashes":[{"alg":"\#(algorithm)","content":"\#(Digest.sha256(of: file.content).hex)"}]}"#
            }
            return
                #"{"bomFormat":"CycloneDX","specVersion":"1.6","components":[\#(components.joined(separator: ","))]}"#
        }
        #expect(try check(document(package.files)) == [])
        #expect(try check(document(Array(package.files.dropLast()))).map(\.rule) == ["sbom.subject"])
        #expect(try check(document(package.files, algorithm: "SHA3-256")).map(\.rule) == ["sbom.subject"])
        let extra = try Sample.files([("base/extra.yaml", "x")])
        #expect(try check(document(package.files + extra)).map(\.rule) == ["sbom.file"])
    }

    @Test("that gives the package's files SHA-1 alone, which can be forged, proves nothing") func sha1() throws {
        let document = try JSONParser.parse(Array(sample().utf8), file: "")
        let files = try #require(document["files"]?.array).map { file -> String in
            let name = try #require(file["fileName"]?.string)
            let sha1 = try #require(file["checksums"]?.array?.first?["checksumValue"]?.string)
            return #"{"type":"file","name":"\#(name)","hashes":[{"alg":"SHA-1","content":"\#(sha1)"}]}"#
        }
        let text = #"{"bomFormat":"CycloneDX","specVersion":"1.6","components":[\#(files.joined(separator: ","))]}"#
        #expect(try check(text).map(\.rule) == ["sbom.subject"])
    }

    @Test("with a wrong checksum of a file is refused even when it names the image", arguments: ["SHA1", "SHA256"])
    func checksum(_ algorithm: String) throws {
        let text = try sample()
        // The files come last.
        let marker = try #require(
            text.ranges(of: "\"algorithm\": \"\(algorithm)\",\n          \"checksumValue\": \"").last)
        var changed = text
        let digit = changed[marker.upperBound]
        changed.replaceSubrange(marker.upperBound...marker.upperBound, with: digit == "0" ? "1" : "0")
        #expect(try check(changed).map(\.rule).contains("sbom.checksum"))
    }

    @Test(
        "that is none, or cannot be read one way only, is refused",
        arguments: [
            "", "[]", "{}", "null", "<xml/>", #"{"spdxVersion":"SPDX-3.0"}"#, #"{"spdxVersion":"SPDX-2.3"}"#,
            #"{"bomFormat":"CycloneDX","specVersion":"1.4"}"#, #"{"bomFormat":"CycloneDX"}"#,
            #"{"bomFormat":"cyclonedx","specVersion":"1.6"}"#,
            #"{"bomFormat":"CycloneDX","bomFormat":"CycloneDX","specVersion":"1.6"}"#,
            #"{"bomFormat":"CycloneDX","specVersion":"1.6"}{}"#,
        ])
    func refused(_ text: String) throws {
        #expect(try check(text).map(\.rule) == ["sbom.document"])
    }

    @Test(
        "is valid SPDX 2.3 to the SPDX project's own library", .enabled { await Python.has("spdx_tools") },
        .timeLimit(.minutes(1)))
    func validator() async throws {
        let complaint = try await Python.check(
            """
            import hashlib, sys
            from spdx_tools.spdx.parser.parse_anything import parse_file
            from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document
            from spdx_tools.spdx.model import ChecksumAlgorithm
            document = parse_file(sys.argv[1])
            for message in validate_full_spdx_document(document): print(message.validation_message)
            sha1s = sorted(c.value for f in document.files for c in f.checksums if c.algorithm == ChecksumAlgorithm.SHA1)
            code = hashlib.sha1("".join(sha1s).encode()).hexdigest()
            package = document.packages[0]
            if package.verification_code.value != code: print("verification code", code)
            """, Array(sample().utf8))
        #expect(complaint == "")
    }
}
