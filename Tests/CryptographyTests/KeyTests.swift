import CapsuleTestSupport
import Cryptography
import Foundation
import Testing

@Suite("ECDSA keys")
struct KeyTests {
    // The key and the signature of "sample" with SHA-256 that RFC 6979, appendix A.2.5, gives.
    private static let scalar = bytes("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721")
    private static let point = bytes(
        "04" + "60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6"
            + "7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299")
    private static let r = bytes("EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716")
    private static let s = bytes("F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8")
    private static let order = bytes("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551")

    private static let curve: [UInt8] = value(0x06, [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07])
    private static let otherCurve: [UInt8] = value(0x06, [0x2B, 0x81, 0x04, 0x00, 0x0A])
    private static let algorithm = value(0x30, value(0x06, [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01]) + curve)

    private static func bytes(_ hex: String) -> [UInt8] {
        let digits = Array(hex)
        return stride(from: 0, to: digits.count, by: 2).compactMap { UInt8(String(digits[$0...$0 + 1]), radix: 16) }
    }

    private static func value(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        content.count < 0x80
            ? [tag, UInt8(content.count)] + content : [tag, 0x81, UInt8(content.count)] + content
    }

    private static func sec1(
        version: UInt8 = 1, _ scalar: [UInt8] = scalar, curve: [UInt8]? = curve, point: [UInt8]? = nil
    ) -> [UInt8] {
        value(
            0x30,
            value(0x02, [version]) + value(0x04, scalar) + (curve.map { value(0xA0, $0) } ?? [])
                + (point.map { value(0xA1, value(0x03, [0] + $0)) } ?? []))
    }

    private static func pkcs8(
        version: UInt8 = 0, algorithm: [UInt8] = algorithm, _ key: [UInt8], rest: [UInt8] = []
    ) -> [UInt8] {
        value(0x30, value(0x02, [version]) + algorithm + value(0x04, key) + rest)
    }

    private static func signature(_ r: [UInt8], _ s: [UInt8]) -> [UInt8] {
        value(0x30, value(0x02, (r[0] < 0x80 ? [] : [0]) + r) + value(0x02, (s[0] < 0x80 ? [] : [0]) + s))
    }

    @Test("the example of RFC 6979 is read, and its signature verifies")
    func example() throws {
        let key = try #require(P256PrivateKey(sec1: Self.sec1()))
        #expect(key.publicKey.subjectPublicKeyInfo.suffix(65) == Self.point[...])
        #expect(key.publicKey.isSignature(Self.signature(Self.r, Self.s), over: Array("sample".utf8)))
        #expect(!key.publicKey.isSignature(Self.signature(Self.r, Self.s), over: Array("Sample".utf8)))
        #expect(!key.publicKey.isSignature(Self.signature(Self.s, Self.r), over: Array("sample".utf8)))
    }

    @Test("the same key is read in every form that programs write")
    func forms() throws {
        let forms: [[UInt8]?] = [
            Self.sec1(), Self.sec1(point: Self.point), Self.pkcs8(Self.sec1()),
            Self.pkcs8(Self.sec1(curve: nil)), Self.pkcs8(Self.sec1(curve: nil, point: Self.point)),
            Self.pkcs8(Self.sec1(point: Self.point), rest: Self.value(0xA0, [])),
        ]
        for (index, der) in forms.enumerated() {
            let der = try #require(der)
            let key = index < 2 ? P256PrivateKey(sec1: der) : P256PrivateKey(pkcs8: der)
            #expect(key?.publicKey.subjectPublicKeyInfo.suffix(65) == Self.point[...], "form \(index)")
        }
        let again = try #require(P256PrivateKey(sec1: Self.sec1()))
        #expect(P256PrivateKey(pkcs8: again.pkcs8)?.pkcs8 == again.pkcs8)
    }

