import CapsuleTestSupport
import Foundation
import Testing

@testable import Cryptography

@Suite("Base64 and PEM")
struct EncodingTests {
    @Test("base64 of both alphabets is read, padded or not, and nothing lax")
    func base64() {
        let bytes: [UInt8] = [0xFB, 0xEF, 0xFF, 0x00]
        for text in ["++//AA==", "--__AA==", "++//AA", "--__AA"] { #expect(Base64.decode(text) == bytes, "\(text)") }
        #expect(Base64.decode("") == [])
        for text in [
            "+-//AA==", "++//AA=", "++//AB==", "++//A", "++//AA==\n", " ++//AA==", "++//=AA=", "====", "=", "A",
        ] {
            #expect(Base64.decode(text) == nil, "\(text)")
        }
        for count in 0...50 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ count) }
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
        }
    }

    private static let one = "-----BEGIN X-----\nQUJDREVG\n-----END X-----\n"
    private static let two = "-----BEGIN Y Z-----\nQUJD\n-----END Y Z-----\n"

    private func blocks(_ text: String) -> [PEM.Block] { PEM.blocks(in: Array(text.utf8)) }

    @Test("PEM blocks are read in order, whatever text and white space is around them")
    func blocks() {
        let (first, second) = (
            PEM.Block(label: "X", bytes: Array("ABCDEF".utf8)), PEM.Block(label: "Y Z", bytes: Array("ABC".utf8))
        )
        let indented = Self.one.split(separator: "\n").map { "\t \($0) \n" }.joined()
        let cases: [(String, [PEM.Block])] = [
            ("", []), ("text", []), (Self.one, [first]), (Self.one + Self.two, [first, second]),
            ("a: b\n" + Self.one + "\n# text\n" + Self.two + "text", [first, second]), (indented, [first]),
            (Self.one.replacingOccurrences(of: "\n", with: "\r\n"), [first]),
            (Self.one.replacingOccurrences(of: "\n", with: "\r"), [first]),
            (Self.one.replacingOccurrences(of: "QUJDREVG", with: "QUJD\n\nRE VG"), [first]),
            ("-----BEGIN -----\n----- BEGIN X-----\n-----BEGIN \u{1B}[2J-----\n", []),
        ]
        for (text, expected) in cases { #expect(blocks(text) == expected, "\(text.debugDescription)") }
        #expect(PEM.blocks(in: [0xE9, 0x0A] + Array(Self.one.utf8)) == [first])
    }

    // OpenSSL's reader takes those marked; see docs/adr/0013-pem-and-der.md.
    @Test(
        "a damaged PEM block is reported as such, never skipped and never repaired",
        arguments: [
            ("QUJDREVG\n", ["X"]), ("QUJDREVG\n-----END Y-----\n", ["X"]), ("-----END X-----\n", ["X"]),
            ("QUJDQQ\n-----END X-----\n", ["X"]), ("QUJDQ===\n-----END X-----\n", ["X"]),
            ("QUJ!REVG\n-----END X-----\n", ["X"]), ("QUJ-REVG\n-----END X-----\n", ["X"]),
            ("QQ==\nQUJD\n-----END X-----\n", ["X"]), ("QUJDREVG\n-----END X-----text\n", ["X"]),
            /* taken */ ("QUJDAB==\n-----END X-----\n", ["X"]), /* taken */ ("QUJD-REV\n-----END X-----\n", ["X"]),
            /* taken */ ("QUJD\u{0}REVG\n-----END X-----\n", ["X"]),
            /* taken */ ("QUJD\u{1}REVG\n-----END X-----\n", ["X"]),
            /* taken */ ("Proc-Type: 4,ENCRYPTED\nDEK-Info: a\n\nQUJD\n-----END X-----\n", ["X"]),
            /* taken */ ("A: b\n\nQUJD\n-----END X-----\n", ["X"]),
            /* taken, as one block */ ("QUJD\n-----BEGIN Y-----\nAAAA\n-----END X-----\n", ["X", "Y"]),
        ])
    func damaged(rest: String, labels: [String]) {
        #expect(blocks("-----BEGIN X-----\n" + rest) == labels.map { PEM.Block(label: $0, bytes: nil) })
        #expect(blocks(rest).allSatisfy { $0.bytes == nil })
    }

    @Test("OpenSSL reads the PEM that is written here, and the other way round")
    func openSSL() async throws {
        let key = P256PrivateKey()
        let pem = PEM.encode(key.pkcs8, label: "PRIVATE KEY")
        #expect(try await Tool.output(["openssl", "pkey"], input: Array(pem.utf8)) + "\n" == pem)
        #expect(blocks(pem) == [PEM.Block(label: "PRIVATE KEY", bytes: key.pkcs8)])
    }

    @Test("certificates are recognized by OpenSSL, in DER and with nothing behind them")
    func certificates() async throws {
        try await withTemporaryDirectory { directory in
            try await Tool.output(
                [
                    "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-subj",
                    "/CN=a", "-keyout", "key", "-outform", "der", "-out", "der",
                ], in: directory)
            try await Tool.output(
                ["openssl", "x509", "-inform", "der", "-in", "der", "-setalias", "b", "-trustout", "-out", "trusted"],
                in: directory)
            let der = try readFile("\(directory)/der")
            let trusted = try #require(PEM.blocks(in: try readFile("\(directory)/trusted")).first)
            let trustedDER = try #require(trusted.bytes)
            #expect(trusted.label == "TRUSTED CERTIFICATE" && trustedDER.count > der.count)
            #expect(CertificateEncoding.isCertificate(der) && CertificateEncoding.isTrustedCertificate(der))
            #expect(CertificateEncoding.isTrustedCertificate(trustedDER))
            #expect(!CertificateEncoding.isCertificate(trustedDER))
            // Both forms of BER are what OpenSSL itself takes.
            let indefinite = [0x30, 0x80] + der.dropFirst(4) + [0, 0]
            let longLength = [0x30, 0x83, 0x00] + der.dropFirst(2)
            for (name, bytes) in [
                ("nothing", []), ("more behind it", der + [0]), ("an indefinite length", indefinite),
                ("a long length", longLength), ("a key", P256PrivateKey().pkcs8),
            ] {
                #expect(!CertificateEncoding.isCertificate(bytes), "\(name)")
                #expect(!CertificateEncoding.isTrustedCertificate(bytes), "\(name)")
            }
            for end in stride(from: 0, to: der.count, by: 7) {
                #expect(!CertificateEncoding.isCertificate(Array(der[..<end])), "cut at \(end)")
            }
        }
    }

    @Test("a key's kind is named without a password, and one under a password has none")
    func kinds() async throws {
        func der(_ command: [String], input: [UInt8] = []) async throws -> [UInt8] {
            let pem = try await Tool.output(command, input: input)
            return try #require(PEM.blocks(in: Array(pem.utf8)).first?.bytes)
        }
        for (name, algorithm) in [
            ("RSA", ["RSA"]), ("Ed25519", ["ED25519"]), ("Ed448", ["ED448"]), ("X25519", ["X25519"]),
            ("P-384", ["EC", "-pkeyopt", "ec_paramgen_curve:P-384"]),
            ("secp256k1", ["EC", "-pkeyopt", "ec_paramgen_curve:secp256k1"]),
        ] {
            let key = try await der(["openssl", "genpkey", "-algorithm"] + algorithm)
            #expect(KeyKind(privateKey: key) == .other(name))
            #expect(KeyKind(privateKey: key + [0]) == nil)
            #expect(KeyKind(publicKey: key) == nil)
            let pem = Array(PEM.encode(key, label: "PRIVATE KEY").utf8)
            #expect(KeyKind(publicKey: try await der(["openssl", "pkey", "-pubout"], input: pem)) == .other(name))
            let encrypted = try await der(["openssl", "pkcs8", "-topk8", "-passout", "pass:a"], input: pem)
            #expect(KeyKind(privateKey: encrypted) == nil)
        }
        #expect(KeyKind(privateKey: P256PrivateKey().pkcs8) == .p256)
        #expect(KeyKind(publicKey: P256PrivateKey().publicKey.subjectPublicKeyInfo) == .p256)
        #expect(KeyKind(privateKey: []) == nil && KeyKind(publicKey: []) == nil)
    }
}
