import CapsuleCore
import CapsuleTestSupport
import Documents
import Logging
import OCI
import Synchronization
import Testing

@testable import CapsuleServer

@Suite("The book of promotions") struct PromotionBookTests {
    private static let commit = String(repeating: "c", count: 40)

    static func order(
        _ release: TestRelease, stage: String = "staging", rollback: Bool = false, key: String? = nil,
        commit: String? = PromotionBookTests.commit
    ) throws -> PromotionOrder {
        let gitops = JSONValue.members(["repository": "/gitops.git", "commit": commit.map { .string($0) }])
        let body = JSONValue.members([
            "freight": release.request(), "stage": .string(stage), "gitops": gitops, "rollback": .bool(rollback),
            "key": key.map { .string($0) },
        ])
        return try PromotionOrder(Array(body.text.utf8))
    }

    private final class Clock: Sendable {
        private let seconds = Mutex<Int64>(1_000_000)
        func now() -> Int64 { seconds.withLock { $0 } }
        func pass(_ more: Int64) { seconds.withLock { $0 += more } }
    }

    private static func book(
        _ directory: String, clock: Clock = Clock(), limits: ServiceLimits = ServiceLimits()
    ) throws -> PromotionBook {
        try PromotionBook(
            directory: "\(directory)/book", limits: limits, now: { clock.now() },
            logger: Logger.silent)
    }

    private static func take(_ book: PromotionBook, _ order: PromotionOrder) async throws -> String {
        switch try await book.take(order, id: try #require(order.id)) {
        case .begin: "begin"
        case .known(let ticket): ticket.state.rawValue
        case .conflict: "conflict"
        }
    }

    @Test("release, stage, policy and rollback name a promotion, and the key does not")
    func ids() async throws {
        let (one, two) = (try await TestRelease(), try await TestRelease(number: 2))
        let orders = try [
            Self.order(one), Self.order(two), Self.order(one, stage: "production"), Self.order(one, rollback: true),
            Self.order(one, commit: String(repeating: "d", count: 40)),
        ]
        #expect(Set(orders.compactMap(\.id)).count == 5)
        #expect(try Self.order(one, key: "a").id == orders[0].id)
        #expect(orders[0].id?.count == 64)
        #expect(try Self.order(one, commit: nil).id == nil)
    }

    @Test("what runs is known, what ended is told once, and then begins again")
    func states() async throws {
        let release = try await TestRelease()
        try await withTemporaryDirectory { directory in
            let clock = Clock()
            let book = try Self.book(directory, clock: clock)
            let order = try Self.order(release)
            let id = try #require(order.id)
            #expect(try await Self.take(book, order) == "begin")
            #expect(try await Self.take(book, order) == "running")
            await book.end(id, .init(state: .done))
            #expect(try await Self.take(book, order) == "done")
            #expect(try await Self.take(book, order) == "begin")
            await book.end(id, .init(state: .rejected, reason: "a gate is shut"))
            // Whoever looks it up was told as well.
            #expect(await book.ticket(id)?.state == .rejected)
            #expect(try await Self.take(book, order) == "begin")
            await book.end(id, .init(state: .failed, reason: "no answer"))
            #expect(try await Self.take(book, order) == "failed")
            #expect(try await Self.take(book, order) == "begin")
            await book.end(id, .init(state: .done))
            clock.pass(ServiceLimits().collectionTime)
            #expect(try await Self.take(book, order) == "done")
            #expect(try await Self.take(book, order) == "begin")
            await book.end(id, .init(state: .done))
            clock.pass(ServiceLimits().collectionTime + 1)
            #expect(try await Self.take(book, order) == "begin")
        }
    }

    @Test("an attempt that has a key is told the same however often it asks, and another attempt begins again")
    func keys() async throws {
        let release = try await TestRelease()
        try await withTemporaryDirectory { directory in
            let book = try Self.book(directory)
            let first = try Self.order(release, key: "one")
            #expect(try await Self.take(book, first) == "begin")
            await book.end(try #require(first.id), .init(state: .rejected, reason: "a gate is shut"))
            for _ in 0..<3 { #expect(try await Self.take(book, first) == "rejected") }
            // Without a commit, the key finds the one that the first call resolved.
            let bare = await book.resolved(try Self.order(release, key: "one", commit: nil))
            #expect(bare.gitops.commit?.description == Self.commit)
            #expect(try await Self.take(book, Self.order(release, key: "two")) == "begin")
        }
    }

    @Test("another release to a stage that is busy is a conflict; other stages are not")
    func conflicts() async throws {
        let (one, two) = (try await TestRelease(), try await TestRelease(number: 2))
        try await withTemporaryDirectory { directory in
            let book = try Self.book(directory)
            #expect(try await Self.take(book, Self.order(one)) == "begin")
            #expect(try await Self.take(book, Self.order(two)) == "conflict")
            #expect(try await Self.take(book, Self.order(two, stage: "production")) == "begin")
            await book.end(try #require(try Self.order(one).id), .init(state: .done))
            #expect(try await Self.take(book, Self.order(two)) == "begin")
        }
    }

    @Test("what was begun is still to be done after a restart, and a damaged file is in nobody's way")
    func restart() async throws {
        let (one, two) = (try await TestRelease(), try await TestRelease(number: 2))
        try await withTemporaryDirectory { directory in
            let book = try Self.book(directory)
            let (first, second) = (try Self.order(one), try Self.order(two, stage: "production", key: "k"))
            _ = try await Self.take(book, first)
            _ = try await Self.take(book, second)
            await book.end(try #require(second.id), .init(state: .rejected, reason: "no"))
            try writeFile("\(directory)/book/\(String(repeating: "0", count: 64)).json", "{")
            try writeFile("\(directory)/book/.tmp", "x")
            let again = try Self.book(directory)
            #expect(await again.pending.map(\.id) == [first.id])
            #expect(await again.pending.first?.order == first)
            #expect(await again.ticket(try #require(second.id))?.ending?.reason == "no")
        }
    }

    @Test("a promotion that cannot be written down is not begun")
    func readOnly() async throws {
        let release = try await TestRelease()
        try await withTemporaryDirectory { directory in
            let book = try Self.book(directory)
            try await Tool.output(["sh", "-c", "rmdir book && echo >book"], in: directory)
            let error = await #expect(throws: ServiceError.self) { try await Self.take(book, Self.order(release)) }
            #expect(error?.status == 503)
            #expect(await book.pending.isEmpty)
        }
    }

    @Test("as many run as may and one more is 429; as many are remembered as may")
    func limits() async throws {
        let release = try await TestRelease()
        try await withTemporaryDirectory { directory in
            var limits = ServiceLimits()
            limits.promotions = 2
            limits.rememberedPromotions = 2
            let clock = Clock()
            let book = try Self.book(directory, clock: clock, limits: limits)
            for stage in ["a", "b"] { #expect(try await Self.take(book, Self.order(release, stage: stage)) == "begin") }
            let error = await #expect(throws: ServiceError.self) {
                try await Self.take(book, Self.order(release, stage: "c"))
            }
            #expect(error?.status == 429)
            var ids: [String] = []
            for stage in ["a", "b", "c"] {
                let order = try Self.order(release, stage: stage)
                ids.append(try #require(order.id))
                if stage == "c" { _ = try await Self.take(book, order) }
                await book.end(ids[ids.count - 1], .init(state: .done))
                clock.pass(1)
            }
            var known: [Bool] = []
            for id in ids { known.append(await book.ticket(id) != nil) }
            #expect(known == [false, true, true])
            #expect(listTree("\(directory)/book").count == 2)
        }
    }
}
