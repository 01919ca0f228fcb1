import CapsuleCore
import CapsuleTestSupport
import Support
import Testing

@testable import Archive
@testable import CapsuleTrust
@testable import Cryptography
@testable import GitOps
@testable import HTTPClient
@testable import HTTPServer
@testable import OCIRegistry

/// The parsers of what others send, other than those of JSON, YAML and expressions, which have such tests of their own.
@Suite("The steps of parsers")
struct ParserStepTests {
    struct Input: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// The size of the smaller input. A limit of the parser must not end the larger one.
        let size: Int
        let bytes: @Sendable (Int) throws -> [UInt8]
        let read: @Sendable ([UInt8]) throws -> Void

        init(
            _ name: String, _ size: Int, _ bytes: @escaping @Sendable (Int) throws -> [UInt8],
            _ read: @escaping @Sendable ([UInt8]) throws -> Void
        ) {
            testDescription = name
            (self.size, self.bytes, self.read) = (size, bytes, read)
        }

        init(_ name: String, _ size: Int, _ part: String, _ read: @escaping @Sendable ([UInt8]) throws -> Void) {
            self.init(name, size, { Array(String(repeating: part, count: $0).utf8) }, read)
        }
    }

    @Test(
        "twice the input takes at most twice the steps",
        arguments: archives + keys + requests + answers + texts)
    func read(_ input: Input) throws {
        let inputs = try [input.size, 2 * input.size].map(input.bytes)
        let factor = try growth(1) { try input.read(inputs[$0 - 1]) }
        #expect(factor < 2.2 && factor > 1.8)
    }

    // MARK: Tar and gzip

    /// Text that hardly shrinks, so that no archive is refused as a bomb.
    private static func noise(_ count: Int) -> [UInt8] {
        var random = SplitMix(seed: 1)
        return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &random) }
    }

    private static func chart(_ tar: [UInt8]) throws -> [UInt8] {
        try Deflater.compress { (gzip) throws(ArchiveError) in try gzip.write(tar) }.bytes
    }

    private static func header(_ path: String) -> [UInt8] {
        TarHeader.encode(path: path, kind: .file, size: 0, modified: 0)
    }

    private static let end = [UInt8](repeating: 0, count: 2 * TarHeader.blockSize)

    private static let archives = [
        Input("a layer of files", 500, { size in try layer(size) { "package/\($0)" } }, readLayer),
        Input("a layer of long paths", 200, { size in try layer(size) { "package/\(long)\($0)" } }, readLayer),
        Input(
            "a layer of one file", 100_000,
            { size in
                try LayerWriter.write(
                    [
                        .file(path: "release.yaml", content: noise(10)),
                        .file(path: "package/a", content: noise(size)),
                    ],
                    modified: 0)
            }, readLayer),
        Input("a chart of directories", 200, { try chart((0..<$0).flatMap { header("\($0)/a/b") } + end) }, readChart),
        Input(
            "a chart with zeros at its end", 400,
            { try chart(header("a") + [UInt8](repeating: 0, count: $0 * TarHeader.blockSize)) }, readChart),
        Input("the records of a pax header", 1_000, "12 comment=\n") { _ = try PaxRecords.split($0, isLenient: true) },
    ]

    private static let long = String(repeating: "a", count: 120)

    private static func layer(_ count: Int, _ path: (Int) -> String) throws -> [UInt8] {
        try LayerWriter.write(
            [.file(path: "release.yaml", content: noise(10))]
                + (0..<count).map { .file(path: path($0), content: noise(100)) }, modified: 0)
    }

    private static func readLayer(_ bytes: [UInt8]) throws { try LayerReader(bytes).forEachEntry { _, _ in } }

    private static func readChart(_ bytes: [UInt8]) throws {
        _ = try TarballReader.read(bytes, limits: .capsule)
    }

    // MARK: Keys and evidence

    private static let keys = [
        Input("numbers in DER", 10_000, "\u{2}\u{1}\u{1}") { bytes in
            var reader = DERReader(bytes)
            while reader.readPositiveInteger() != nil {}
            #expect(reader.isAtEnd)
        },
        Input("blocks of PEM", 1_000, "-----BEGIN A-----\nAAAA\n-----END A-----\n") { _ = PEM.blocks(in: $0) },
        Input("blocks of PEM without an end", 1_000, "-----BEGIN A-----\nAAAA\n") { _ = PEM.blocks(in: $0) },
        Input("lines of a block of PEM", 1_000, { Array("-----BEGIN A-----\n".utf8) + noiseText($0) }) {
            _ = PEM.blocks(in: $0)
        },
        Input("base64", 10_000, "AAAA") { _ = Base64.decode(String(decoding: $0, as: UTF8.self)) },
        Input(
            "a bundle", 10_000,
            { SigstoreBundle.encode(payload: [UInt8](repeating: 0, count: $0), signature: [1], hint: "h") }
        ) { _ = try SigstoreBundle($0, name: "bundle") },
    ]

    private static func noiseText(_ lines: Int) -> [UInt8] { Array(String(repeating: "AAAA \t\n", count: lines).utf8) }

    // MARK: HTTP

    private static let requests = [
        Input("the fields of a request", 1_000, { requestHead("a: b\r\n", $0) }, readRequest),
        Input("a long field", 10_000, { requestHead("a: \(String(repeating: "b", count: $0))\r\n", 1) }, readRequest),
        Input("a request in single bytes", 1_000, { requestHead("a: b\r\n", $0) }) { bytes in
            var parser = HeadParser(limits: roomy)
            for byte in bytes { _ = try parser.feed([byte].span) }
        },
        Input(
            "options of a connection", 1_000,
            { requestHead("Connection: \(String(repeating: "a ,", count: $0))\r\n", 1) }, readRequest),
        Input("chunks of a body", 2_000, "1\r\na\r\n") { bytes in
            var parser = ChunkParser()
            var body: [UInt8] = []
            for byte in bytes { _ = try parser.feed([byte].span, into: &body, limit: .max) }
        },
        Input("a chunk of a body", 10_000, { Array("\(String(2 * $0, radix: 16))\r\n".utf8) + noise($0) }) { bytes in
            var parser = ChunkParser()
            var body: [UInt8] = []
            _ = try parser.feed(bytes.span, into: &body, limit: .max)
        },
        Input("the percent signs of a query", 5_000, "%20") {
            _ = PercentEncoding.decode(String(decoding: $0, as: UTF8.self))
        },
    ]

    private static let roomy = HeadScanner.Limits(fieldSize: .max >> 1, size: .max >> 1, count: .max)

    private static func requestHead(_ field: String, _ count: Int) -> [UInt8] {
        Array("GET /a HTTP/1.1\r\nHost: a\r\n\(String(repeating: field, count: count))\r\n".utf8)
    }

    private static func readRequest(_ bytes: [UInt8]) throws {
        var parser = HeadParser(limits: roomy)
        #expect(try parser.feed(bytes.span).head != nil)
    }

    // MARK: What registries, proxies and Git answer

    private static let answers = [
        Input("the head of an answer", 1_000, "a: b\r\n") { bytes in
            var reader = HeadReader()
            try reader.take(Array("HTTP/1.1 200 OK\r\n".utf8))
            for line in bytes.split(separator: 0x0A) { try reader.take(line + [0x0A]) }
        },
        Input("the parameters of a challenge", 400, { Array("Bearer ".utf8) + list($0) { "p\($0)=\"q\"" } }) { bytes in
            #expect(Challenge.parse([String(decoding: bytes, as: UTF8.self)]).count == 1)
        },
        Input("links", 400, { list($0) { "<https://example.com/\($0)>; rel=\"prev\"" } }) { bytes in
            #expect(LinkHeader.next([String(decoding: bytes, as: UTF8.self)]) == nil)
        },
        Input(
            "the parameters of a link", 1_000, { Array("<a>".utf8) + Array(String(repeating: "; a=b", count: $0).utf8) }
        ) { bytes in
            #expect(LinkHeader.next([String(decoding: bytes, as: UTF8.self)]) == nil)
        },
        Input("objects of git cat-file", 1_000, "0123456789012345678901234567890123456789 blob 2\nab\n") {
            _ = try GitBatch.parse($0)
        },
        Input("missing objects of git cat-file", 1_000, "0123456789012345678901234567890123456789 missing\n") {
            _ = try GitBatch.parse($0)
        },
        Input("the entries of a tree", 1_000, "100644 a\0aaaaaaaaaaaaaaaaaaaa") {
            _ = try GitTreeEntry.parse(tree: $0[...], in: "", format: .sha1)
        },
        Input(
            "the parents of a commit", 1_000,
            { size in
                let parents = String(repeating: "parent \(commit)\n", count: size)
                return Array("tree a\n\(parents)author A <a> 1 +0000\ncommitter A <a> 1 +0000\n".utf8)
            }
        ) { bytes in
            let object = try GitCommitObject(id: CommitID(commit), content: bytes[...])
            #expect(object.parents.count >= 1_000)
        },
    ]

    private static let commit = String(repeating: "a", count: 40)

    // MARK: What people write

    private static let texts = [
        Input("the entries of NO_PROXY", 1_000, { list($0) { "10.0.\($0 & 255).0/24,a\($0).example.com:80" } }) {
            bytes in
            #expect(ProxyExceptions(String(decoding: bytes, as: UTF8.self)).contains(host: "10.0.1.1", port: 80))
        }
    ]

    private static func list(_ count: Int, _ item: (Int) -> String) -> [UInt8] {
        Array((0..<count).map(item).joined(separator: ",").utf8)
    }
}
