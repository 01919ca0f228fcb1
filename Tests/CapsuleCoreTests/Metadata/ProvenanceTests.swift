import CapsuleCore
import CapsuleTestSupport
import Documents
import OCI
import ReleaseTestSupport
import Support
import Testing

@Suite("Provenance")
struct ProvenanceTests {
    private func check(_ text: String, source: String? = "https://github.com/example/shop") throws -> [Finding] {
        Provenance.check(
            Array(text.utf8), image: try Sample.image(), packageDigest: try Sample.package().digest,
            commit: try CommitID(Sample.commit), source: source)
    }

    private func sample(run: BuildRun? = nil) throws -> String {
        String(decoding: try Provenance.generate(Sample.release(), run: run), as: UTF8.self)
    }

    @Test("without a run is the same every time, and holds") func golden() throws {
        let text = try sample()
        try expectGolden(text, "provenance.json")
        #expect(try check(text) == [])
        #expect(try check(text, source: nil) == [])
    }

    @Test("with a run holds what the caller says, and no more") func run() throws {
        let run = BuildRun(
            builderID: "https://ci.example.com", invocationID: "https://ci.example.com/runs/7",
            started: Sample.committed, finished: Sample.committed + 61)
        let text = try sample(run: run)
        let details = try JSONParser.parse(Array(text.utf8), file: "")["predicate"]?["runDetails"]
        #expect(details?["builder"]?["id"] == "https://ci.example.com")
        #expect(details?["metadata"]?["invocationId"] == "https://ci.example.com/runs/7")
        #expect(details?["metadata"]?["startedOn"] == "2026-01-02T03:04:05Z")
        #expect(details?["metadata"]?["finishedOn"] == "2026-01-02T03:05:06Z")
        #expect(try check(text) == [])
        let bare = try JSONParser.parse(
            Array(sample(run: BuildRun(builderID: "https://ci.example.com")).utf8), file: "")
        #expect(bare["predicate"]?["runDetails"]?["metadata"] == nil)
    }

    @Test("holds no credential of the source repository") func credentials() throws {
        var release = try Sample.release()
        release.source?.repository = "https://bot:s3cret@github.com/example/shop?token=s3cret"
        let text = String(decoding: try Provenance.generate(release), as: UTF8.self)
        #expect(!text.contains("s3cret"))
        #expect(text.contains("git+https://github.com/example/shop@\(Sample.commit)"))
    }

    @Test(
        "that is not a statement about this release is refused, each with its own reason",
        arguments: [
            ("\"_type\": \"https://in-toto.io/Statement/v1\"", "\"_type\": \"x\"", "provenance.type"),
            ("\"_type\"", "\"_Type\"", "provenance.type"),
            ("\"subject\"", "\"Subject\"", "provenance.subject"),
            ("\"subject\"", "\"x\"", "provenance.subject"),
            ("slsa.dev/provenance/v1\"", "slsa.dev/provenance/v9\"", "provenance.predicate"),
            ("\"predicate\":", "\"predicates\":", "provenance.predicate"),
            (String(repeating: "ab", count: 32), String(repeating: "ba", count: 32), "provenance.subject"),
            (String(repeating: "ab", count: 32), String(repeating: "AB", count: 32), "provenance.subject"),
            ("ghcr.io/example/shop&", "ghcr.io/example/other&", "provenance.subject"),
            (Sample.commit, "1cc4cd87f40ae606d1822d5652b552f8c50a4668", "provenance.commit"),
            ("\"gitCommit\"", "\"md5\"", "provenance.commit"),
            ("git+https://github.com/example/shop@", "git+https://github.com/example/fork@", "provenance.commit"),
            ("{\n  \"_type\"", "{\n  \"subject\": [],\n  \"_type\"", "provenance.document"),
            ("{\n  \"_type\"", "{\n  \"Subject\": [],\n  \"_type\"", "provenance.document"),
            ("{\n  \"_type\"", "\u{FEFF}{\n  \"_type\"", "provenance.document"),
            ("]\n    },", "]\n    }, }", "provenance.document"),
        ])
    func attacks(_ old: String, _ new: String, _ rule: String) throws {
        let text = try sample()
        let changed = text.replacing(old, with: new)
        #expect(changed != text)
        #expect(try check(changed).map(\.rule).contains(rule))
    }

    @Test("with bytes after its end is refused", arguments: ["{}", "x", "\0", "\n]"])
    func trailing(_ bytes: String) throws {
        #expect(try check(sample() + bytes).map(\.rule) == ["provenance.document"])
        #expect(try check(sample() + "\n \n") == [])
    }

