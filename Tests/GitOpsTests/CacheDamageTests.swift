import CapsuleCore
import CapsuleTestSupport
import Processes
import PromotionTestSupport
import Support
import Synchronization
import Testing

@testable import GitOps
@testable import Promotion

/// Whatever happened to the files of the cache, and whatever Git says about it, a promotion succeeds.
@Suite("A damaged cache of the GitOps repository", .timeLimit(.minutes(3)))
struct CacheDamageTests {
    /// A cache that two promotions have filled, as a template and the path of the cache in it.
    private static let template = Once<String, (DirectoryTemplate, String)>()

    /// Runs `body` with a fixture whose cache is filled and has something to fetch, and the path of the cache.
    private func withCache(_ body: (PromotionFixture, String) async throws -> Void) async throws {
        let (template, name) = try await Self.template.value("cache") {
            try await withTemporaryDirectory { directory in
                let fixture = try await PromotionFixture.create(directory)
                for number in 1...2 { try await fixture.promote(TestRelease(number), to: "staging") }
                try await fixture.commitPolicy(["apps/shop/envTypes/staging/more.yaml": "x\n"])
                let name = try #require(listTree("\(directory)/cache").first { $0.hasSuffix(".git") })
                return (try DirectoryTemplate(of: directory), name)
            }
        }
        try await withTemporaryDirectory { directory in
            try template.write(to: directory)
            let fixture = try PromotionFixture(in: directory)
            let remote = try GitRemote("file://\(fixture.remote)")
            let path = "\(directory)/cache/\(GitOpsCache.name(remote, .sha1))"
            try await Tool.output(["mv", "\(directory)/cache/\(name)", path])
            try await body(fixture, path)
        }
    }

    /// The files below a directory whose paths end with a suffix.
    private func files(_ path: String, _ suffix: String) -> [String] {
        listTree(path).filter { $0.hasSuffix(suffix) }.map { "\(path)/\($0)" }
    }

    private func damage(_ cache: String, _ what: String) async throws {
        let words = what.split(separator: " ").map(String.init)
        let chosen =
            switch words[1] {
            case "packs": files(cache, ".pack")
            case "idx": files(cache, ".idx")
            case "refs": listTree("\(cache)/refs/capsule").map { "\(cache)/refs/capsule/\($0)" }
            default: ["\(cache)/\(words[1])"]
            }
        try #require(!chosen.isEmpty)
        for path in chosen {
            let content = try? readFile(path)
            try await Tool.output(["rm", "-rf", path])
            switch words[0] {
            case "truncated": try writeFile(path, Array((content ?? []).prefix((content?.count ?? 0) / 2)))
            case "zeroed": try writeFile(path, [UInt8](repeating: 0, count: content?.count ?? 40))
            case "empty": try writeFile(path, "")
            case "directory": try await Tool.output(["mkdir", path])
            case "file": try writeFile(path, "x")
            case "foreign": try writeFile(path, "0123456789012345678901234567890123456789\n")
            case "unreadable":
                // Root reads a file without permissions, and no loop of links.
                try await Tool.output(["ln", "-s", path, path])
            default: break
            }
        }
    }

    @Test(
        "does not keep a promotion from its end, and the next one uses a cache",
        arguments: ["truncated", "zeroed", "directory", "unreadable", "removed"], ["packs", "idx"])
    func packs(how: String, what: String) async throws { try await heals("\(how) \(what)") }

    @Test(
        "in any of its files does not keep a promotion from its end",
        arguments: [
            "zeroed refs", "foreign refs", "unreadable refs", "directory HEAD", "unreadable HEAD", "directory config",
            "foreign shallow", "zeroed shallow", "removed shallow", "zeroed packed-refs", "file objects/pack",
            "file objects/info", "file refs", "file refs/capsule",
        ])
    func files(what: String) async throws { try await heals(what) }

    private func expectPromotion(
        _ number: Int, _ fixture: PromotionFixture, _ runner: any CommandRunner = SystemCommandRunner()
    ) async throws {
        let receipt = try await fixture.promote(TestRelease(number), to: "staging", runner: runner)
        #expect(receipt.outcome == .promoted)
    }

    private func heals(_ what: String) async throws {
        try await withCache { fixture, cache in
            try await damage(cache, what)
            try await expectPromotion(3, fixture)
            #expect(try await fixture.log("stage/staging").count == 3)
            // What is there now is a repository, or nothing; and nothing else was left.
            let runner = CountingRunner()
            try await expectPromotion(4, fixture, runner)
            #expect(runner.fetches.withLock { $0 } <= 3, "\(what)")
            let left = listTree("\(fixture.directory)/cache").filter { !$0.contains("/") }
            #expect(left.allSatisfy { $0.hasSuffix(".git") || $0.hasSuffix(".lock") }, "\(left)")
        }
    }

    @Test(
        "is healed whatever Git says, and however much",
        arguments: [
            (128, ""), (1, "fatal: something that no list has\n"), (139, ""),
            (128, "much"),
            (128, "fatal: the remote end hung up unexpectedly\nfatal: write error: No space left on device\n"),
            (128, "fatal: cannot open '.git/x': Permission denied\n"),
        ])
    func words(status: Int, text: String) async throws {
        try await withCache { fixture, cache in
            let isMuch = text == "much"
            let text = isMuch ? String(repeating: "error: x\n", count: 20_000) : text
            let runner = CountingRunner { command in
                guard command.arguments.contains("fetch"), command.workingDirectory == cache else { return nil }
                return CommandResult(
                    status: Int32(status), output: [], errorOutput: text, errorOutputIsCut: isMuch)
            }
            try await expectPromotion(3, fixture, runner)
            try await expectPromotion(4, fixture)
        }
    }

