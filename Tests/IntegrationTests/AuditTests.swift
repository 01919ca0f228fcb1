import CapsuleTestSupport
import Testing

@Suite(
    "capsule rollback and audit", .timeLimit(.minutes(3)), .enabled(if: Tool.exists("git") && Tool.exists("kubectl")))
struct AuditTests {
    @Test("rollback promotes the release that the stage held before")
    func rollback() async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            _ = try await shop.promote("staging")
            let alone = try await shop.run("rollback", "--stage", "staging", "--gitops", "gitops.git")
            #expect(alone.status == 1)
            #expect(alone.errors.contains("stage staging has held no other release"), "\(alone.errors)")
            let newer = try await shop.release(day: 7, ["deploy/kustomize/base/settings.ini": "currency = USD\n"])
            _ = try await newer.build()
            let promoted = try await newer.promote("staging")
            #expect(promoted.status == 0, "\(promoted.output)")
            let outcome = try await shop.run(
                "rollback", "--stage", "staging", "--gitops", "gitops.git", "--image", "oci:image")
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
            #expect(outcome.output.contains("release  \(shop.tag)"))
            let record = try await shop.gitops(
                "show", "stage/staging:apps/shop/deployments/staging/release-metadata.yaml")
            #expect(record.contains(shop.tag))
            let settings = try await shop.gitops("grep", "-h", "currency", "stage/staging")
            #expect(settings.contains("EUR"))
        }
    }

    @Test("audit reproduces what was promoted, also after the policy has moved on")
    func reproduces() async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            _ = try await shop.promote("staging")
            try await shop.changePolicy([
                "apps/shop/envTypes/staging/kustomization.yaml": """
                apiVersion: kustomize.config.k8s.io/v1alpha1
                kind: Component
                labels:
                  - pairs: {environment: other}

                """
            ])
            let outcome = try await audit(shop)
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
            try expectGolden(outcome.output, "audit.txt")
        }
    }

    @Test("audit finds a byte that somebody changed on the branch, with 65")
    func finds() async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            _ = try await shop.promote("staging")
            let work = "\(shop.directory)/stage"
            try await Tool.output(
                ["git", "clone", "-q", "-b", "stage/staging", "gitops.git", work], in: shop.directory)
            let file = "\(work)/apps/shop/deployments/staging/deploy/v1_service_shop.yaml"
            let text = String(decoding: try readFile(file), as: UTF8.self)
            try writeFile(file, text.replacing("80", with: "81"))
            _ = try await Shop.commit("Sneak something in", in: work, day: 9)
            try await Tool.output(["git", "push", "-q", "origin", "stage/staging"], in: work)
            let outcome = try await audit(shop)
            #expect(outcome.status == 65, "\(outcome.output)\(outcome.errors)")
            #expect(outcome.output.contains("✗ staging"), "\(outcome.output)")
            let json = try await audit(shop, "--output", "json")
            #expect(json.output.contains(#""finding" : "differs""#))
        }
    }

    @Test("from another directory, audit and rollback find capsules where --capsules says")
    func elsewhere() async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            _ = try await shop.promote("staging")
            let newer = try await shop.release(day: 7, ["deploy/kustomize/base/settings.ini": "currency = USD\n"])
            _ = try await newer.build()
            _ = try await newer.promote("staging")
            try await Tool.output(["mv", "\(shop.directory)/release", "\(shop.directory)/moved"])
            func run(_ arguments: String...) async throws -> CapsuleProgram.Outcome {
                try await CapsuleProgram.run(
                    arguments + ["--gitops", "\(shop.directory)/gitops.git", "--image", "oci:\(shop.directory)/image"],
                    in: "\(shop.directory)/policy", environment: ["XDG_CACHE_HOME": "\(shop.directory)/cache"])
            }
            let lost = try await run("audit", "--stage", "staging")
            #expect(lost.status == 1, "\(lost.output)\(lost.errors)")
            let place = "oci:\(shop.directory)/moved"
            let release = try await run("audit", "--capsules", "\(place):\(shop.tag)")
            #expect(release.status == 64, "\(release.output)\(release.errors)")
            let found = try await run("audit", "--stage", "staging", "--capsules", place)
            #expect(found.status == 0, "\(found.output)\(found.errors)")
            let back = try await run("rollback", "--stage", "staging", "--capsules", place)
            #expect(back.status == 0, "\(back.output)\(back.errors)")
            let diff = try await run("diff", "\(place):\(newer.tag)", "--stage", "staging")
            #expect(diff.status == 0, "\(diff.errors)")
            #expect(diff.output.contains("settings.ini"), "\(diff.output)")
        }
    }

    @Test("audit says that it could not find out when the capsule is gone, with 1")
    func gone() async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            _ = try await shop.promote("staging")
            try await Tool.output(["rm", "-r", "\(shop.directory)/release"])
            let outcome = try await audit(shop)
            #expect(outcome.status == 1, "\(outcome.output)\(outcome.errors)")
            #expect(outcome.output.contains("– staging     unknown"), "\(outcome.output)")
        }
    }

    private func audit(_ shop: Shop, _ options: String...) async throws -> CapsuleProgram.Outcome {
        try await shop.run(["audit", "--gitops", "gitops.git", "--image", "oci:image"] + options)
    }
}
