import CapsuleTestSupport
import Processes
import Testing

@testable import Archive

@Suite("The compressor")
struct KnownAnswerTests {
    @Test("gives the bytes that packing 1 is defined by")
    func holds() throws {
        #expect(try KnownAnswer.answer() == KnownAnswer.expected)
        #expect(KnownAnswer.holds)
    }

    @Test("is the deflate of Python's zlib too", .enabled(if: Tool.exists("python3")))
    func python() async throws {
        let script = """
            import sys, zlib
            c = zlib.compressobj(6, zlib.DEFLATED, 31, 8)
            out = bytearray(c.compress(sys.stdin.buffer.read()) + c.flush())
            out[9] = 255
            print(zlib.crc32(bytes(out)))
            """
        let printed = try await Tool.run(["python3", "-c", script], input: KnownAnswer.text)
        #expect(printed.text == "\(KnownAnswer.expected)")
    }
}