    @Test("is not suspected twice: what fails alike in another repository is reported, and the cache stays")
    func once() async throws {
        try await withCache { fixture, cache in
            let runner = CountingRunner { command in
                guard command.arguments.contains("fetch") else { return nil }
                let isCache = command.workingDirectory == cache
                return CommandResult(status: 128, output: [], errorOutput: isCache ? "first" : "second")
            }
            let before = listTree(cache)
            let error = await #expect(throws: GitError.self) {
                try await fixture.promote(TestRelease(3), to: "staging", runner: runner)
            }
            #expect(error?.message.contains("second") == true, "\(error?.message ?? "")")
            #expect(error?.kind == .unavailable)
            #expect(runner.fetches.withLock { $0 } == 2)
            #expect(listTree(cache) == before)
        }
    }

    @Test("is not suspected when the remote refuses or is away")
    func remote() async throws {
        try await withCache { fixture, cache in
            for text in [
                "fatal: Authentication failed for 'https://x/'", "error: The requested URL returned error: 404",
            ] {
                let runner = CountingRunner { command in
                    guard command.arguments.contains("fetch") else { return nil }
                    return CommandResult(status: 128, output: [], errorOutput: text)
                }
                await #expect(throws: GitError.self) {
                    try await fixture.promote(TestRelease(3), to: "staging", runner: runner)
                }
                #expect(runner.fetches.withLock { $0 } == 1, "\(text)")
            }
        }
    }

    @Test("is never a reason to reject a release: a size that no object has is not believed")
    func size() async throws {
        try await withCache { fixture, cache in
            let runner = CountingRunner { command in
                guard command.arguments.contains("--batch"), command.workingDirectory == cache else { return nil }
                let names = String(decoding: command.input, as: UTF8.self).split(separator: "\n")
                let lines = names.map { "\($0) blob 99999999999\n" }.joined()
                guard lines.utf8.count < command.outputLimit else { return nil }
                throw CommandError(.outputLimit, "git printed more than \(command.outputLimit) bytes and was stopped")
            }
            try await expectPromotion(3, fixture, runner)
        }
    }

    @Test("is replaced while others read from it, and they go on")
    func readers() async throws {
        try await withCache { fixture, cache in
            try await fixture.commitPolicy(["late.yaml": "late\n", "later.yaml": "later\n"])
            try await fixture.with { _, snapshot in
                #expect(try await snapshot.file(RelativePath("late.yaml")) == Array("late\n".utf8))
                try await damage(cache, "zeroed packs")
                try await expectPromotion(3, fixture)
                // The cache that this one has opened is gone.
                #expect(try await snapshot.file(RelativePath("later.yaml")) == Array("later\n".utf8))
                #expect(try await snapshot.entries([RelativePath("apps")]) { _ in true }.isEmpty == false)
            }
            let files = listTree("\(fixture.directory)/cache").filter { !$0.contains("/") }
            #expect(files.allSatisfy { $0.hasSuffix(".git") || $0.hasSuffix(".lock") }, "\(files)")
        }
    }

    @Test("that is full is left for a repository of the run, and nothing stays in it")
    func full() async throws {
        try await withCache { fixture, cache in
            let runner = CountingRunner { command in
                guard command.arguments.contains("fetch"), command.workingDirectory == cache else { return nil }
                try writeFile("\(cache)/objects/pack/tmp_pack_x", "half")
                return CommandResult(
                    status: 128, output: [], errorOutput: "fatal: write error: No space left on device\n")
            }
            try await expectPromotion(3, fixture, runner)
            #expect(!listTree(cache).contains { $0.contains("tmp_pack") })
        }
    }

    @Test("is healed where a push fails because of it")
    func push() async throws {
        try await withCache { fixture, cache in
            let runner = CountingRunner { command in
                guard command.arguments.contains("push"),
                    command.environment["GIT_ALTERNATE_OBJECT_DIRECTORIES"]?.contains("/cache/") == true
                else { return nil }
                return CommandResult(status: 128, output: [], errorOutput: "fatal: in words that no list has\n")
            }
            try await expectPromotion(3, fixture, runner)
            #expect(try await fixture.log("stage/staging").count == 3)
        }
    }

    /// Runs Git, and counts what is fetched; in the cache, fetches end in a way that the test chooses.
    private final class CountingRunner: CommandRunner {
        let fetches = Mutex(0)
        private let answer: @Sendable (Command) throws -> CommandResult?

        init(_ answer: @escaping @Sendable (Command) throws -> CommandResult? = { _ in nil }) { self.answer = answer }

        func run(_ command: Command) async throws -> CommandResult {
            if command.arguments.contains("fetch") { fetches.withLock { $0 += 1 } }
            if let result = try answer(command) { return result }
            return try await SystemCommandRunner().run(command)
        }

        func find(_ name: String) -> String? { SystemCommandRunner().find(name) }
    }
}
