import CapsuleCore
import CapsuleTestSupport
import CapsuleTrust
import Documents
import Logging
import OCI
import Testing

@testable import CapsuleServer

@Suite("The cache of capsules", .timeLimit(.minutes(1))) struct CacheTests {
    private static func cache(_ directory: String, limit: Int64 = 1 << 20) throws -> (CapsuleCache, ServiceMetrics) {
        let metrics = ServiceMetrics(clock: .continuous)
        let logger = Logger.silent
        return (
            try CapsuleCache(path: "\(directory)/capsules", limit: limit, metrics: metrics, logger: logger), metrics
        )
    }

    private static func read(_ cache: CapsuleCache, _ descriptor: Descriptor, _ origin: MemoryStore) async throws
        -> [UInt8]
    {
        try await cache.withContent(of: descriptor, from: origin) { stream in
            var all: [UInt8] = []
            for try await chunk in stream { all += chunk }
            return all
        }
    }

    private static func blob(_ number: Int, size: Int = 100) -> [UInt8] { Array(repeating: UInt8(number), count: size) }

    @Test("reads from disk what was pulled before, also after a restart")
    func reads() async throws {
        try await withTemporaryDirectory { directory in
            let origin = MemoryStore()
            let descriptor = origin.add(Self.blob(1), mediaType: "application/x")
            let (cache, _) = try Self.cache(directory)
            #expect(try await Self.read(cache, descriptor, origin) == Self.blob(1))
            let empty = MemoryStore()
            #expect(try await Self.read(cache, descriptor, empty) == Self.blob(1))
            let (again, metrics) = try Self.cache(directory)
            #expect(again.size == 100)
            #expect(try await Self.read(again, descriptor, empty) == Self.blob(1))
            #expect(metrics.text().contains("capsule_cache_reads_total{result=\"hit\"} 1\n"))
        }
    }

    @Test("pulls again what was damaged on disk, in content or in size", arguments: ["flipped", "cut", "gone"])
    func damaged(how: String) async throws {
        try await withTemporaryDirectory { directory in
            let origin = MemoryStore()
            let descriptor = origin.add(Self.blob(1), mediaType: "application/x")
            let (cache, metrics) = try Self.cache(directory)
            _ = try await Self.read(cache, descriptor, origin)
            let path = "\(directory)/capsules/blobs/sha256/\(descriptor.digest.hex)"
            switch how {
            case "flipped": try writeFile(path, Self.blob(2))
            case "cut": try writeFile(path, Self.blob(1, size: 50))
            default: try await Tool.output(["rm", path])
            }
            #expect(try await Self.read(cache, descriptor, origin) == Self.blob(1))
            #expect(metrics.text().contains("capsule_cache_reads_total{result=\"damaged\"} 1\n"))
            #expect(try readFile(path) == Self.blob(1))
        }
    }

    @Test("removes what a killed service had pulled in part")
    func partial() async throws {
        try await withTemporaryDirectory { directory in
            _ = try Self.cache(directory)
            let path = "\(directory)/capsules/.partial-1"
            try writeFile(path, Self.blob(1))
            _ = try Self.cache(directory)
            #expect((try? readFile(path)) == nil)
        }
    }

    @Test("keeps its limit of bytes, and removes the least recently read blob")
    func bounded() async throws {
        try await withTemporaryDirectory { directory in
            let origin = MemoryStore()
            let blobs = (0..<4).map { origin.add(Self.blob($0), mediaType: "application/x") }
            let (cache, _) = try Self.cache(directory, limit: 300)
            for blob in blobs.prefix(3) { _ = try await Self.read(cache, blob, origin) }
            #expect(cache.size == 300)
            _ = try await Self.read(cache, blobs[0], origin)
            _ = try await Self.read(cache, blobs[3], origin)
            #expect(cache.size == 300)
            let kept = listTree("\(directory)/capsules/blobs/sha256")
            #expect(kept == [blobs[0], blobs[2], blobs[3]].map(\.digest.hex).sorted())
        }
    }

    @Test("a disk that cannot be written to does not fail a read")
    func unwritable() async throws {
        try await withTemporaryDirectory { directory in
            let origin = MemoryStore()
            let descriptor = origin.add(Self.blob(1), mediaType: "application/x")
            let (cache, _) = try Self.cache(directory)
            // Also root cannot make a directory below a file.
            try await Tool.output(["sh", "-c", "rm -r blobs && echo >blobs"], in: "\(directory)/capsules")
            #expect(try await Self.read(cache, descriptor, origin) == Self.blob(1))
            #expect(cache.size == 0)
        }
    }

    @Test("content that does not match its digest is neither stored nor returned")
    func altered() async throws {
        try await withTemporaryDirectory { directory in
            let origin = MemoryStore()
            let descriptor = origin.add(Self.blob(1), mediaType: "application/x")
            origin.damage(descriptor.digest, Self.blob(2))
            let (cache, _) = try Self.cache(directory)
            let error = await #expect(throws: OCIError.self) { try await Self.read(cache, descriptor, origin) }
            #expect(error?.code == .contentMismatch)
            #expect(listTree("\(directory)/capsules/blobs/sha256") == [])
        }
    }

    @Test("verdicts and tags are evicted at their limits")
    func memories() async throws {
        let cache = VerdictCache(limit: 2)
        let release = try await TestRelease()
        let request = try VerifyRequest(Array(release.request().text.utf8))
        let verdict = CachedVerdict(
            request: request, generation: 0, image: release.image.descriptor.digest, capsule: release.capsule.digest,
            response: ServiceResponse(200, ["a": "b"]))
        let bodies = (0..<3).map { Array("\($0)".utf8) }
        for body in bodies.prefix(2) { cache.insert(verdict, for: body) }
        #expect(bodies.map { cache[$0] != nil } == [true, true, false])
        cache.insert(verdict, for: bodies[2])
        #expect(bodies.map { cache[$0] != nil } == [false, true, true])
        for (size, isKept) in [(VerdictCache.maximumBody, true), (VerdictCache.maximumBody + 1, false)] {
            let body = [UInt8](repeating: 0x20, count: size)
            cache.insert(verdict, for: body)
            #expect((cache[body] != nil) == isKept)
        }
        let tags = TagCache(age: .seconds(60), limit: 2, clock: .continuous)
        let repository = try Repository(TestRelease.imageRepository)
        var asked = 0
        for name in ["a", "b", "a", "b", "c", "c"] {
            _ = try await tags.resolve(Tag(name), in: repository) {
                asked += 1
                return release.image.descriptor
            }
        }
        #expect(asked == 3)
    }
}
