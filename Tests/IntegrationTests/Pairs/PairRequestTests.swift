import CapsuleTestSupport
import Testing

@Suite("The requests of a promotion to the Git host", .timeLimit(.minutes(3)), .needs("git", "kubectl"))
struct PairRequestTests {
    /// Promotes with a Git that records its requests.
    private func requests(_ shop: Shop, _ release: String, _ stage: String, cache: String) async throws -> [String] {
        let record = "\(shop.directory)/requests"
        try writeFile(record, "")
        let outcome = try await shop.run(
            ["promote", release, "--gitops", "file://\(shop.directory)/gitops.git", "--image", "oci:image"]
                + ["--stage", stage],
            environment: [
                "PATH": "\(shop.directory)/bin:/usr/local/bin:/usr/bin:/bin",
                "XDG_CACHE_HOME": "\(shop.directory)/\(cache)",
            ])
        try expectSuccess(outcome)
        return String(decoding: try readFile(record), as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// The requests of promotions: with a cold cache, with a warm one, of another release after the policy branch moved,
    /// and of that release with the cache of somebody who promoted the one before it only.
    private func requests(
        _ first: Shop, _ prefix: String, publish: (Shop) async throws -> Void
    ) async throws -> [[String]] {
        try await writeProgram(
            "\(first.directory)/bin/git",
            """
            #!/bin/sh
            for word; do case $word in fetch|push|ls-remote) echo "$word" >> "\(first.directory)/requests";; esac; done
            PATH=/usr/local/bin:/usr/bin:/bin exec git "$@"
            """)
        var found = [
            try await requests(first, prefix + first.tag, "staging", cache: "cold"),
            try await requests(first, prefix + first.tag, "canary", cache: "cold"),
        ]
        let next = try await first.release(day: 7)
        try await publish(next)
        try await first.changePolicyAfterPull(["README.md": "More.\n"])
        found.append(try await requests(next, prefix + next.tag, "staging", cache: "cold"))
        found.append(try await requests(next, prefix + next.tag, "canary", cache: "new"))
        return found
    }

    @Test("a pair takes at most one more than a capsule: with a cold cache, a warm one, and when the policy moved")
    func oneMore() async throws {
        let capsules = try await Shop.with { shop in
            try expectSuccess(try await shop.build())
            return try await requests(shop, "oci:release:") { next in try expectSuccess(try await next.build()) }
        }
        let pairs = try await PairShop.with { pair in
            try await requests(pair.shop, "oci:package:") { next in
                try expectSuccess(try await PairShop(shop: next).publish())
            }
        }
        for (capsule, pair) in zip(capsules, pairs) {
            #expect(!capsule.isEmpty && pair.count <= capsule.count + 1, "\(capsule) \(pair)")
        }
        #expect(pairs.count == 4 && capsules.count == 4)
    }
}
