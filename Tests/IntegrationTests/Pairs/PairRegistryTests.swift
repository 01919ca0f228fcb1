import CapsuleTestSupport
import Testing

@Suite(
    "A pair in a real registry", .timeLimit(.minutes(3)), .needs("git", "kubectl", "docker-registry", "htpasswd"))
struct PairRegistryTests {
    @Test("publish, verify, promote and convert need no more than the configuration and git-<sha>")
    func wholeLadder() async throws {
        try await withSharedRegistry { registry in
            try await Shop.with { shop in
                try await shop.configure(registry)
                let text = String(decoding: try readFile("\(shop.directory)/capsule.yaml"), as: UTF8.self)
                    .replacing("/shop/release\n", with: "/shop/package\nform: pair\n")
                    .replacing("repository: \(shop.directory)", with: "repository: file://\(shop.directory)")
                try writeFile("\(shop.directory)/capsule.yaml", text)
                try await shop.changePolicy(["capsule.yaml": text])
                try expectSuccess(
                    try await shop.run("copy", "oci:image:\(shop.tag)", registry.repository("shop/web")))
                let published = try await shop.run("publish", "--source", "app")
                try expectSuccess(published)
                #expect(published.output.hasPrefix("\(registry.repository("shop/package")):\(shop.tag)@sha256:"))
                let again = try await shop.run("publish", "--source", "app")
                try expectSuccess(again)
                #expect(again.output == published.output)
                try expectSuccess(try await shop.run("verify", shop.tag))
                try expectSuccess(try await shop.run("promote", shop.tag, "--stage", "staging"))
                try expectSuccess(try await shop.run("audit", "--stage", "staging"))
                let converted = try await shop.run("convert", shop.tag, "--to", registry.repository("shop/capsule"))
                try expectSuccess(converted)
                try expectSuccess(try await shop.run("verify", "\(registry.repository("shop/capsule")):\(shop.tag)"))
                // The requests of a promotion with an empty cache. The stage does not take the capsule of the same commit, which
                // is known after all requests.
                func requests(_ release: String, _ cache: String) async throws -> Int {
                    let outcome = try await shop.run(
                        "promote", release, "--stage", "canary", "--dry-run", "--verbose", "--cache-dir",
                        "\(shop.directory)/\(cache)")
                    return outcome.errors.split(separator: "\n").count { $0.contains("registry request") }
                }
                let pair = try await requests(shop.tag, "pair")
                let capsule = try await requests("\(registry.repository("shop/capsule")):\(shop.tag)", "capsule")
                #expect(capsule > 3 && pair <= capsule, "\(pair) \(capsule)")
                // A mirror is named by digest.
                let digest = try #require(published.output.split { $0 == "@" || $0 == "\n" }.last)
                let mirror = "\(registry.repository("mirror/package"))"
                try expectSuccess(
                    try await shop.run("copy", "\(registry.repository("shop/package")):\(shop.tag)", mirror))
                let byTag = try await shop.run("verify", "\(mirror):\(shop.tag)", "--gitops", "gitops.git")
                #expect(byTag.status == 65)
                try expectSuccess(
                    try await shop.run("verify", "\(mirror)@\(digest)", "--gitops", "gitops.git"))
            }
        }
    }
}
