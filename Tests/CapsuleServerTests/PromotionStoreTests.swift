import CapsuleCore
import CapsuleTestSupport
import Documents
import Logging
import OCI
import Synchronization
import Testing

@testable import CapsuleServer

@Suite("The store of promotions") struct PromotionStoreTests {
    private static let commit = String(repeating: "c", count: 40)

    static func request(
        _ release: TestRelease, stage: String = "staging", rollback: Bool = false, key: String? = nil,
        commit: String? = PromotionStoreTests.commit
    ) throws -> PromotionRequestBody {
        let gitops = JSONValue.members(["repository": "/gitops.git", "commit": commit.map { .string($0) }])
        let body = JSONValue.members([
            "freight": release.request(), "stage": .string(stage), "gitops": gitops, "rollback": .bool(rollback),
            "key": key.map { .string($0) },
        ])
        return try PromotionRequestBody(Array(body.text.utf8))
    }

    private final class Clock: Sendable {
        private let seconds = Mutex<Int64>(1_000_000)
        func now() -> Int64 { seconds.withLock { $0 } }
        func pass(_ more: Int64) { seconds.withLock { $0 += more } }
    }

    private static func store(
        _ directory: String, clock: Clock = Clock(), limits: ServiceLimits = ServiceLimits()
    ) throws -> PromotionStore {
        try PromotionStore(
            directory: "\(directory)/store", limits: limits, now: { clock.now() },
            logger: Logger.silent)
    }

    private static func accept(_ store: PromotionStore, _ request: PromotionRequestBody) async throws -> String {
        switch try await store.accept(request, id: try #require(request.id)) {
        case .begin: "begin"
        case .known(let job): job.state.rawValue
        case .conflict: "conflict"
        }
    }

    @Test("the id depends on release, stage, policy and rollback, and not on the key")
    func ids() async throws {
        let (one, two) = (try await TestRelease(), try await TestRelease(number: 2))
        let requests = try [
            Self.request(one), Self.request(two), Self.request(one, stage: "production"),
            Self.request(one, rollback: true),
            Self.request(one, commit: String(repeating: "d", count: 40)),
        ]
        #expect(Set(requests.compactMap(\.id)).count == 5)
        #expect(try Self.request(one, key: "a").id == requests[0].id)
        #expect(requests[0].id?.count == 64)
        #expect(try Self.request(one, commit: nil).id == nil)
    }

    @Test("a running promotion is known, and a result is returned once before the promotion begins again")
    func states() async throws {
        let release = try await TestRelease()
        try await withTemporaryDirectory { directory in
            let clock = Clock()
            let store = try Self.store(directory, clock: clock)
            let request = try Self.request(release)
            let id = try #require(request.id)
            #expect(try await Self.accept(store, request) == "begin")
            #expect(try await Self.accept(store, request) == "running")
            await store.complete(id, .init(state: .done))
            #expect(try await Self.accept(store, request) == "done")
            #expect(try await Self.accept(store, request) == "begin")
            await store.complete(id, .init(state: .rejected, reason: "a gate is closed"))
            // Whoever looks it up was told as well.
            #expect(await store.job(id)?.state == .rejected)
            #expect(try await Self.accept(store, request) == "begin")
            await store.complete(id, .init(state: .failed, reason: "no answer"))
            #expect(try await Self.accept(store, request) == "failed")
            #expect(try await Self.accept(store, request) == "begin")
            await store.complete(id, .init(state: .done))
            clock.pass(ServiceLimits().collectionTime)
            #expect(try await Self.accept(store, request) == "done")
            #expect(try await Self.accept(store, request) == "begin")
            await store.complete(id, .init(state: .done))
            clock.pass(ServiceLimits().collectionTime + 1)
            #expect(try await Self.accept(store, request) == "begin")
        }
    }

