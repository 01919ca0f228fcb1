import Archive
import CapsuleCore
import CapsuleReports
import CapsuleTestSupport
import CapsuleTrust
import Documents
import OCI
import ReleaseTestSupport
import Signing
import Testing

/// Rows S1 to S6 of docs/security.md, on a capsule in memory.
@Suite("Signatures of a capsule", .timeLimit(.minutes(1)))
struct SignatureTests {
    static let key = SigningKey()
    static let other = SigningKey()

    private func signer(_ key: SigningKey = key, _ repository: String = Variant.capsulePlace) throws -> ReleaseSigner {
        ReleaseSigner(key: key, repository: try Repository(repository)) { _ in }
    }

    private func requirement(
        _ keys: [SigningKey] = [key], threshold: Int = 1, _ repository: String = Variant.capsulePlace
    ) throws -> SignatureRequirement {
        try SignatureRequirement(
            keys: keys.map(\.verificationKey), threshold: threshold, repository: try Repository(repository))
    }

    /// Makes a capsule, lets `attach` add to the store, verifies, and returns the signature's check.
    private func check(
        _ requirement: SignatureRequirement? = nil, binding: EvidenceBinding = .digest,
        wrap: (MemoryStore) -> any ContentSource = { $0 },
        _ attach: (Variant.Made) async throws -> Void
    ) async throws -> (report: VerificationReport, signature: CheckResult) {
        let made = try Variant().make()
        try await attach(made)
        let request = VerificationRequest(
            capsule: ArtifactReference(made.store.reference, tag: try Tag("git-\(Variant.commit)")),
            source: wrap(made.store),
            imageRepository: try Repository(Variant.imageRepository), packageKind: .kustomize,
            evidence: EvidenceRequirements(
                signatures: [try requirement ?? self.requirement()], binding: binding))
        let report = try await Verifier(opener: MemoryOpener([try Variant.imageStore()])).verify(request).report
        return (report, try #require(report.checks.last { $0.id == "signature" }))
    }

    @Test("a signed release passes, with the check among the others exactly once")
    func signed() async throws {
        let (report, signature) = try await check { made in
            let report = try await signer().sign(made.manifest, in: made.store)
            #expect(report.signature == .added && report.bundle == .added)
        }
        #expect(report.ok, "\(report.text())")
        #expect(report.checks.count == 16 && report.checks.filter { $0.id == "signature" }.count == 1)
        #expect(signature.evidence[Self.key.verificationKey.description] == "bundle, simple signing")
    }

    @Test("each form is enough alone")
    func eitherForm() async throws {
        for isBundle in [true, false] {
            let (report, _) = try await check { made in
                try await keepOne(isBundle: isBundle, of: made) { try await signer().sign(made.manifest, in: $0) }
            }
            #expect(report.ok, "\(report.text())")
        }
    }

    @Test("a report without the check is not verified where signatures were required")
    func notOmitted() async throws {
        let (report, signature) = try await check { try await signer().sign($0.manifest, in: $0.store) }
        func ok(_ checks: [CheckResult], signed: Bool) -> Bool {
            VerificationReport(
                capsule: report.capsule, image: report.image, release: report.release, checks: checks,
                evidence: signed ? ["signature"] : []
            ).ok
        }
        let without = report.checks.filter { $0.id != "signature" }
        var skipped = signature
        skipped.status = .skipped
        #expect(ok(report.checks, signed: true))
        #expect(!ok(without, signed: true))
        #expect(!ok(without + [skipped], signed: true))
        #expect(!ok(report.checks + [signature], signed: true))
        #expect(ok(without, signed: false))
    }

    @Test("signing again adds nothing, and a second key adds to what is there")
    func again() async throws {
        let made = try Variant().make()
        _ = try await signer().sign(made.manifest, in: made.store)
        let again = try await signer().sign(made.manifest, in: made.store)
        #expect(again.signature == .present && again.bundle == .present)
        _ = try await signer(Self.other).sign(made.manifest, in: made.store)
        let tag = try #require(try await made.store.resolve(try Tag("sha256-\(made.manifest.digest.hex).sig")))
        #expect(try await made.store.manifest(tag).imageManifest().layers.count == 2)
        #expect(try await made.store.referrers(of: made.manifest.digest).count == 2)
    }

    @Test("a threshold counts keys, not signatures")
    func threshold() async throws {
        let both = try requirement([Self.key, Self.other], threshold: 2)
        let one = try await check(both) { made in
            _ = try await signer().sign(made.manifest, in: made.store)
            made.store.add(try Self.bundle(made.manifest, Self.statement(made.manifest.digest.hex), by: Self.key))
        }
        #expect(one.signature.status == .fail)
        #expect(one.signature.reason?.contains("1 of 2 signatures are valid") == true)
        let two = try await check(both) { made in
            for key in [Self.key, Self.other] { _ = try await signer(key).sign(made.manifest, in: made.store) }
        }
        #expect(two.report.ok, "\(two.report.text())")
    }

    @Test("S1: a signature by another key, for another repository, of another capsule is refused with its reason")
    func wrongSignatures() async throws {
        let wrongKey = try await check { try await signer(Self.other).sign($0.manifest, in: $0.store) }
        #expect(wrongKey.signature.reason?.contains("none of the accepted keys made it") == true)
        let elsewhere = try await check { made in
            try await signer(Self.key, "ghcr.io/example/other").sign(made.manifest, in: made.store)
        }
        #expect(elsewhere.signature.reason?.contains("was made for \"ghcr.io/example/other\", not for") == true)
        #expect(!elsewhere.report.ok)
        let otherCapsule = try await check { made in
            let hex = String(repeating: "a", count: 64)
            made.store.add(try Self.bundle(made.manifest, Self.statement(hex), by: Self.key))
        }
        #expect(otherCapsule.signature.reason?.contains("it is about \"sha256:aaaa") == true)
    }

    /// The statement that `cosign sign` of cosign 3 writes, and its older type.
    static let nameless = ["https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1"]

    @Test(
        "a bundle that names the digest only counts, and the report says what that leaves open", arguments: nameless)
    func digestOnly(type: String) async throws {
        func attach(_ made: Variant.Made, _ key: SigningKey, _ hex: String) throws {
            let statement = Self.statement(hex).replacing(#""name":"\#(Variant.capsulePlace)","#, with: "")
                .replacing("https://in-toto.io/Statement/v1", with: type)
            made.store.add(try Self.bundle(made.manifest, statement, by: key))
        }
        let counted = try await check { try attach($0, Self.key, $0.manifest.digest.hex) }
        #expect(counted.report.ok, "\(counted.report.text())")
        let words = counted.signature.evidence[Self.key.verificationKey.description]
        #expect(words == "bundle that names the digest only")
        #expect(counted.signature.evidence["digest only"]?.contains("`bind: name`") == true)
        // The policy can demand the name, and nothing else becomes weaker.
        let named = try await check(binding: .name) { try attach($0, Self.key, $0.manifest.digest.hex) }
        #expect(named.signature.reason?.contains("`bind: name`") == true)
        let otherKey = try await check { try attach($0, Self.other, $0.manifest.digest.hex) }
        #expect(otherKey.signature.reason?.contains("none of the accepted keys made it") == true)
        let otherDigest = try await check { try attach($0, Self.key, String(repeating: "a", count: 64)) }
        #expect(otherDigest.signature.reason?.contains("it is about \"sha256:aaaa") == true)
        // Our own signatures name the repository.
        let ours = try await check(binding: .name) { try await signer().sign($0.manifest, in: $0.store) }
        #expect(ours.report.ok && ours.signature.evidence["digest only"] == nil, "\(ours.report.text())")
    }

    @Test("an empty reference in the payload of simple signing is not a signature without a name")
    func emptyReference() async throws {
        let result = try await check { made in
            let payload =
                #"{"critical":{"identity":{"docker-reference":""},"image":{"docker-manifest-digest":"\#(made.manifest.digest)"},"type":"cosign container image signature"},"optional":null}"#
            try Self.addSimple(Array(payload.utf8), nil, to: made)
        }
        #expect(result.signature.status == .fail)
    }

    @Test("S1: one flipped byte of a payload or a signature is refused")
    func flipped() async throws {
        for position in [0, 40, 120] {
            let result = try await check { made in
                var payload = Array(Self.statement(made.manifest.digest.hex).utf8)
                let signature = try Self.sign(payload, by: Self.key)
                payload[position] ^= 1
                made.store.add(try Self.bundle(made.manifest, payload: payload, signatures: [signature]))
            }
            #expect(result.signature.status == .fail)
        }
    }

    @Test(
        "S2, S3: a payload that is signed and malformed is refused",
        arguments: [
            #"{"_type":"https://in-toto.io/Statement/v2","subject":[S],"predicateType":"P"}"#,
            #"{"_type":"T","subject":[],"predicateType":"P"}"#, #"{"_type":"T","subject":[S,S],"predicateType":"P"}"#,
            #"{"_type":"T","subject":[S],"predicateType":"P","predicateType":"P"}"#,
            #"{"_type":"T","subject":[S],"Subject":[S],"predicateType":"P"}"#,
            "\u{FEFF}" + #"{"_type":"T","subject":[S],"predicateType":"P"}"#,
            #"{"_type":"T","subject":[S],"predicateType":"P"} {}"#, #"{"_type":"T","subject":[S],"predicateType":"P""#,
            #"{"_type":"T","subject":[S],"predicateType":"P","predicate":[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]}"#, "",
            "[]",
            "null", #"{"_type":"T","subject":[S]}"#,
        ])
    func malformed(_ template: String) async throws {
        let result = try await check { made in
            let subject = #"{"name":"\#(Variant.capsulePlace)","digest":{"sha256":"\#(made.manifest.digest.hex)"}}"#
            let payload = template.replacing("\"T\"", with: "\"https://in-toto.io/Statement/v1\"")
                .replacing("\"P\"", with: "\"https://sigstore.dev/cosign/sign/v1\"").replacing(
                    "[S", with: "[\(subject)"
                )
                .replacing(",S]", with: ",\(subject)]")
            made.store.add(try Self.bundle(made.manifest, payload, by: Self.key))
        }
        #expect(result.signature.status == .fail)
        #expect(result.signature.reason?.contains("malformed") == true, "\(result.signature.reason ?? "")")
    }

    @Test("S2: a simple-signing payload that says more or less than it may is refused")
    func malformedSimple() async throws {
        let good =
            #"{"critical":{"identity":{"docker-reference":"R"},"image":{"docker-manifest-digest":"D"},"type":"C"},"optional":null}"#
        let changes = [
            (#""type":"C""#, #""type":"other""#), (#""type":"C""#, #""type":"C","more":1"#),
            (#""docker-reference":"R""#, #""docker-reference":7"#), (#","optional":null"#, #","extra":null"#),
            (#"{"docker-manifest-digest":"D"}"#, #"{}"#),
            (#""docker-reference":"R""#, #""docker-reference":"R","docker-reference":"R""#),
        ]
        for (index, change) in ([("", "")] + changes).enumerated() {
            let result = try await check { made in
                let text = (change.0.isEmpty ? good : good.replacing(change.0, with: change.1))
                    .replacing("\"R\"", with: "\"\(Variant.capsulePlace)\"")
                    .replacing("\"D\"", with: "\"\(made.manifest.digest)\"")
                    .replacing("\"C\"", with: "\"cosign container image signature\"")
                try Self.addSimple(Array(text.utf8), nil, to: made)
            }
            #expect(result.report.ok == (index == 0), "\(change): \(result.report.text())")
        }
    }

    @Test("S4: signatures in lax DER are refused by that name")
    func laxDER() async throws {
        for change in [{ $0 + [0] }, { _ in [0x30, 6, 2, 1, 0, 2, 1, 0] }, { Array($0.dropLast()) }]
            as [([UInt8]) -> [UInt8]]
        {
            let result = try await check { made in
                let payload = Array(Self.statement(made.manifest.digest.hex).utf8)
                let signature = change(try Self.sign(payload, by: Self.key))
                made.store.add(try Self.bundle(made.manifest, payload: payload, signatures: [signature]))
                try Self.addSimple(payload, signature, to: made)
            }
            #expect(result.signature.reason?.contains("strict DER") == true, "\(result.signature.reason ?? "")")
        }
    }

    @Test("a bundle with two signatures, or none, is refused, even when one of them holds")
    func signatureCount() async throws {
        for count in [0, 2] {
            let result = try await check { made in
                let payload = Array(Self.statement(made.manifest.digest.hex).utf8)
                let signature = try Self.sign(payload, by: Self.key)
                made.store.add(
                    try Self.bundle(
                        made.manifest, payload: payload, signatures: [[UInt8]](repeating: signature, count: count)))
            }
            #expect(result.signature.reason?.contains("\(count) signatures in its envelope") == true)
        }
    }

    @Test("hints are hints, and both alphabets of base64 are read")
    func hints() async throws {
        let result = try await check { made in
            made.store.add(
                try Self.bundle(made.manifest, Self.statement(made.manifest.digest.hex), by: Self.key) { text in
                    text.replacing("\"sig\":", with: "\"keyid\":\"nonsense\",\"sig\":").replacing("+", with: "-")
                        .replacing("/", with: "_").replacing("application_", with: "application/")
                        .replacing("in-toto-json", with: "in-toto+json").replacing("v0.3-json", with: "v0.3+json")
                })
        }
        #expect(result.report.ok, "\(result.report.text())")
    }

    @Test("evidence that cannot be read does not hide evidence that can, up to the limit")
    func limits() async throws {
        for (count, ok) in [(99, true), (100, false)] {
            let result = try await check { made in
                _ = try await signer().sign(made.manifest, in: made.store)
                let layers = (0..<count).map {
                    Descriptor(mediaType: "text/plain", content: Array("\($0)".utf8), annotations: [:])
                }
                try await keepSimpleOnly(made, adding: layers)
            }
            #expect(result.report.ok == ok, "\(count): \(result.signature.reason ?? "")")
        }
    }

    @Test("S5: a release without a signature is rejected for that reason")
    func unsigned() async throws {
        let (report, signature) = try await check { _ in }
        #expect(!report.ok)
        #expect(signature.reason == "\(Variant.capsulePlace) holds no signature of this capsule")
    }

    @Test(
        "S5: an error while looking for signatures is not an answer",
        arguments: [OCIError.Code.unavailable, .unauthorized, .io], ["list", ".sig"])
    func errors(_ code: OCIError.Code, _ kind: String) async throws {
        let error = await #expect(throws: OCIError.self) {
            _ = try await check(wrap: { FailingEvidence(base: $0, kind: kind, code: code) }) { made in
                try await signer().sign(made.manifest, in: made.store)
            }
        }
        #expect(error?.code == code)
    }

    @Test("S6: an empty list of keys, and a threshold out of reach, are errors and never anyone")
    func emptyKeys() throws {
        for (keys, threshold) in [
            ([], 1), ([Self.key], 0), ([Self.key], 2), ([Self.key, Self.key], 2), ([Self.key], -1),
        ] {
            #expect(throws: DocumentError.self) { try requirement(keys, threshold: threshold) }
        }
    }
}
