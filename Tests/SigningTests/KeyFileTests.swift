import CapsuleTestSupport
import Cryptography
import Foundation
import OCI
import Support
import Testing

@testable import Signing

@Suite("Key files")
struct KeyFileTests {
    private struct NoPassword: Error {}

    private func key(_ pem: String, password: String? = nil) throws -> SigningKey {
        try SigningKey(pem: Array(pem.utf8), file: "a.key") {
            guard let password else { throw NoPassword() }
            return Array(password.utf8)
        }
    }

    @Test("decrypts a key that cosign made, with its current and its older label")
    func cosignKey() throws {
        let older = KnownKey.encrypted.replacingOccurrences(of: "SIGSTORE", with: "COSIGN")
        for pem in [KnownKey.encrypted, older, KnownKey.encrypted.replacingOccurrences(of: "\n", with: "\r\n")] {
            #expect(try key(pem, password: "secret").verificationKey.pem == KnownKey.publicKey)
        }
        let publicKey = try VerificationKey(pem: Array(KnownKey.publicKey.utf8), file: "a.pub")
        #expect(publicKey.hint == "JNo3bUAiA1O93at1CsG4AeVi5+O0x/YaCR4XesckO+Y=")
    }

    @Test("a key can be encrypted and decrypted, and no two encryptions are equal")
    func roundTrip() throws {
        let new = SigningKey()
        let first = try new.encryptedPEM(password: Array("pass phrase".utf8))
        let second = try new.encryptedPEM(password: Array("pass phrase".utf8))
        #expect(first != second)
        let again = try key(first, password: "pass phrase")
        #expect(again.verificationKey == new.verificationKey)
        let message = Array("release".utf8)
        #expect(new.verificationKey.isSignature(again.signature(over: message), over: message))
        #expect(!new.verificationKey.isSignature(SigningKey().signature(over: message), over: message))
    }

    @Test("a wrong password and a damaged file give the same error")
    func wrongPassword() throws {
        let envelope = try #require(try KeyFile.blocks(Array(KnownKey.encrypted.utf8), file: "a.key").first)
        var text = String(decoding: envelope.bytes, as: UTF8.self)
        text.replace("u5kklfoz", with: "u5kklfoy")
        let damaged = PEM.encode(Array(text.utf8), label: envelope.label)
        var messages: Set<String> = []
        for (pem, password) in [(KnownKey.encrypted, "Secret"), (KnownKey.encrypted, ""), (damaged, "secret")] {
            let error = #expect(throws: SigningError.self) { try key(pem, password: password) }
            #expect(error?.code == .wrongPassword)
            messages.insert(error?.message ?? "")
        }
        #expect(messages == ["a.key cannot be decrypted with this password, or is damaged"])
    }

    @Test("the cost of scrypt is checked before anything is computed")
    func scryptBounds() throws {
        func accepts(_ n: Int, _ r: Int, _ p: Int) -> Bool {
            let json =
                #"{"kdf":{"name":"scrypt","params":{"N":\#(n),"r":\#(r),"p":\#(p)},"salt":"\#(Base64.encode([UInt8](repeating: 1, count: 32)))"},"#
                + #""cipher":{"name":"nacl/secretbox","nonce":"\#(Base64.encode([UInt8](repeating: 1, count: 24)))"},"#
                + #""ciphertext":"\#(Base64.encode([UInt8](repeating: 1, count: 150)))"}"#
            return (try? EncryptedKey(Array(json.utf8), file: "a.key")) != nil
        }
        // What cosign writes and wrote.
        #expect(accepts(65_536, 8, 1))
        #expect(accepts(32_768, 8, 1))
        // Memory: 128 MiB, and one step past.
        #expect(accepts(131_072, 8, 1))
        #expect(!accepts(262_144, 8, 1))
        #expect(!accepts(131_072, 9, 1))
        // Work: four times cosign's, and one step past.
        #expect(accepts(65_536, 8, 4))
        #expect(!accepts(65_536, 8, 5))
        for (n, r, p) in [
            (0, 8, 1), (1, 8, 1), (65_535, 8, 1), (65_536, 0, 1), (65_536, 8, 0), (-65_536, 8, 1),
            (Int.max, Int.max, Int.max), (2, 65, 1), (2, 1, 65), (65_536, -8, -1),
        ] {
            #expect(!accepts(n, r, p), "N=\(n) r=\(r) p=\(p)")
        }
    }