    @Test("an attempt with a key always gets the same result, and another attempt begins again")
    func keys() async throws {
        let release = try await TestRelease()
        try await withTemporaryDirectory { directory in
            let store = try Self.store(directory)
            let first = try Self.request(release, key: "one")
            #expect(try await Self.accept(store, first) == "begin")
            await store.complete(try #require(first.id), .init(state: .rejected, reason: "a gate is closed"))
            for _ in 0..<3 { #expect(try await Self.accept(store, first) == "rejected") }
            // Without a commit, the key finds the one that the first call resolved.
            let bare = await store.resolved(try Self.request(release, key: "one", commit: nil))
            #expect(bare.gitops.commit?.description == Self.commit)
            #expect(try await Self.accept(store, Self.request(release, key: "two")) == "begin")
        }
    }

    @Test("another release to a stage that is busy is a conflict; other stages are not")
    func conflicts() async throws {
        let (one, two) = (try await TestRelease(), try await TestRelease(number: 2))
        try await withTemporaryDirectory { directory in
            let store = try Self.store(directory)
            #expect(try await Self.accept(store, Self.request(one)) == "begin")
            #expect(try await Self.accept(store, Self.request(two)) == "conflict")
            #expect(try await Self.accept(store, Self.request(two, stage: "production")) == "begin")
            await store.complete(try #require(try Self.request(one).id), .init(state: .done))
            #expect(try await Self.accept(store, Self.request(two)) == "begin")
        }
    }

    @Test("a promotion that had begun is pending after a restart, and a damaged file is ignored")
    func restart() async throws {
        let (one, two) = (try await TestRelease(), try await TestRelease(number: 2))
        try await withTemporaryDirectory { directory in
            let store = try Self.store(directory)
            let (first, second) = (try Self.request(one), try Self.request(two, stage: "production", key: "k"))
            _ = try await Self.accept(store, first)
            _ = try await Self.accept(store, second)
            await store.complete(try #require(second.id), .init(state: .rejected, reason: "no"))
            try writeFile("\(directory)/store/\(String(repeating: "0", count: 64)).json", "{")
            try writeFile("\(directory)/store/.tmp", "x")
            let again = try Self.store(directory)
            #expect(await again.pending.map(\.id) == [first.id])
            #expect(await again.pending.first?.request == first)
            #expect(await again.job(try #require(second.id))?.completion?.reason == "no")
        }
    }

    @Test("the file of a promotion keeps its format, so that a newer service reads what an older one wrote")
    func format() async throws {
        let release = try await TestRelease()
        let request = try Self.request(release, key: "k")
        let id = try #require(request.id)
        let (image, capsule) = (release.image.descriptor.digest, release.capsule.digest)
        let order =
            "{\"freight\":{\"capsule\":{\"digest\":\"\(capsule)\",\"repoURL\":\"registry.example.com/shop/release\","
            + "\"tag\":\"\(release.tag)\"},\"image\":{\"digest\":\"\(image)\",\"repoURL\":\"registry.example.com/shop/web\","
            + "\"tag\":\"\(release.tag)\"}},\"gitops\":{\"commit\":\"\(Self.commit)\",\"repository\":\"/gitops.git\"},"
            + "\"key\":\"k\",\"rollback\":\"never\",\"stage\":\"staging\"}"
        let accepted = "\"accepted\":1000000,"
        let running = "{\(accepted)\"collected\":false,\"id\":\"\(id)\",\"order\":\(order)}\n"
        let ended =
            "{\(accepted)\"collected\":false,\"ended\":1000000,\"ending\":{\"reason\":\"no\",\"state\":\"rejected\"},\"id\":\"\(id)\","
            + "\"order\":\(order)}\n"
        try await withTemporaryDirectory { directory in
            let store = try Self.store(directory)
            _ = try await Self.accept(store, request)
            let path = "\(directory)/store/\(id).json"
            #expect(String(decoding: try readFile(path), as: UTF8.self) == running)
            await store.complete(id, .init(state: .rejected, reason: "no"))
            #expect(String(decoding: try readFile(path), as: UTF8.self) == ended)
            try writeFile("\(directory)/older/store/\(id).json", ended.replacing(accepted, with: ""))
            let job = await (try Self.store("\(directory)/older")).job(id)
            #expect(
                job?.request == request && job?.acceptedAt == nil && job?.completedAt == 1_000_000
                    && job?.completion?.reason == "no")
        }
    }

    @Test("a promotion that cannot be written to disk is not begun")
    func readOnly() async throws {
        let release = try await TestRelease()
        try await withTemporaryDirectory { directory in
            let store = try Self.store(directory)
            try await Tool.output(["sh", "-c", "rmdir store && echo >store"], in: directory)
            let error = await #expect(throws: ServiceError.self) { try await Self.accept(store, Self.request(release)) }
            #expect(error?.status == 503)
            #expect(await store.pending.isEmpty)
        }
    }

    @Test("one promotion over the limit is 429, and completed promotions over the limit are evicted")
    func limits() async throws {
        let release = try await TestRelease()
        try await withTemporaryDirectory { directory in
            var limits = ServiceLimits()
            limits.promotions = 2
            limits.completedPromotions = 2
            let clock = Clock()
            let store = try Self.store(directory, clock: clock, limits: limits)
            for stage in ["a", "b"] {
                #expect(try await Self.accept(store, Self.request(release, stage: stage)) == "begin")
            }
            let error = await #expect(throws: ServiceError.self) {
                try await Self.accept(store, Self.request(release, stage: "c"))
            }
            #expect(error?.status == 429)
            var ids: [String] = []
            for stage in ["a", "b", "c"] {
                let request = try Self.request(release, stage: stage)
                ids.append(try #require(request.id))
                if stage == "c" { _ = try await Self.accept(store, request) }
                await store.complete(ids[ids.count - 1], .init(state: .done))
                clock.pass(1)
            }
            var known: [Bool] = []
            for id in ids { known.append(await store.job(id) != nil) }
            #expect(known == [false, true, true])
            #expect(listTree("\(directory)/store").count == 2)
        }
    }
}
