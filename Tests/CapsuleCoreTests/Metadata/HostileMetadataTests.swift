import CapsuleCore
import CapsuleTestSupport
import Documents
import OCI
import ReleaseTestSupport
import Support
import Testing

@Suite("Hostile metadata")
struct HostileMetadataTests {
    private func check(_ bytes: [UInt8]) throws -> (sbom: [Finding], provenance: [Finding]) {
        let image = try Sample.image()
        let package = try Sample.package()
        return (
            SBOM.check(bytes, image: image, package: package),
            Provenance.check(
                bytes, image: image, packageDigest: package.digest, commit: try CommitID(Sample.commit))
        )
    }

    @Test(
        "damaged at random is judged, never trapped on", .timeLimit(.minutes(1)),
        arguments: 1...8 as ClosedRange<UInt64>)
    func random(_ seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let release = try Sample.release()
        let documents = [
            try Provenance.generate(release),
            try SBOM.generate(release, package: Sample.package(), committed: Sample.committed),
        ]
        for round in 0..<150 {
            var bytes = documents[round % 2]
            for _ in 0...Int.random(in: 0...4, using: &random) {
                let at = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0...3, using: &random) {
                case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: at)
                case 2: bytes.insert(UInt8(ascii: "{"), at: at)
                default: bytes.removeSubrange(at..<min(bytes.count, at + Int.random(in: 0...200, using: &random)))
                }
                if bytes.isEmpty { break }
            }
            // Whichever way it is damaged, neither kind ever passes for the other.
            let result = try check(bytes)
            #expect(!(round % 2 == 0 ? result.sbom : result.provenance).isEmpty)
        }
    }

    @Test("of values of the wrong kind has findings, whichever value it is", .timeLimit(.minutes(1))) func kinds()
        throws
    {
        let release = try Sample.release()
        let provenance = try JSONParser.parse(try Provenance.generate(release), file: "")
        let package = try Sample.package()
        let sbom = try JSONParser.parse(
            try SBOM.generate(release, package: package, committed: Sample.committed), file: "")
        for wrong in [JSONValue.null, .number("7"), .object([]), .array([]), .string(""), .bool(true)] {
            for key in ["_type", "subject", "predicateType", "predicate"] {
                let result = try check(Array(provenance.replacing(key, with: wrong).text.utf8))
                #expect(!result.provenance.isEmpty, "\(key) \(wrong)")
            }
            for key in ["spdxVersion", "SPDXID"] {
                let result = try check(Array(sbom.replacing(key, with: wrong).text.utf8))
                #expect(!result.sbom.isEmpty, "\(key) \(wrong)")
            }
        }
    }

    @Test("past the size limit is not even parsed", .timeLimit(.minutes(1))) func size() throws {
        let result = try check([UInt8](repeating: 0x20, count: (10 << 20) + 1))
        #expect(result.sbom.map(\.rule) == ["sbom.document"])
        #expect(result.provenance.map(\.rule) == ["provenance.document"])
        #expect(result.sbom.first?.message.contains("\((10 << 20))") == true)
    }

    @Test("says nothing with control characters in it") func messages() throws {
        let text = #"{"_type": "\u001b[2J\u202e", "bomFormat": "\u001b[2J"}"#
        let result = try check(Array(text.utf8))
        for finding in result.sbom + result.provenance { #expect(!finding.description.contains("\u{1B}")) }
    }

    @Test(
        "of others: a CycloneDX document written by its own library holds",
        .enabled { await Python.has("cyclonedx") }, .timeLimit(.minutes(1)))
    func cycloneDX() async throws {
        let hex = try #require(try Sample.image().digest).hex
        let texts = try await Python.check(
            """
            from cyclonedx.model.bom import Bom
            from cyclonedx.model.component import Component, ComponentType
            from cyclonedx.output.json import JsonV1Dot5, JsonV1Dot6
            from cyclonedx.schema import SchemaVersion
            from cyclonedx.validation.json import JsonStrictValidator
            from packageurl import PackageURL
            purl = PackageURL("oci", None, "shop", "sha256:\(hex)", {"repository_url": "ghcr.io/example/shop"})
            bom = Bom()
            bom.metadata.component = Component(name="shop", type=ComponentType.CONTAINER, purl=purl)
            bom.components.add(Component(name="openssl", version="3.0", type=ComponentType.LIBRARY))
            for output, version in (JsonV1Dot5, SchemaVersion.V1_5), (JsonV1Dot6, SchemaVersion.V1_6):
                text = output(bom).output_as_string()
                assert "\\n" not in text and JsonStrictValidator(version).validate_str(text) is None
                print(text)
            """, []
        ).split(separator: "\n").map(String.init)
        #expect(texts.count == 2)
        for (text, version) in zip(texts, ["1.5", "1.6"]) {
            #expect(text.contains(#""specVersion": "\#(version)""#), "\(text)")
            #expect(try check(Array(text.utf8)).sbom == [])
            let other = text.replacing(hex.prefix(8), with: "00000000")
            #expect(try check(Array(other.utf8)).sbom.map(\.rule) == ["sbom.subject"])
        }
    }

    @Test(
        "names images as the package-url library reads them", .enabled { await Python.has("packageurl") },
        .timeLimit(.minutes(1)))
    func purl() async throws {
        let complaint = try await Python.check(
            """
            import json, sys
            from packageurl import PackageURL
            for package in json.load(open(sys.argv[1]))["packages"][1:]:
                purl = PackageURL.from_string(package["externalRefs"][0]["referenceLocator"])
                want = "sha256:" + package["checksums"][0]["checksumValue"]
                if (purl.type, purl.version) != ("oci", want): print(purl)
                if purl.qualifiers != {"repository_url": package["name"], "tag": package["versionInfo"]}: print(purl)
            """, try SBOM.generate(Sample.release(), package: Sample.package(), committed: 0))
        #expect(complaint == "")
    }
}

extension JSONValue {
    fileprivate func replacing(_ key: String, with value: JSONValue) -> JSONValue {
        .object((members ?? []).map { $0.key == key ? JSONMember(key: key, value: value) : $0 })
    }
}