    @Test(
        "envelopes that are not exactly cosign's are rejected",
        arguments: [
            ("scrypt", "argon2id"), ("nacl/secretbox", "aes-gcm"), (#""kdf""#, #""KDF""#), ("{", "[{"),
            (#"{"kdf""#, #"{"ciphertext":"AAAA","kdf""#), ("S4nsRUH4pWRCOFst56jTG6yJjs4zGuhY", "S4ns"),
            ("+DJyqk/a8vXgGQEXTOEmlPLwUJxKQoBrPfd3OVteM7Y=", "AA=="), ("65536", "65536.5"),
        ])
    func hostileEnvelope(_ change: (String, String)) throws {
        let envelope = try #require(try KeyFile.blocks(Array(KnownKey.encrypted.utf8), file: "a.key").first)
        let text = String(decoding: envelope.bytes, as: UTF8.self)
            .replacingOccurrences(of: change.0, with: change.1)
        let error = #expect(throws: SigningError.self) {
            try key(PEM.encode(Array(text.utf8), label: envelope.label), password: "secret")
        }
        #expect(error?.code != .wrongPassword)
    }

    @Test("reads OpenSSL's P-256 keys in both forms, and derives OpenSSL's public key")
    func openSSLKeys() async throws {
        let pkcs8 = try await Tool.output(
            ["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"])
        let sec1 = try await Tool.output(["openssl", "ec"], input: Array(pkcs8.utf8))
        let withParameters = try await Tool.output(["openssl", "ecparam", "-name", "prime256v1", "-genkey"])
        #expect(sec1.contains("BEGIN EC PRIVATE KEY"))
        #expect(withParameters.contains("BEGIN EC PARAMETERS"))
        for pem in [pkcs8, sec1, withParameters] {
            let expected = try await Tool.output(["openssl", "pkey", "-pubout"], input: Array(pem.utf8))
            #expect(try key(pem).verificationKey.pem == expected + "\n")
        }
    }

    @Test("keys of other kinds are rejected by name")
    func otherKinds() async throws {
        let kinds: [(String, [String])] = [
            ("P-384", ["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"]),
            ("P-521", ["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"]),
            ("secp256k1", ["openssl", "ecparam", "-name", "secp256k1", "-genkey", "-noout"]),
            ("Ed25519", ["openssl", "genpkey", "-algorithm", "ED25519"]),
            ("RSA", ["openssl", "genpkey", "-algorithm", "RSA"]),
        ]
        for (name, command) in kinds {
            let pem = try await Tool.output(command)
            let error = #expect(throws: SigningError.self) { try key(pem) }
            #expect(error?.code == .unsupportedKey)
            #expect(error?.message.contains("of kind \(name);") == true, "\(error?.message ?? "")")
            let publicKey = try await Tool.output(["openssl", "pkey", "-pubout"], input: Array(pem.utf8))
            let publicError = #expect(throws: SigningError.self) {
                try VerificationKey(pem: Array(publicKey.utf8), file: "a.pub")
            }
            #expect(publicError?.message.contains("of kind \(name);") == true, "\(publicError?.message ?? "")")
        }
    }

    @Test("files without a key, with two keys or with the other half are rejected")
    func otherFiles() throws {
        let broken = [
            "", "hello", KnownKey.encrypted + KnownKey.encrypted, KnownKey.publicKey,
            String(KnownKey.encrypted.dropLast(20)), KnownKey.encrypted + "-----BEGIN X-----\n",
            String(repeating: "A", count: KeyFile.maximumSize + 1),
        ]
        for pem in broken {
            #expect(throws: SigningError.self, "\(pem.prefix(40))") { try key(pem, password: "secret") }
        }
        for pem in [
            "", KnownKey.encrypted, KnownKey.publicKey + KnownKey.publicKey,
            KnownKey.publicKey.replacingOccurrences(
                of: "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE", with: "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAF"),
        ] {
            #expect(throws: SigningError.self, "\(pem.prefix(40))") {
                try VerificationKey(pem: Array(pem.utf8), file: "a.pub")
            }
        }
        // At the limit of its size, a file is read.
        let padding = String(repeating: "\n", count: KeyFile.maximumSize - KnownKey.publicKey.utf8.count)
        #expect(throws: Never.self) {
            try VerificationKey(pem: Array((KnownKey.publicKey + padding).utf8), file: "a.pub")
        }
    }

    @Test("no description contains a private key")
    func secrecy() throws {
        let secret = SigningKey()
        var dumped = ""
        dump(secret, to: &dumped)
        for text in [dumped, "\(secret)", String(reflecting: secret)] {
            #expect(text.contains(secret.verificationKey.fingerprint.description))
            #expect(!text.contains("P256"))
        }
    }
}
