import Archive
import CapsuleTestSupport
import DeliveryConfiguration
import Testing

@Suite("capsule doctor and status", .timeLimit(.minutes(2)), .needs("git", "kubectl"))
struct DoctorTests {
    /// The libraries that are loaded, with their versions, which differ between machines.
    static var libraries: Regex<Substring> {
        #/libcurl [0-9.]+, OpenSSL 3[^,"]+, zlib [0-9.]+, libyaml [0-9.]+, libsodium [0-9.]+/#
    }

    @Test("says what is well, with one line a check")
    func well() async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            let text = String(decoding: try readFile("\(shop.directory)/policy/capsule.yaml"), as: UTF8.self)
            try writeFile(
                "\(shop.directory)/capsule.yaml",
                text.replacing("registry.example.com/shop/release", with: "oci:release"))
            let outcome = try await shop.run("doctor", "--gitops", "gitops.git", "--output", "json")
            // The image's registry does not exist: that is one failure, named with its remedy.
            #expect(outcome.status == 1)
            #expect(outcome.output.contains(#""id" : "image","#))
            #expect(outcome.output.contains("registry.example.com"))
            #expect(outcome.output.contains(#""detail" : "oci:release can be read","#))
            #expect(outcome.output.contains(#""detail" : "envType staging, namespace shop-staging","#))
        }
    }

    @Test("without a renderer, git or configuration it says what to install and to write")
    func lacking() async throws {
        try await withTemporaryDirectory { directory in
            let outcome = try await CapsuleProgram.run(
                ["doctor"], in: directory,
                environment: ["PATH": "\(directory)/bin", "XDG_CACHE_HOME": "\(directory)/cache"])
            #expect(outcome.status == 1)
            try expectGolden(
                outcome.output.replacing(directory, with: "DIRECTORY").replacing(Self.libraries, with: "LIBRARIES"),
                "doctor-lacking.txt")
        }
    }

    @Test("a configuration with an unknown key, and a cache that cannot be written, are named")
    func broken() async throws {
        try await withTemporaryDirectory { directory in
            try writeFile("\(directory)/capsule.yaml", "schemaVersion: release-capsule/v1alpha1\nimgae: x\n")
            let outcome = try await CapsuleProgram.run(
                ["doctor", "--cache-dir", "/proc/nowhere"], in: directory)
            #expect(outcome.status == 1)
            #expect(outcome.output.contains(#"capsule.yaml:2: unknown key "imgae""#), "\(outcome.output)")
            #expect(
                outcome.output.contains("! cache               /proc/nowhere cannot be written"), "\(outcome.output)")
        }
    }

    @Test("a cache that other users can write, a branch in the way, and another default branch are named")
    func trust() async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            func doctor() async throws -> String {
                try await shop.run("doctor", "--gitops", "gitops.git", "--cache-dir", "cache").output
            }
            let well = try await doctor()
            #expect(
                well.contains(
                    "to be protected against direct pushes: main, stage/staging, stage/canary, stage/production"),
                "\(well)")
            try await Tool.output(["chmod", "777", "\(shop.directory)/cache/renders"])
            let open = try await doctor()
            #expect(open.contains("cache/renders\" is not used, because it can be written by other users"), "\(open)")
            _ = try await shop.gitops("branch", "stage", "main")
            let blocked = try await doctor()
            #expect(blocked.contains("stage/staging cannot be created, because there is a branch stage"), "\(blocked)")
            _ = try await shop.gitops("branch", "-m", "stage", "trunk")
            _ = try await shop.gitops("symbolic-ref", "HEAD", "refs/heads/trunk")
            let moved = try await doctor()
            #expect(moved.contains("whoever can push to trunk can name another policy branch"), "\(moved)")
        }
    }

    @Test("the policy that the configuration names is read, and each stage asked whether a release could pass today")
    func policy() async throws {
        try await PolicedShop.with("signatures: {keys: [ci]}\n") { policed in
            func doctor() async throws -> CapsuleProgram.Outcome {
                try await policed.shop.run("doctor", "--gitops", "gitops.git")
            }
            let well = try await doctor()
            try expectSuccess(well)
            #expect(well.output.contains("apps/shop/policy.yaml at "), "\(well.output)")
            #expect(well.output.contains("✓ policy.production   a release can pass it today"), "\(well.output)")
            // Its key counted in January 2026.
            try await policed.change(
                "maximumAge: 30d\nstages:\n  production: {signatures: {keys: [security]}}\n")
            let expired = try await doctor()
            #expect(expired.status == 1, "\(expired.output)")
            #expect(expired.output.contains("✓ policy.staging"), "\(expired.output)")
            #expect(expired.output.contains("security expired at 2026-01-20T00:00:00Z"), "\(expired.output)")
            #expect(expired.output.contains("✗ policy.production"), "\(expired.output)")
            try await policed.change("signatures: {keys: [ci], thresold: 1}\n")
            let typo = try await doctor()
            #expect(typo.status == 1 && typo.output.contains(#"unknown key "thresold""#), "\(typo.output)")
            try await policed.change("signatures: {keys: [ci]}\n")
            try await Tool.output(
                ["git", "rm", "-q", "apps/shop/keys/ci.pub"], in: "\(policed.shop.directory)/policy")
            try await policed.shop.changePolicy([:])
            let noKey = try await doctor()
            #expect(
                noKey.output.contains(#"the key ci: "keys/ci.pub" is not a regular file"#), "\(noKey.output)")
            #expect(noKey.status == 1 && noKey.output.contains("✗ policy  "), "\(noKey.output)")
            try await Tool.output(
                ["git", "rm", "-q", "apps/shop/policy.yaml"], in: "\(policed.shop.directory)/policy")
            try await policed.shop.changePolicy([:])
            let none = try await doctor()
            #expect(none.status == 1, "\(none.output)")
            #expect(none.output.contains(#""apps/shop/policy.yaml" is not a regular file"#), "\(none.output)")
        }
    }

    @Test("status shows what each stage holds and what may move next")
    func status() async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            let empty = try await shop.run("status", "--gitops", "gitops.git")
            try expectSuccess(empty)
            #expect(empty.output == "staging     nothing yet\ncanary      nothing yet\nproduction  nothing yet\n")
            _ = try await shop.promote("staging")
            let outcome = try await shop.run("status", "--gitops", "gitops.git")
            let time = #/since [0-9TZ:-]+/#
            try expectGolden(outcome.output.replacing(time, with: "since TIME"), "status.txt")
            _ = try await shop.promote("canary")
            _ = try await shop.promote("production")
            let waiting = try await shop.run("status", "--gitops", "gitops.git", "--source", "app")
            try expectGolden(waiting.output.replacing(time, with: "since TIME"), "status-review.txt")
            // Merged, it waits no more.
            _ = try await shop.gitops("branch", "-f", "stage/production", "capsule/production/\(shop.tag)")
            let merged = try await shop.run("status", "--gitops", "gitops.git")
            #expect(!merged.output.contains("awaits"), "\(merged.output)")
            #expect(merged.output.contains("production  \(shop.tag)"), "\(merged.output)")
            let json = try await shop.run("status", "--gitops", "gitops.git", "--output", "json")
            try expectSuccess(json)
            #expect(json.output.contains(#""stage" : "production""#))
        }
    }
}
