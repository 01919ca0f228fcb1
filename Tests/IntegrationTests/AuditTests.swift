import Archive
import CapsuleCore
import CapsuleTestSupport
import DeliveryConfiguration
import FoundationEssentials
import OCI
import Testing

@Suite(
    "capsule rollback and audit", .timeLimit(.minutes(3)), .needs("git", "kubectl"))
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
            try expectSuccess(promoted)
            let outcome = try await shop.run(
                "rollback", "--stage", "staging", "--gitops", "gitops.git", "--image", "oci:image")
            try expectSuccess(outcome)
            #expect(outcome.output.contains("release  \(shop.tag)"))
            let record = try await shop.gitops(
                "show", "stage/staging:apps/shop/deployments/staging/release-metadata.yaml")
            #expect(record.contains(shop.tag))
            let settings = try await shop.gitops("grep", "-h", "currency", "stage/staging")
            #expect(settings.contains("EUR"))
            #expect(outcome.errors.contains("--to \(shop.tag)"), "\(outcome.errors)")
            // Run again, as after an interruption: it is done, whether the release is named or not.
            let head = try await shop.gitops("rev-parse", "stage/staging")
            for option in [[], ["--to", shop.tag]] {
                let again = try await shop.run(
                    ["rollback", "--stage", "staging", "--gitops", "gitops.git", "--image", "oci:image"] + option)
                try expectSuccess(again)
                #expect(again.errors.contains("staging is at \(shop.tag) already"), "\(again.errors)")
                #expect(try await shop.gitops("rev-parse", "stage/staging") == head)
            }
            let unknown = try await shop.run(
                "rollback", "--stage", "staging", "--gitops", "gitops.git", "--to",
                "git-\(String(repeating: "a", count: 40))")
            #expect(unknown.status == 1 && unknown.errors.contains("it held \(newer.tag)"), "\(unknown.errors)")
            let forth = try await shop.run(
                "rollback", "--stage", "staging", "--gitops", "gitops.git", "--image", "oci:image", "--to", newer.tag)
            try expectSuccess(forth)
            #expect(forth.output.contains("release  \(newer.tag)"))
        }
    }

    @Test(
        "rollback knows from the record, whoever wrote the message, and audit finds a record of one that did not take place"
    )
    func recorded() async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            let newer = try await shop.release(day: 7, ["deploy/kustomize/base/settings.ini": "currency = USD\n"])
            _ = try await newer.build()
            try expectSuccess(try await newer.promote("staging"))
            // A release that the stage never held, so that nothing else says that the stage went back.
            try expectSuccess(try await shop.promote("staging", options: ["--rollback"]))
            // As a Git host merges.
            let merge = "git update-ref refs/heads/$1 $(git commit-tree -p $1^ -m 'Merge pull request #3' $1^{tree})"
            try await Tool.output(
                ["sh", "-ec", merge, "sh", "stage/staging"], in: "\(shop.directory)/gitops.git",
                environment: Shop.environment)
            try expectSuccess(try await audit(shop))
            let status = try await shop.run("status", "--gitops", "gitops.git")
            #expect(status.output.contains("rolled back from \(newer.tag)"), "\(status.output)\(status.errors)")
            let rollback = ["rollback", "--stage", "staging", "--gitops", "gitops.git", "--image", "oci:image"]
            let again = try await shop.run(rollback)
            try expectSuccess(again)
            #expect(again.errors.contains("staging is at \(shop.tag) already, after \(newer.tag)"), "\(again.errors)")
            let other = "git-\(String(repeating: "a", count: 40))"
            try await edit(shop) { work in
                try await Tool.output(["sed", "-i", "s/^  from: .*/  from: \(other)/", "\(work)/release-metadata.yaml"])
            }
            let forged = try await audit(shop)
            #expect(forged.status == 65)
            #expect(
                forged.output.contains(
                    "the record names a rollback from \(other), and staging held \(newer.tag) before this one"),
                "\(forged.output)")
            let believed = try await shop.run(rollback + ["--dry-run"])
            #expect(
                believed.errors.contains("staging goes back from \(shop.tag) to \(newer.tag)"), "\(believed.errors)")
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
            try expectSuccess(outcome)
            try expectGolden(outcome.output, "audit.txt")
        }
    }

    @Test("audit renders again: it neither reads nor writes rendered output of the cache")
    func uncached() async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            let promoted = try await shop.run(
                "promote", "oci:release:\(shop.tag)", "--image", "oci:image", "--gitops", "gitops.git", "--stage",
                "staging", "--cache-dir", "cache")
            try expectSuccess(promoted)
            let cache = "\(shop.directory)/cache"
            #expect(!listTree("\(cache)/renders").isEmpty)
            try await Tool.output(["rm", "-rf", "\(cache)/renders", "\(cache)/renders.key"])
            let outcome = try await shop.run(
                "audit", "--stage", "staging", "--image", "oci:image", "--gitops", "gitops.git", "--cache-dir", "cache")
            try expectSuccess(outcome)
            #expect(listTree("\(cache)/renders").isEmpty)
        }
    }

    @Test("a stage that waits for its first review is empty, and one that somebody emptied is not")
    func empty() async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            _ = try await shop.promote("staging")
            _ = try await shop.promote("canary")
            let review = try await shop.promote("production")
            try expectSuccess(review)
            let waiting = try await audit(shop)
            try expectSuccess(waiting)
            #expect(waiting.output.contains("– production  empty"), "\(waiting.output)")
            try await edit(shop) { work in try await Tool.output(["rm", "-r", work]) }
            let emptied = try await audit(shop)
            #expect(emptied.status == 65, "\(emptied.output)\(emptied.errors)")
            #expect(emptied.output.contains("stage/staging has no record"), "\(emptied.output)")
        }
    }

    @Test("audit finds a byte that somebody changed on the branch, and names the object and its field")
    func finds() async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            _ = try await shop.promote("staging")
            let promoted = try await shop.gitops("rev-parse", "stage/staging")
            try await edit(shop, changePort)
            let outcome = try await audit(shop)
            #expect(outcome.status == 65, "\(outcome.output)\(outcome.errors)")
            #expect(outcome.output.contains("✗ staging"), "\(outcome.output)")
            #expect(
                outcome.output.contains("first: Service shop-staging/shop, spec.ports[0].port"), "\(outcome.output)")
            let json = try await audit(shop, "--output", "json")
            #expect(json.output.contains(#""finding" : "differs""#))
            let markdown = try await audit(shop, "--output", "markdown")
            #expect(markdown.status == 65)
            #expect(markdown.output.contains("| `staging` | ✗ differs |"), "\(markdown.output)")
            #expect(markdown.output.contains("```diff"), "\(markdown.output)")
            // The earlier commit of the branch is as it should be, and can be audited.
            let before = try await audit(shop, "--stage", "staging", "--commit", promoted)
            try expectSuccess(before)
            let policy = try await shop.gitops("rev-parse", "main")
            let foreign = try await audit(shop, "--stage", "staging", "--commit", policy)
            #expect(foreign.status == 1 && foreign.errors.contains("never held commit"), "\(foreign.errors)")
            let vague = try await audit(shop, "--commit", promoted)
            #expect(vague.status == 64 && vague.errors.contains("--stage"), "\(vague.errors)")
        }
    }

    @Test("audit finds a branch whose record was made to fit the edited files")
    func recordToo() async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            _ = try await shop.promote("staging")
            try await edit(shop) { work in
                try changePort(work)
                try fitRecord(work)
            }
            let outcome = try await audit(shop)
            #expect(outcome.status == 65, "\(outcome.output)\(outcome.errors)")
            #expect(outcome.output.contains("the recorded inputs give"), "\(outcome.output)")
            #expect(
                outcome.output.contains("first: Service shop-staging/shop, spec.ports[0].port"), "\(outcome.output)")
        }
    }

    @Test(
        "audit finds a link among the rendered files, a tag that has moved, and a capsule that is gone from its place")
    func links() async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            _ = try await shop.promote("staging")
            _ = try await shop.promote("canary")
            try await edit(shop) { work in
                try await Tool.output(["ln", "-s", "/etc/passwd", "\(work)/deploy/link.yaml"])
            }
            let outcome = try await audit(shop)
            #expect(outcome.status == 65)
            #expect(outcome.output.contains("link.yaml is not a regular file"), "\(outcome.output)")
            #expect(outcome.output.contains("✓ canary"), "\(outcome.output)")
            let newer = try await shop.release(day: 7, ["deploy/kustomize/base/settings.ini": "currency = USD\n"])
            _ = try await newer.build()
            let index = "\(shop.directory)/release/index.json"
            let text = String(decoding: try readFile(index), as: UTF8.self)
            // The old release's tag now names the newer capsule.
            try writeFile(index, text.replacing(shop.tag, with: "git-gone").replacing(newer.tag, with: shop.tag))
            let moved = try await audit(shop, "--stage", "canary")
            #expect(moved.status == 65, "\(moved.output)\(moved.errors)")
            #expect(moved.output.contains("capsule.digest"), "\(moved.output)")
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
            try expectSuccess(found)
            let back = try await run("rollback", "--stage", "staging", "--capsules", place)
            try expectSuccess(back)
            let diff = try await run("diff", "\(place):\(newer.tag)", "--stage", "staging")
            try expectSuccess(diff)
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

    @Test("audit does not take the policy of a branch that anybody may push for the one that holds")
    func otherPolicy() async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            _ = try await shop.promote("staging")
            _ = try await shop.promote("canary")
            let work = "\(shop.directory)/policy"
            try await Tool.output(["git", "checkout", "-q", "-b", "other"], in: work)
            let lax = """
                apiVersion: kustomize.config.k8s.io/v1alpha1
                kind: Component
                labels:
                  - pairs: {environment: lax}

                """
            try writeFile("\(work)/apps/shop/envTypes/staging/kustomization.yaml", lax)
            let commit = try await Shop.commit("Require less", in: work, day: 8)
            try await Tool.output(["git", "push", "-q", "../gitops.git", "other"], in: work)
            let promoted = try await shop.promote("staging", options: ["--revision", "other"])
            try expectSuccess(promoted)
            let outcome = try await audit(shop)
            #expect(outcome.status == 65, "\(outcome.output)\(outcome.errors)")
            #expect(outcome.output.contains("✗ staging     differs"), "\(outcome.output)")
            #expect(outcome.output.contains("\(commit.prefix(12))"), "\(outcome.output)")
            #expect(outcome.output.contains("is not in the history of the policy branch"), "\(outcome.output)")
            #expect(outcome.output.contains("✓ canary"), "\(outcome.output)")
            // Whoever means that branch says so.
            let meant = try await audit(shop, "--stage", "staging", "--revision", "other")
            try expectSuccess(meant)
            // Once it is part of the policy's branch, it has held.
            try await Tool.output(["git", "checkout", "-q", "main"], in: work)
            try await Tool.output(["git", "merge", "-q", "other"], in: work)
            try await shop.changePolicy(["README.md": "Merged.\n"], day: 9)
            let merged = try await audit(shop)
            try expectSuccess(merged)
        }
    }

    @Test("audit finds a stage that holds what was rendered for another one")
    func otherStage() async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            _ = try await shop.promote("staging")
            _ = try await shop.promote("canary")
            try await Tool.output(
                ["git", "clone", "-q", "-b", "stage/canary", "gitops.git", "canary"], in: shop.directory)
            let other = "\(shop.directory)/canary/apps/shop/deployments"
            try await edit(shop) { work in
                try await Tool.output(["rm", "-r", work])
                try await Tool.output(["cp", "-r", "\(other)/canary", work])
            }
            let outcome = try await audit(shop, "--stage", "staging")
            #expect(outcome.status == 65, "\(outcome.output)\(outcome.errors)")
            #expect(outcome.output.contains("the record is about the deployment canary"), "\(outcome.output)")
        }
    }

    @Test(
        "audit finds a record that differs from the release, and files next to it that other tools read",
        arguments: [
            ("release-metadata.yaml", "digest: sha256:", "image.digest"),
            ("release-metadata.yaml", "packageDigest: sha256:", "capsule.packageDigest"),
            ("../../../../hydrator.metadata", "\"drySha\" : \"", "hydrator.metadata"),
            ("../../../../hydrator.metadata", "\"repoURL\" : \"", "hydrator.metadata"),
        ])
    func otherRecord(file: String, field: String, named: String) async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            _ = try await shop.promote("staging")
            try await edit(shop) { work in
                let text = String(decoding: try readFile("\(work)/\(file)"), as: UTF8.self)
                let place = try #require(text.firstRange(of: field)?.upperBound)
                // Another digit, so that it stays what it was.
                let other = text[place] == "1" ? "2" : "1"
                try writeFile(
                    "\(work)/\(file)", String(text[..<place]) + other + String(text[text.index(after: place)...]))
            }
            let outcome = try await audit(shop, "--stage", "staging")
            #expect(outcome.status == 65, "\(outcome.output)\(outcome.errors)")
            #expect(outcome.output.contains("✗ staging  differs"), "\(outcome.output)")
            #expect(outcome.output.contains(named), "\(outcome.output)")
        }
    }

    @Test("audit finds a release of another application, which only another configuration takes")
    func otherApplication() async throws {
        try await Shop.with { shop in
            let text = String(decoding: try readFile("\(shop.directory)/policy/capsule.yaml"), as: UTF8.self)
            try writeFile(
                "\(shop.directory)/other.yaml",
                text.replacing(Shop.repository, with: "registry.example.com/other/web"))
            let built = try await shop.run(
                "build", "--source", "app", "--config", "other.yaml", "--image", "oci:image:\(shop.tag)", "--to",
                "oci:release")
            try expectSuccess(built)
            let promoted = try await shop.promote("staging", options: ["--config", "other.yaml"])
            try expectSuccess(promoted)
            let outcome = try await audit(shop, "--stage", "staging")
            #expect(outcome.status == 65, "\(outcome.output)\(outcome.errors)")
            #expect(outcome.output.contains("registry.example.com/other/web"), "\(outcome.output)")
        }
    }

    @Test("what a record says moves no cursor and adds no line to the report")
    func hostileRecord() async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            _ = try await shop.promote("staging")
            try await edit(shop) { work in
                try changePort(work)
                try fitRecord(work) { line in
                    line.hasPrefix("    version: ") ? #"    version: "v1\e[2K\n✓ staging  reproduced""# : line
                }
            }
            for format in ["text", "markdown"] {
                let outcome = try await audit(shop, "--stage", "staging", "--output", format)
                #expect(outcome.status != 0)
                #expect(!outcome.output.contains("\u{1B}"), "\(outcome.output)")
                let lines = outcome.output.split(separator: "\n").map { $0.drop { " -`".contains($0) } }
                #expect(!lines.contains { $0.hasPrefix("✓ staging") }, "\(outcome.output)")
            }
        }
    }

    /// Changes the port of the rendered Service.
    private func changePort(_ work: String) throws {
        let file = "\(work)/deploy/v1_service_shop.yaml"
        try writeFile(file, String(decoding: try readFile(file), as: UTF8.self).replacing("80", with: "81"))
    }

    /// Makes the record name the digest of the files as they are now, and changes its other lines with `change`.
    private func fitRecord(_ work: String, _ change: (String) -> String = { $0 }) throws {
        let files = try listTree("\(work)/deploy").map {
            PackageFile(path: try RelativePath($0), content: try readFile("\(work)/deploy/\($0)"))
        }
        let record = String(decoding: try readFile("\(work)/release-metadata.yaml"), as: UTF8.self)
        let lines = record.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.hasPrefix("  digest: ") ? "  digest: \(FileListDigest.compute(files))" : change(String(line))
        }
        try writeFile("\(work)/release-metadata.yaml", lines.joined(separator: "\n"))
    }

    /// Changes the files of the stage and pushes them, as somebody with access to the branch can.
    private func edit(_ shop: Shop, _ change: (String) async throws -> Void) async throws {
        let work = "\(shop.directory)/stage"
        try await Tool.output(["git", "clone", "-q", "-b", "stage/staging", "gitops.git", work], in: shop.directory)
        try await change("\(work)/apps/shop/deployments/staging")
        _ = try await Shop.commit("Sneak something in", in: work, day: 9)
        try await Tool.output(["git", "push", "-q", "origin", "stage/staging"], in: work)
    }

    private func audit(_ shop: Shop, _ options: String...) async throws -> CapsuleProgram.Outcome {
        try await shop.run(["audit", "--gitops", "gitops.git", "--image", "oci:image"] + options)
    }
}
