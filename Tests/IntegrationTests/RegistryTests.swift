import Archive
import CapsuleTestSupport
import DeliveryConfiguration
import FoundationEssentials
import GitOps
import OCI
import Testing

@Suite(
    "Against a real registry", .timeLimit(.minutes(3)),
    .needs("git", "kubectl", "docker-registry", "htpasswd"))
struct RegistryTests {
    @Test("publish, list, inspect, verify and promote need no more than the configuration and git-<sha>")
    func wholeLadder() async throws {
        try await withSharedRegistry { registry in
            try await Shop.with { shop in
                try await shop.configure(registry)
                let image = try await shop.run("copy", "oci:image:\(shop.tag)", registry.repository("shop/web"))
                try expectSuccess(image)
                let published = try await shop.run("publish", "--source", "app")
                try expectSuccess(published)
                #expect(
                    published.output.hasPrefix("\(registry.repository("shop/release")):\(shop.tag)@sha256:"),
                    "\(published.output)")
                let again = try await shop.run("publish", "--source", "app")
                #expect(again.output == published.output)
                let listing = try await shop.run("list")
                #expect(listing.output.contains(shop.tag))
                let inspected = try await shop.run("inspect", shop.tag)
                try expectSuccess(inspected)
                let verified = try await shop.run("verify", shop.tag)
                try expectSuccess(verified)
                let promoted = try await shop.run("promote", shop.tag, "--stage", "staging")
                try expectSuccess(promoted)
                let record = try await shop.gitops(
                    "show", "stage/staging:apps/shop/deployments/staging/release-metadata.yaml")
                #expect(record.contains(registry.repository("shop/release")))
            }
        }
    }

    @Test("the same commit gives the same digest in a registry, a layout and an archive")
    func sameEverywhere() async throws {
        try await withSharedRegistry { registry in
            try await Shop.with { shop in
                var digests: Set<Substring> = []
                for place in ["oci:release", registry.repository("shop/release"), "oci-archive:release.tar"] {
                    let outcome = try await shop.run(
                        "build", "--source", "app", "--config", "policy/capsule.yaml", "--image", "oci:image", "--to",
                        place)
                    try expectSuccess(outcome)
                    digests.insert(outcome.line.split(separator: "@").last ?? "")
                }
                #expect(digests.count == 1)
            }
        }
    }

    @Test("a wrong password, or none, is 77, and the password is in no output")
    func unauthorised() async throws {
        try await withDockerRegistry(authentication: .basic(user: "me", password: "right-horse-battery")) { registry in
            try await Shop.with { shop in
                _ = try await shop.build()
                let copy = ["copy", "oci:release:\(shop.tag)", registry.repository("shop/release"), "--verbose"]
                let anonymous = try await shop.run(copy)
                #expect(anonymous.status == 77, "\(anonymous.errors)")
                #expect(anonymous.errors.contains("capsule login"), "\(anonymous.errors)")
                let wrong = try await shop.run(
                    copy + ["--output", "json"], environment: try login(shop, registry, password: "wrong-horse-battery")
                )
                #expect(wrong.status == 77, "\(wrong.errors)")
                #expect(wrong.output.contains(#""code" : "unauthorized""#))
                let right = try await shop.run(
                    copy, environment: try login(shop, registry, password: "right-horse-battery"))
                try expectSuccess(right)
                for outcome in [wrong, right] {
                    for secret in ["horse-battery", Data("me:right-horse-battery".utf8).base64EncodedString()] {
                        #expect(!(outcome.output + outcome.errors).contains(secret))
                    }
                }
            }
        }
    }

    @Test("tokens of a token server work from docker's configuration")
    func token() async throws {
        try await withDockerRegistry(
            authentication: .token(user: "me", password: "secret", anonymousPull: false)
        ) { registry in
            try await Shop.with { shop in
                _ = try await shop.build()
                let outcome = try await shop.run(
                    ["copy", "oci:release:\(shop.tag)", registry.repository("shop/release")],
                    environment: try login(shop, registry, password: "secret"))
                try expectSuccess(outcome)
            }
        }
    }

    @Test("an image that is not in its registry stops a build with 1 and rejects a release with 65")
    func noImage() async throws {
        try await withSharedRegistry { registry in
            try await Shop.with { shop in
                try await shop.configure(registry)
                let build = try await shop.run("publish", "--source", "app")
                #expect(build.status == 1, "\(build.errors)")
                #expect(build.errors.contains("there is no image \(registry.repository("shop/web")):\(shop.tag)"))
                let forced = try await shop.run("publish", "--source", "app", "--image", "oci:image")
                try expectSuccess(forced)
                let verified = try await shop.run("verify", shop.tag)
                #expect(verified.status == 65)
                #expect(verified.output.contains("✗ image.digest"), "\(verified.output)")
            }
        }
    }

    @Test("an image whose tag was moved after the build is 65")
    func movedImage() async throws {
        try await withSharedRegistry { registry in
            try await Shop.with { shop in
                try await shop.configure(registry)
                let other = try await shop.release(day: 8)
                _ = try await shop.run(
                    "copy", "oci:image:\(other.tag)", "\(registry.repository("shop/web")):\(shop.tag)")
                let built = try await shop.run(
                    "publish", "--source", "app", "--commit", shop.commit, "--image", "oci:image")
                try expectSuccess(built)
                let verified = try await shop.run("verify", shop.tag)
                #expect(verified.status == 65)
                #expect(verified.output.contains("✗ image.digest"), "\(verified.output)")
            }
        }
    }

    private func login(_ shop: Shop, _ registry: DockerRegistry, password: String) throws -> [String: String] {
        let auth = Data("me:\(password)".utf8).base64EncodedString()
        try writeFile(
            "\(shop.directory)/docker/config.json", #"{"auths": {"\#(registry.host)": {"auth": "\#(auth)"}}}"#)
        return ["DOCKER_CONFIG": "\(shop.directory)/docker"]
    }
}
