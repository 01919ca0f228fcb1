import CapsuleCore
import CapsuleTestSupport
import Documents
import OCI
import Signing
import Support
import Testing

@testable import EvidencePolicies
@testable import GitOps

/// Every limit at its value and one past it, and what nobody would write.
@Suite("The limits of policy.yaml", .timeLimit(.minutes(1)))
struct PolicyLimitTests {
    private func expectLimit(_ message: String, at limit: Int, _ text: (Int) -> String) throws {
        _ = try PolicyFixture.read(text(limit))
        let error = #expect(throws: DocumentError.self) { try PolicyFixture.read(text(limit + 1)) }
        #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
    }

    @Test("revoked digests")
    func revoked() throws {
        for kind in ["releases", "keys"] {
            try expectLimit("revoked.\(kind) has 1001 entries; the limit is 1000", at: PolicyLimits.revoked) { count in
                let digests = (0..<count).map { Digest.sha256(of: "\($0)".utf8).description }
                return PolicyFixture.least + "revoked: {\(kind): [\(digests.joined(separator: ","))]}\n"
            }
        }
    }

    @Test("attestations of a stage, with those of all")
    func attestations() throws {
        let message = "has 33 entries, including those for every stage; the limit is 32"
        try expectLimit(message, at: PolicyLimits.attestations) { count in
            let own = (1..<count).map { "{promoted: s\($0), keys: [ci]}" }.joined(separator: ", ")
            return PolicyFixture.least.replacing("{maximumAge: 1d}", with: "{attestations: [\(own)]}")
                + "attestations: [{type: sbom, keys: [ci]}]\n"
        }
    }

    @Test("texts of provenance")
    func texts() throws {
        try expectLimit("must be 1 to 2048", at: PolicyLimits.text) { count in
            PolicyFixture.least
                + "attestations: [{type: provenance, keys: [ci], builder: \(String(repeating: "x", count: count))}]\n"
        }
    }

    @Test("keys")
    func keys() throws {
        // That two names are one key comes after their number.
        func text(_ count: Int) -> String {
            let keys = (0..<count).map { "  k\($0): {file: keys/ci.pub}\n" }.joined()
            return "schemaVersion: release-capsule-policy/v1alpha1\nsignatures: {keys: [k0]}\nkeys:\n\(keys)"
        }
        let twins = #expect(throws: DocumentError.self) { try PolicyFixture.read(text(PolicyLimits.keys)) }
        #expect(twins?.message.contains("same key") == true)
        let many = #expect(throws: DocumentError.self) { try PolicyFixture.read(text(PolicyLimits.keys + 1)) }
        #expect(many?.message.contains("keys has 65 entries; the limit is 64") == true)
    }

    @Test("a key file")
    func keyFile() throws {
        let document = try PolicyDocument(yaml: Array(PolicyFixture.least.utf8), file: "policy.yaml")
        var files = try PolicyFixture.files
        let path = try RelativePath("keys/ci.pub")
        let pem = Array(PolicyFixture.ci.pem.utf8)
        files[path] = pem + [UInt8](repeating: UInt8(ascii: "\n"), count: PolicyLimits.keyFile - pem.count)
        #expect(try document.policy(files).keys.first?.key == PolicyFixture.ci)
        files[path]?.append(UInt8(ascii: "\n"))
        let error = #expect(throws: DocumentError.self) { try document.policy(files) }
        #expect(error?.message.contains("more than 16384 bytes") == true, "\(error?.message ?? "")")
    }

    @Test("the file, in memory and on the disk")
    func bytes() async throws {
        func text(_ count: Int) -> String {
            PolicyFixture.least + "#" + String(repeating: "x", count: count - PolicyFixture.least.utf8.count - 1)
        }
        try expectLimit("at most 262144", at: PolicyLimits.document.bytes, text)
        try await withTemporaryDirectory { directory in
            try PolicyFixture.write(text(PolicyLimits.document.bytes), to: directory)
            #expect(try EvidencePolicy.load(path: "\(directory)/policy.yaml").keys.count == 2)
            try writeFile("\(directory)/policy.yaml", text(PolicyLimits.document.bytes + 1))
            let error = #expect(throws: FileError.self) {
                try EvidencePolicy.load(path: "\(directory)/policy.yaml")
            }
            #expect(error?.code == .limitExceeded)
            try writeFile("\(directory)/policy.yaml", PolicyFixture.least)
            try writeFile("\(directory)/keys/ci.pub", [UInt8](repeating: 0x41, count: PolicyLimits.keyFile + 1))
            let key = #expect(throws: DocumentError.self) { try EvidencePolicy.load(path: "\(directory)/policy.yaml") }
            #expect(key?.message.contains("the key ci: \"keys/ci.pub\" has more than") == true)
            let none = #expect(throws: FileError.self) { try EvidencePolicy.load(path: "\(directory)/none.yaml") }
            #expect(none?.code == .notFound)
        }
    }

    @Test("bombs and depth end quickly")
    func bombs() {
        let depth = String(filledWith: "[", count: 100_000)
        let laughs = "a: &a [x,x,x,x]\nb: &b [*a,*a,*a,*a]\nc: [*b,*b,*b,*b]\n"
        let binary = [UInt8](repeating: 0, count: 1000)
        for bytes in [
            Array("x: \(depth)".utf8), Array(laughs.utf8), binary, Array("\u{FEFF}x".utf8), [0xFF, 0xFE, 0, 0],
        ] {
            let start = ContinuousClock.now
            #expect(throws: DocumentError.self) { try PolicyDocument(yaml: bytes, file: "policy.yaml") }
            #expect(ContinuousClock.now - start < .seconds(1))
        }
    }

    @Test("whatever is changed in a good policy, it is read to the same rules or refused, and never crashes")
    func changes() throws {
        var random = SplitMix(seed: 20_260_601)
        let good = Array(PolicyFixture.full.utf8)
        let files = try PolicyFixture.files
        for _ in 0..<4_000 {
            var bytes = good
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: index)
                case 2: bytes.insert(Array("[]{}:,#&*! \n-\"'".utf8).randomElement(using: &random) ?? 0, at: index)
                default: bytes.removeSubrange(index..<min(bytes.count, index + 20))
                }
            }
            do {
                let policy = try PolicyDocument(yaml: bytes, file: "policy.yaml").policy(files)
                // Whoever is let in is somebody.
                for stage in [nil, "production"] + policy.stages.keys.map(Optional.some) {
                    let rules = policy.rules(for: stage)
                    for by in [rules.signatures].compactMap({ $0 }) + rules.attestations.map(\.by) {
                        #expect(!by.keys.isEmpty && (1...by.keys.count).contains(by.threshold))
                    }
                }
            } catch {
                #expect(error.message.hasPrefix("policy.yaml"), "\(error.message)")
            }
        }
    }
}
