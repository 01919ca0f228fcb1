import CapsuleTestSupport
import Cryptography
import Testing

@Suite("Hashes")
struct HashTests {
    private func hex(_ bytes: [UInt8]) -> String {
        bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    @Test(
        "are those of the standard's examples",
        arguments: [
            (HashAlgorithm.sha1, "", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
            (.sha1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (.sha256, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            (.sha256, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                .sha512, "abc",
                "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
            ),
        ])
    func examples(_ algorithm: HashAlgorithm, _ text: String, _ expected: String) {
        #expect(hex(HashFunction.hash(algorithm, of: Array(text.utf8))) == expected)
        var hash = HashFunction(algorithm)
        for byte in text.utf8 { hash.update([byte]) }
        #expect(hex(hash.finalize()) == expected)
        #expect(expected.count == 2 * algorithm.size)
    }

    @Test(
        "authenticate messages as in RFC 4231",
        arguments: [
            (
                Array(repeating: 0x0B, count: 20), Array("Hi There".utf8),
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
            ),
            (
                Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
            ),
            (
                Array(repeating: 0xAA, count: 131),
                Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
            ),
        ] as [([UInt8], [UInt8], String)])
    func authentication(_ key: [UInt8], _ message: [UInt8], _ expected: String) {
        #expect(hex(MessageAuthentication.code(of: message, key: key)) == expected)
    }

    @Test(
        "do not depend on the pieces, and equal those of coreutils", arguments: [HashAlgorithm.sha1, .sha256, .sha512])
    func pieces(_ algorithm: HashAlgorithm) async throws {
        let bytes = (0..<300_001).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 7) }
        let program = ["\(algorithm)sum"]
        let expected = try await Tool.output(program, input: bytes).prefix { $0 != " " }
        #expect(hex(HashFunction.hash(algorithm, of: bytes)) == expected)
        for size in [1, 63, 64, 65, 4_096, 100_000] {
            var hash = HashFunction(algorithm)
            var rest = bytes[...]
            while !rest.isEmpty {
                hash.update(Array(rest.prefix(size)))
                rest = rest.dropFirst(size)
            }
            #expect(hex(hash.finalize()) == expected, "pieces of \(size)")
        }
    }

    @Test("can be updated after finalize, and a copy is independent")
    func copies() async {
        var first = HashFunction(.sha256)
        first.update(Array("a".utf8))
        #expect(first.finalize() == HashFunction.hash(.sha256, of: Array("a".utf8)))
        var second = first
        first.update(Array("b".utf8))
        second.update(Array("c".utf8))
        #expect(first.finalize() == HashFunction.hash(.sha256, of: Array("ab".utf8)))
        #expect(second.finalize() == HashFunction.hash(.sha256, of: Array("ac".utf8)))
        let shared = first
        let hashes = await withTaskGroup(of: [UInt8].self) { group in
            for byte in UInt8(0)..<64 {
                group.addTask {
                    var own = shared
                    for _ in 0..<1_000 { own.update([byte]) }
                    return own.finalize()
                }
            }
            return await group.reduce(into: Set<[UInt8]>()) { $0.insert($1) }
        }
        #expect(hashes.count == 64)
        #expect(shared.finalize() == HashFunction.hash(.sha256, of: Array("ab".utf8)))
    }

    @Test("random bytes have the requested count, and differ each time")
    func random() {
        for count in [0, 1, 32, 100_000] { #expect(SecureRandom.bytes(count).count == count) }
        #expect(Set((0..<1_000).map { _ in SecureRandom.bytes(16) }).count == 1_000)
    }

    @Test("comparison in constant time agrees with plain comparison")
    func comparison() {
        let bytes = SecureRandom.bytes(64)
        #expect(ConstantTime.isEqual(bytes, Array(bytes)))
        #expect(ConstantTime.isEqual([], []))
        #expect(!ConstantTime.isEqual(bytes, Array(bytes.dropLast())))
        for index in bytes.indices {
            var other = bytes
            other[index] ^= 0x80
            #expect(!ConstantTime.isEqual(bytes, other))
        }
        #expect(ConstantTime.isEqual("0a1b", "0a1b"))
        #expect(ConstantTime.isEqual("", ""))
        for text in ["", "0a1", "0a1c", "1a1b", "0a1b0"] { #expect(!ConstantTime.isEqual("0a1b", text), "\(text)") }
    }

    @Test("the version of the loaded library is reported")
    func version() {
        #expect(OpenSSL.version.hasPrefix("OpenSSL 3."))
    }
}
