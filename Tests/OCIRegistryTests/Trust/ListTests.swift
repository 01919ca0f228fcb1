import CapsuleTestSupport
import OCI
import OCIRegistry
import Synchronization
import Testing

@Suite("Lists", .timeLimit(.minutes(1)))
struct ListTests {
    private func tags(
        _ options: FakeRegistryOptions = .init(), faults: [Fault] = [], count: Int = 5,
        configure: @Sendable (inout RegistryConfiguration) -> Void = { _ in }
    ) async throws -> (tags: [String], code: OCIError.Code?, requests: Int) {
        try await withFakeRegistry(options, faults: faults) { registry in
            for number in 0..<count {
                registry.add(manifest: [UInt8(number)], type: MediaType.imageManifest, tag: "t\(number)")
            }
            return try await withRegistryClient(.test(TestClock(), configure)) { client in
                let repository = try client.repository(registry.repository())
                let found = Mutex<[String]>([])
                let code = await code {
                    let tags = try await repository.tags().map(\.description)
                    found.withLock { $0 = tags }
                }
                return (found.withLock { $0 }, code, registry.requests.count)
            }
        }
    }

    private var pages: FakeRegistryOptions {
        var options = FakeRegistryOptions()
        options.pageSize = 2
        return options
    }

    @Test("all pages are read")
    func allPages() async throws {
        let result = try await tags(pages)
        #expect(result.tags == ["t0", "t1", "t2", "t3", "t4"])
        #expect(result.requests == 3)
    }

    @Test("90,000 tags in one answer are read, and a longer page is refused")
    func oneAnswer() async throws {
        // 53 bytes a tag, as `git-` and a commit: more than a manifest may have.
        let names = (0..<90_000).map { "\"git-\(String(repeating: "0", count: 40 - "\($0)".count))\($0)\"" }
        let answer = ScriptedResponse(200, text: "{\"name\":\"team/shop\",\"tags\":[\(names.joined(separator: ", "))]}")
        let faults = [Fault("GET", "/tags/", times: 9, .answer(answer))]
        let all = try await tags(faults: faults)
        #expect(all.tags.count == 90_000 && all.code == nil)
        let limited = try await tags(faults: faults) { $0.limits.tagPageSize = answer.body.count - 1 }
        #expect(limited.code == .tooLarge)
    }

    @Test("a page that breaks off is read again")
    func brokenPage() async throws {
        let result = try await tags(pages, faults: [Fault("GET", "last=", .change { $0.cutAfter = 5 })])
        #expect(result.tags.count == 5)
    }

    @Test("no tags at all may be written as null")
    func null() async throws {
        let result = try await tags(faults: [
            Fault("GET", "/tags/", .answer(ScriptedResponse(200, text: "{\"tags\":null}")))
        ])
        #expect(result.tags == [] && result.code == nil)
    }

    @Test("a missing repository is not found")
    func missing() async throws {
        let result = try await tags(faults: [Fault("GET", "/tags/", .answer(ScriptedResponse(404)))])
        #expect(result.code == .notFound)
    }

    @Test(
        "C9: a link to another list is rejected",
        arguments: [
            "http://127.0.0.1:1/v2/team/shop/tags/list", "//evil.example/v2/team/shop/tags/list", "https://127.0.0.1/",
            "/v2/other/tags/list", "http://evil.example/v2/team/shop/tags/list?last=x", "file:///etc/passwd",
            "http://user@127.0.0.1/",
        ])
    func elsewhere(target: String) async throws {
        let link = Fault.Action.change { $0.headers.append(("Link", "<\(target)>; rel=\"next\"")) }
        let result = try await tags(faults: [Fault("GET", "/tags/", times: 99, link)])
        #expect(result.code == .protocolViolation)
        #expect(result.requests == 1)
    }

    @Test(
        "C9: of a link only the query is used, so no link leads to another list",
        arguments: [
            "</v2/other/tags/list?last=t1>; rel=\"next\"", "<?last=t1>; rel=next",
            "/v2/team/shop/tags/list?last=t1; rel=\"next\"",
            "</repository/docker/v2/team/shop/tags/list?last=t1>; rel=\"next\"",
            "<https://127.0.0.1/v2/team/shop/tags/list?last=t1>; rel=\"next\"",
        ])
    func queryOnly(link: String) async throws {
        let result = try await tags(
            pages, faults: [Fault("GET", "n=1000", .change { $0.headers = [("Link", link)] })])
        #expect(result.code == nil && result.tags == ["t0", "t1", "t2", "t3", "t4"])
    }

    @Test("texts in the list that are not tags are passed over")
    func odd() async throws {
        var options = FakeRegistryOptions()
        options.oddTags = ["sha256:\(String(repeating: "a", count: 64))", "a b", ""]
        #expect(try await tags(options).tags == ["t0", "t1", "t2", "t3", "t4"])
    }

    @Test("C9: a link to a page that was read is rejected", arguments: [1, 2, 7])
    func around(length: Int) async throws {
        let count = Mutex(0)
        let link = Fault.Action.change { response in
            let number = count.withLock { number in
                number += 1
                return number % length
            }
            response.headers.append(("Link", "</v2/team/shop/tags/list?p=\(number)>; rel=\"next\""))
        }
        let result = try await tags(faults: [Fault("GET", "/tags/", times: 99, link)])
        #expect(result.code == .protocolViolation)
        #expect(result.requests <= length + 1)
    }

    @Test("C9: the number of pages is bounded", arguments: [10])
    func forEver(limit: Int) async throws {
        let count = Mutex(0)
        let link = Fault.Action.change { response in
            let number = count.withLock { number in
                number += 1
                return number
            }
            response.headers.append(("Link", "<?p=\(number)>; rel=\"next\""))
        }
        let result = try await tags(faults: [Fault("GET", "/tags/", times: 9_999, link)]) { $0.limits.pages = limit }
        #expect(result.code == .tooLarge)
        #expect(result.requests == limit)
    }

    @Test("C8: the number of tags is bounded", arguments: [5, 4])
    func tagLimit(limit: Int) async throws {
        let result = try await tags { $0.limits.tags = limit }
        #expect(result.code == (limit == 5 ? nil : .tooLarge))
    }

    @Test("C8: an endless page is not read")
    func endless() async throws {
        let result = try await tags(faults: [Fault("GET", "/tags/", .change { $0.isEndless = true })])
        #expect(result.code == .tooLarge)
    }

    @Test(
        "a response that is not a list of tags is rejected",
        arguments: ["", "[]", "{\"tags\":[7]}", "{\"tags\":\"v1\"}"])
    func notAList(text: String) async throws {
        let result = try await tags(faults: [Fault("GET", "/tags/", .answer(ScriptedResponse(200, text: text)))])
        #expect(result.code == .protocolViolation)
    }
}