    @Test("everything but exactly one key is rejected")
    func hostile() throws {
        var otherPoint = Self.point
        otherPoint[64] ^= 1
        let another = P256PrivateKey()
        let zero = [UInt8](repeating: 0, count: 32)
        let cases: [(String, [UInt8])] = [
            ("nothing", []), ("a byte", [0x30]), ("an empty sequence", [0x30, 0]), ("version 0", Self.sec1(version: 0)),
            ("31 bytes", Self.sec1(Array(Self.scalar.dropFirst()))), ("33 bytes", Self.sec1([0] + Self.scalar)),
            ("zero", Self.sec1(zero)), ("the order", Self.sec1(Self.order)),
            ("past the order", Self.sec1([UInt8](repeating: 0xFF, count: 32))),
            ("another curve", Self.sec1(curve: Self.otherCurve)), ("no curve", Self.sec1(curve: nil)),
            ("a point off the curve", Self.sec1(point: otherPoint)),
            ("the point of another key", Self.sec1(point: another.publicKey.subjectPublicKeyInfo.suffix(65))),
            ("a compressed point", Self.sec1(point: [2] + Self.point[1...32])), ("more behind it", Self.sec1() + [0]),
            ("long length", [0x30, 0x81, 0x31] + Self.sec1().dropFirst(2)),
            ("indefinite length", [0x30, 0x80] + Self.sec1().dropFirst(2) + [0, 0]),
        ]
        for (name, der) in cases {
            #expect(P256PrivateKey(sec1: der) == nil, "\(name)")
            if name != "no curve" { #expect(P256PrivateKey(pkcs8: Self.pkcs8(der)) == nil, "\(name) in PKCS#8") }
        }
        let outer: [(String, [UInt8])] = [
            ("version 1", Self.pkcs8(version: 1, Self.sec1())), ("SEC 1", Self.sec1()),
            ("no algorithm", Self.pkcs8(algorithm: [], Self.sec1())),
            ("another curve", Self.pkcs8(algorithm: Self.value(0x30, Self.otherCurve), Self.sec1())),
            ("more behind it", Self.pkcs8(Self.sec1()) + [0]), ("more in it", Self.pkcs8(Self.sec1(), rest: [5, 0])),
        ]
        for (name, der) in outer { #expect(P256PrivateKey(pkcs8: der) == nil, "\(name)") }
        let good = Self.pkcs8(Self.sec1(point: Self.point))
        for end in good.indices { #expect(P256PrivateKey(pkcs8: Array(good[..<end])) == nil, "cut at \(end)") }
    }

    @Test("a public key has one form, and every other is rejected")
    func publicKeys() throws {
        let key = P256PrivateKey().publicKey
        let der = key.subjectPublicKeyInfo
        #expect(der.count == 91)
        #expect(P256PublicKey(subjectPublicKeyInfo: der)?.subjectPublicKeyInfo == der)
        for end in der.indices { #expect(P256PublicKey(subjectPublicKeyInfo: Array(der[..<end])) == nil) }
        #expect(P256PublicKey(subjectPublicKeyInfo: der + [0]) == nil)
        // Every byte matters: those before the point, and the point itself, which leaves the curve.
        for index in der.indices {
            var other = der
            other[index] ^= 1
            #expect(P256PublicKey(subjectPublicKeyInfo: other) == nil, "byte \(index)")
        }
    }

    @Test("OpenSSL's program verifies our signatures, and we verify its")
    func openSSL() async throws {
        let key = P256PrivateKey()
        try await withTemporaryDirectory { directory in
            func pem(_ label: String, _ der: [UInt8]) -> String {
                let lines = Data(der).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
                return "-----BEGIN \(label)-----\n\(lines)\n-----END \(label)-----\n"
            }
            try writeFile("\(directory)/key", pem("PRIVATE KEY", key.pkcs8))
            try writeFile("\(directory)/message", "a release")
            let message = Array("a release".utf8)
            let text = try await Tool.output(["openssl", "pkey", "-in", "key", "-pubout"], in: directory)
            #expect(text + "\n" == pem("PUBLIC KEY", key.publicKey.subjectPublicKeyInfo))
            try writeFile("\(directory)/public", text)
            try writeFile("\(directory)/ours", key.signature(over: message))
            let verified = try await Tool.output(
                ["openssl", "dgst", "-sha256", "-verify", "public", "-signature", "ours", "message"], in: directory)
            #expect(verified == "Verified OK")
            try await Tool.output(
                ["openssl", "dgst", "-sha256", "-sign", "key", "-out", "theirs", "message"], in: directory)
            #expect(key.publicKey.isSignature(try readFile("\(directory)/theirs"), over: message))
        }
    }

    @Test("many threads sign and check with one key")
    func threads() async {
        let key = P256PrivateKey()
        let failures = await withTaskGroup(of: Int.self) { group in
            for number in UInt8(0)..<8 {
                group.addTask {
                    (UInt8(0)..<50).count { round in
                        !key.publicKey.isSignature(key.signature(over: [number, round]), over: [number, round])
                    }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(failures == 0)
    }

    @Test("no description of a private key contains the secret")
    func secrecy() {
        let key = P256PrivateKey()
        var dumped = ""
        dump(key, to: &dumped)
        for text in [dumped, "\(key)", String(reflecting: key)] {
            #expect(text.contains("ECDSA P-256 private key"))
            #expect(!text.contains("KeyHandle"))
        }
    }
}