    @Test("nested without end is refused") func deep() throws {
        let nested = String(repeating: "[", count: 5000) + String(repeating: "]", count: 5000)
        let text = try sample().replacing("{\n  \"_type\"", with: "{\n  \"x\": \(nested),\n  \"_type\"")
        #expect(try check(text).map(\.rule) == ["provenance.document"])
    }

    @Test("with any byte of a subject's digest changed is refused", .timeLimit(.minutes(1))) func flips() throws {
        let bytes = try Provenance.generate(Sample.release())
        let image = try Sample.image()
        let package = try Sample.package().digest
        let commit = try CommitID(Sample.commit)
        let statement = String(decoding: bytes, as: UTF8.self)
        // The subjects end where the predicate begins; both digests stand there, the image's twice.
        let end = try #require(statement.firstRange(of: "predicateType"))
        let head = statement[..<end.lowerBound]
        var flipped = 0
        for hex in [try #require(image.digest).hex, package.hex] {
            for range in head.ranges(of: hex) {
                let start = statement.utf8.distance(from: statement.startIndex, to: range.lowerBound)
                for index in start..<start + 64 {
                    for bit: UInt8 in [1, 2, 4, 0x20, 0x80] {
                        var changed = bytes
                        changed[index] ^= bit
                        #expect(
                            !Provenance.check(changed, image: image, packageDigest: package, commit: commit).isEmpty,
                            "byte \(index), bit \(bit)")
                        flipped += 1
                    }
                }
            }
        }
        #expect(flipped == 3 * 64 * 5)
    }

    @Test("in older forms is read") func legacy() throws {
        let image = try #require(try Sample.image().digest).hex
        let package = try Sample.package().digest.hex
        func statement(_ materials: String) -> String {
            """
            {"_type": "https://in-toto.io/Statement/v0.1", "predicateType": "https://slsa.dev/provenance/v0.2",
             "subject": [{"name": "ghcr.io/example/shop", "digest": {"sha256": "\(image)"}},
                         {"name": "package/kustomize", "digest": {"sha256": "\(package)"}},
                         {"name": "other", "digest": {"sha1": "00"}}],
             "predicate": {\(materials)}}
            """
        }
        let uri = "git+https://github.com/example/shop.git@refs/heads/main"
        #expect(
            try check(statement(#""materials": [{"uri": "\#(uri)", "digest": {"sha1": "\#(Sample.commit)"}}]"#)) == [])
        #expect(
            try check(
                statement(
                    #""invocation": {"configSource": {"uri": "\#(uri)", "digest": {"sha1": "\#(Sample.commit)"}}}"#))
                == [])
        let other = String(Sample.commit.reversed())
        #expect(
            try check(
                statement(
                    #""materials": [{"uri": "\#(uri)", "digest": {"sha1": "\#(Sample.commit)"}},"#
                        + #"{"uri": "git+ssh://git@github.com/example/shop@x", "digest": {"sha1": "\#(other)"}}]"#)
            ).map(\.rule) == ["provenance.commit"])
        #expect(
            try check(
                statement(#""materials": [{"uri": "https://x.example/f", "digest": {"sha1": "\#(Sample.commit)"}}]"#)
            ).map(\.rule) == ["provenance.commit"])
    }

    @Test(
        "is an in-toto statement and SLSA provenance to in-toto's own library",
        .enabled { await Python.has("in_toto_attestation") }, .timeLimit(.minutes(1)))
    func validator() async throws {
        let run = BuildRun(
            builderID: "https://ci.example.com", invocationID: "7", started: Sample.committed,
            finished: Sample.committed + 61)
        for bytes in [try Provenance.generate(Sample.release()), try Provenance.generate(Sample.release(), run: run)] {
            let complaint = try await Python.check(
                """
                import json, sys
                from google.protobuf import json_format
                from in_toto_attestation.v1 import statement, statement_pb2
                from in_toto_attestation.predicates.provenance.v1 import provenance_pb2
                text = open(sys.argv[1]).read()
                s = statement.Statement([], "", {})
                s.pb = json_format.Parse(text, statement_pb2.Statement())
                s.validate()
                p = json_format.Parse(json.dumps(json.loads(text)["predicate"]), provenance_pb2.Provenance())
                assert p.build_definition.build_type and p.run_details.builder.id
                """, bytes)
            #expect(complaint == "")
        }
    }
}
