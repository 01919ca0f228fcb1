import Cryptography
import HTTPClient
import HTTPMessages
import HTTPServer
import Processes
import Signing

@testable import Archive

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Calls every function that passes memory to C once, under Valgrind: `make sanitize` runs it. AddressSanitizer checks our own
/// code; Valgrind also checks OpenSSL, libcurl and zlib.
///
/// `main` is synchronous, because Valgrind fails on an asynchronous one.
@main
enum Memcheck {
    static func main() {
        // The arguments are the paths of the corpora's files.
        for path in CommandLine.arguments.dropFirst() { replay(path) }
        print("replayed \(CommandLine.arguments.count - 1) inputs")
        Task.detached {
            do {
                try compress()
                sign()
                try await runPrograms()
                try await talkHTTP()
                print("done")
                exit(0)
            } catch {
                print("failed: \(error)")
                exit(1)
            }
        }
        sleep(600)
        print("failed: it takes too long")
        exit(1)
    }

    private static func replay(_ path: String) {
        guard let target = FuzzTarget.all.first(where: { path.contains("/\($0.name)/") }),
            let file = fopen(path, "r")
        else { fatalError("\(path) belongs to no target") }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        bytes.removeLast(bytes.count - fread(&bytes, 1, bytes.count, file))
        do { try target.check(bytes) } catch { fatalError("\(path): \(error)") }
    }

    private static func compress() throws {
        let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 / 3) }
        let packed = try Deflater.compress { deflater throws(ArchiveError) in try deflater.write(bytes) }
        try Inflater.inflate(packed.bytes, limits: .capsule) { inflater in
            let unpacked = try inflater.read(count: bytes.count)
            precondition(unpacked == bytes)
        }
    }

    private static func sign() {
        let key = P256PrivateKey()
        let message = Array("message".utf8)
        let signature = key.signature(over: message)
        precondition(key.publicKey.isSignature(signature, over: message))
        precondition(!key.publicKey.isSignature(signature, over: message + [0]))
        precondition(P256PublicKey(subjectPublicKeyInfo: key.publicKey.subjectPublicKeyInfo) != nil)
    }

    private static func runPrograms() async throws {
        let runner = SystemCommandRunner()
        let result = try await runner.run(
            Command("sh", ["-c", "cat; echo e >&2; exit 3"], environment: ["A": "b"], input: [0x68, 0x69]))
        precondition(result.status == 3 && result.text == "hi" && result.errorOutput == "e\n")
        let late = try? await runner.run(
            Command("sh", ["-c", "sleep 50 & wait"], environment: ["PATH": "/bin"], deadline: .milliseconds(50)))
        precondition(late == nil)
        let loud = try? await runner.run(Command("yes", [], environment: [:], outputLimit: 1_000))
        precondition(loud == nil)
        try await runner.withConversation(Command("cat", [], environment: [:])) { conversation in
            try await conversation.write([1, 2, 3])
            let answer = try await conversation.read()
            precondition(answer == [1, 2, 3])
            try await conversation.finish()
        }
        let task = Task { try await runner.run(Command("sleep", ["50"], environment: [:])) }
        try await Task.sleep(for: .milliseconds(50))
        task.cancel()
        let cancelled = try? await task.value
        precondition(cancelled == nil)
    }

    private static func talkHTTP() async throws {
        let server = Server(ServerConfiguration(), responder: Echo())
        try await withThrowingTaskGroup(of: Void.self) { group in
            let (ports, found) = AsyncStream.makeStream(of: Int.self)
            group.addTask { try await server.run { found.yield($0) } }
            for await port in ports {
                try await withHTTPClient { client in
                    let origin = HTTPOrigin(scheme: .http, host: "127.0.0.1", port: port)
                    for size in [0, 1, 5_000, 60_000] {
                        let bytes = [UInt8](repeating: 0x61, count: size)
                        let response = try await client.send(HTTPRequest(.POST, origin, "/", body: .bytes(bytes)))
                        let body = try await response.body.collect(upTo: 1 << 20)
                        precondition(response.status == 200 && body == bytes)
                    }
                    // Larger than the server's limit.
                    let large = HTTPRequest(.POST, origin, "/", body: .bytes([UInt8](repeating: 0, count: 100_000)))
                    let refused = try await client.send(large)
                    precondition(refused.status == 413)
                    refused.body.close()
                }
                break
            }
            server.stop(grace: .seconds(1))
            try await group.waitForAll()
        }
    }

    private struct Echo: Responder {
        func response(to request: Request) async -> Response { Response(status: 200, body: request.body) }
    }
}
