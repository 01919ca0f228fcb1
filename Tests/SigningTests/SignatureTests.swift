import CapsuleTestSupport
import Cryptography
import Processes
import Support
import Testing

@testable import Signing

@Suite("Signatures")
struct SignatureTests {
    private static let key = SigningKey()
    private static let message = Array("the exact bytes".utf8)

    // Signatures with both numbers of full length and no sign byte are told from others by their size.
    private static func parts() throws -> (r: [UInt8], s: [UInt8]) {
        let fixed = try #require(SignatureEncoding.fixed(key.signature(over: message)))
        return (Array(fixed[..<32]), Array(fixed[32...]))
    }

    private static func integer(_ bytes: [UInt8]) -> [UInt8] {
        let trimmed = Array(bytes.drop { $0 == 0 })
        let content = (trimmed.first ?? 0xFF) >= 0x80 ? [0] + trimmed : trimmed
        return [0x02, UInt8(content.count)] + content
    }

    private static func sequence(_ content: [UInt8]) -> [UInt8] { [0x30, UInt8(content.count)] + content }

    private func accepts(_ der: [UInt8]) -> Bool {
        Self.key.verificationKey.isSignature(der, over: Self.message)
    }

    @Test("what this program signs verifies here and in OpenSSL, and only over the same bytes")
    func roundTrip() async throws {
        let der = Self.key.signature(over: Self.message)
        #expect(accepts(der))
        #expect(!Self.key.verificationKey.isSignature(der, over: Self.message + [0]))
        try await withTemporaryDirectory { directory in
            try writeFile("\(directory)/key.pub", Self.key.verificationKey.pem)
            try writeFile("\(directory)/sig", der)
            try writeFile("\(directory)/message", Self.message)
            let command = ["openssl", "dgst", "-sha256", "-verify", "key.pub", "-signature", "sig", "message"]
            #expect(try await Tool.output(command, in: directory) == "Verified OK")
            try writeFile("\(directory)/message", "other bytes")
            #expect(try await Tool.run(command, in: directory).status != 0)
        }
    }

    @Test("only the one DER encoding of a signature is accepted")
    func strictDER() throws {
        let (r, s) = try Self.parts()
        let (R, S) = (Self.integer(r), Self.integer(s))
        let good = Self.sequence(R + S)
        #expect(accepts(good))
        let zero: [UInt8] = [0x02, 0x01, 0x00]
        let order: [UInt8] = [
            0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xBC, 0xE6,
            0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51,
        ]
        func padded(_ integer: [UInt8]) -> [UInt8] { [0x02, integer[1] + 1, 0] + integer.dropFirst(2) }
        let cases: [(String, [UInt8])] = [
            ("empty", []), ("no content", [0x30, 0x00]), ("trailing byte", good + [0]),
            ("trailing value", Self.sequence(R + S + zero)), ("r zero", Self.sequence(zero + S)),
            ("s zero", Self.sequence(R + zero)), ("both zero", Self.sequence(zero + zero)),
            ("both one", Self.sequence([0x02, 0x01, 0x01, 0x02, 0x01, 0x01])),
            ("r padded", Self.sequence(padded(R) + S)), ("s padded", Self.sequence(R + padded(S))),
            ("r empty", Self.sequence([0x02, 0x00] + S)), ("r negative", Self.sequence([0x02, 0x01, 0xFF] + S)),
            ("s missing", Self.sequence(R)), ("r the order", Self.sequence(Self.integer(order) + S)),
            ("s the order", Self.sequence(R + Self.integer(order))),
            ("r of 33 bytes", Self.sequence(Self.integer([1] + r) + S)),
            ("long length", [0x30, 0x81, UInt8(good.count - 2)] + good.dropFirst(2)),
            ("indefinite length", [0x30, 0x80] + good.dropFirst(2) + [0, 0]), ("cut", good.dropLast()),
            ("a set", [0x31] + good.dropFirst()), ("an octet string", Self.sequence([0x04] + R.dropFirst() + S)),
            ("raw r and s", r + s), ("swapped", Self.sequence(S + R)),
        ]
        for (name, der) in cases { #expect(!accepts(der), "\(name)") }
    }

    @Test("the pre-authentication encoding is DSSE's")
    func preAuthenticationEncoding() {
        #expect(
            PreAuthenticationEncoding.bytes(payloadType: "text/ä", payload: Array("hi".utf8))
                == Array("DSSEv1 7 text/ä 2 hi".utf8))
    }
}
