import CapsuleTestSupport
import Testing

@Suite("A pair", .timeLimit(.minutes(3)), .needs("git", "kubectl"))
struct PairTests {
    @Test("is published with its witness once, and again without a change")
    func publish() async throws {
        try await PairShop.unpublished { pair in
            let first = try await pair.publish()
            try expectSuccess(first)
            #expect(first.output.hasPrefix("oci:package:\(pair.tag)@sha256:"))
            #expect(first.errors.contains("the witness \(pair.witness) is committed as "))
            let head = try await pair.shop.gitops("rev-parse", "main")
            let again = try await pair.publish()
            try expectSuccess(again)
            #expect(again.output == first.output)
            #expect(again.errors.contains("was published before") && again.errors.contains("was committed before"))
            #expect(try await pair.shop.gitops("rev-parse", "main") == head)
            let witness = try await pair.shop.gitops("show", "main:\(pair.witness)")
            let digest = try #require(first.output.split { $0 == "@" || $0 == "\n" }.last)
            #expect(
                witness.hasSuffix(
                    "packing: 1\nartifact:\n  repoURL: oci:package\n  tag: \(pair.tag)\n  digest: \(digest)"),
                "\(witness)")
            let message = try await pair.shop.gitops("log", "-1", "--format=%B", "main")
            #expect(message.contains("Release: \(pair.tag)"))
        }
    }

    @Test("an interrupted run is completed: a witness without its tag, and a tag without its witness")
    func interrupted() async throws {
        try await PairShop.with { pair in
            try await Tool.output(["rm", "package/index.json"], in: pair.directory)
            try writeFile(
                "\(pair.directory)/package/index.json",
                #"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#)
            let head = try await pair.shop.gitops("rev-parse", "main")
            try expectSuccess(try await pair.publish())
            #expect(try await pair.shop.gitops("rev-parse", "main") == head)
            try expectSuccess(try await pair.verify())
            _ = try await pair.shop.gitops("update-ref", "refs/heads/main", "main~1")
            #expect(try await pair.verify().status == 65)
            try expectSuccess(try await pair.publish())
            try expectSuccess(try await pair.verify())
        }
    }

    @Test("two publishers at once both commit their witnesses")
    func race() async throws {
        try await PairShop.unpublished { pair in
            let other = PairShop(shop: try await pair.shop.release(day: 7, ["README.md": "More.\n"]))
            async let first = pair.publish()
            async let second = other.publish()
            try expectSuccess(try await first)
            try expectSuccess(try await second)
            try expectSuccess(try await pair.verify())
            try expectSuccess(try await other.verify())
        }
    }

    @Test("passes every check of the chain, and two more")
    func verify() async throws {
        try await PairShop.with { pair in
            let outcome = try await pair.verify()
            try expectSuccess(outcome)
            try expectGolden(stable(outcome.output, pair), "pair-verify.txt")
            let json = try await pair.verify("--output", "json")
            #expect(json.output.contains(#""form" : "pair""#))
        }
    }

    @Test("goes up the ladder; records name the form and the witness, and the stages are audited and rolled back")
    func ladder() async throws {
        try await PairShop.with { pair in
            try expectSuccess(try await pair.promote("staging"))
            try expectSuccess(try await pair.promote("canary"))
            let record = try await pair.shop.gitops(
                "show", "stage/canary:apps/shop/deployments/canary/release-metadata.yaml")
            // The render depends on the programs of this machine.
            try expectGolden(stable(record.split(separator: "render:")[0].description, pair), "pair-record.yaml")
            try expectSuccess(try await pair.shop.run("audit", "--image", "oci:image"))
            let status = try await pair.shop.run("status", "--output", "json")
            try expectSuccess(status)
            #expect(status.output.contains(#""form" : "pair""#))
            let next = PairShop(
                shop: try await pair.shop.release(day: 7, ["deploy/kustomize/base/settings.ini": "a = b\n"]))
            try expectSuccess(try await next.publish())
            let difference = try await pair.shop.run(
                "diff", next.tag, "--stage", "staging", "--image", "oci:image")
            try expectSuccess(difference)
            #expect(difference.output.contains("base/settings.ini"))
            try expectSuccess(try await next.promote("staging"))
            let back = try await pair.shop.run("rollback", "--stage", "staging", "--image", "oci:image")
            try expectSuccess(back)
            try expectSuccess(try await pair.shop.run("audit", "--image", "oci:image"))
            let list = try await pair.shop.run("list")
            #expect(list.output.contains("\(pair.tag)  sha256:") && list.output.contains("  pair\n"))
            let out = try await pair.shop.run(
                "render", pair.tag, "--deployment", "staging", "--image", "oci:image", "--to", "out")
            try expectSuccess(out)
        }
    }

    @Test("is shown by what its package says, and unpacked after its witness was verified")
    func reading() async throws {
        try await PairShop.with { pair in
            let inspection = try await pair.shop.run("inspect", pair.tag)
            try expectSuccess(inspection)
            try expectGolden(stable(inspection.output, pair), "pair-inspect.txt")
            try expectSuccess(try await pair.shop.run("unpack", pair.tag, "--image", "oci:image", "--to", "out"))
            let files = try await Tool.output(["ls", "out"], in: pair.directory)
            #expect(files == "metadata\npackage")
        }
    }

    @Test("without a GitOps repository is a usage error that names the option", arguments: ["verify", "unpack"])
    func unknown(command: String) async throws {
        try await PairShop.with { pair in
            try await Tool.output(["rm", "capsule.yaml"], in: pair.directory)
            let options = command == "unpack" ? ["--to", "out"] : []
            let outcome = try await pair.shop.run(
                [command, "oci:package:\(pair.tag)", "--image", "oci:image"] + options)
            #expect(outcome.status == 64)
            #expect(outcome.errors.contains("--gitops"), "\(outcome.errors)")
            let named = try await pair.shop.run(
                [command, "oci:package:\(pair.tag)", "--image", "oci:image", "--gitops", "gitops.git"] + options)
            try expectSuccess(named)
        }
    }

    @Test("is published for review when that is asked or configured, and can be promoted after the merge")
    func review() async throws {
        try await PairShop.unpublished { pair in
            let branch = "capsule/release/\(pair.tag)"
            let first = try await pair.publish("--review")
            try expectSuccess(first)
            #expect(first.errors.contains("merge \(branch) into main"))
            let proposed = try await pair.shop.gitops("rev-parse", branch)
            let again = try await pair.publish("--review")
            try expectSuccess(again)
            #expect(try await pair.shop.gitops("rev-parse", branch) == proposed)
            #expect(try await pair.promote("staging").status == 65)
            _ = try await pair.shop.gitops("update-ref", "refs/heads/main", branch)
            try expectSuccess(try await pair.promote("staging"))
            let next = PairShop(shop: try await pair.shop.release(day: 7))
            try pair.writeConfiguration {
                $0.replacing("form: pair", with: "form: pair\nwitness: {review: pull-request}")
            }
            let configured = try await next.publish()
            try expectSuccess(configured)
            #expect(configured.errors.contains("merge capsule/release/\(next.tag) into main"))
        }
    }

    @Test("with another witness under its name is refused with the fields that differ, and is not tagged")
    func differs() async throws {
        try await PairShop.unpublished { pair in
            let other = PairShop(shop: pair.shop)
            try expectSuccess(try await pair.publish())
            _ = try await Tool.output(["rm", "-r", "package"], in: pair.directory)
            try other.writeConfiguration { $0.replacing("include: [base, components]", with: "include: [base]") }
            let outcome = try await other.publish()
            #expect(outcome.status == 65)
            for field in ["artifact.digest", "package.digest"] {
                #expect(outcome.errors.contains("\(field) is "), "\(outcome.errors)")
            }
            let list = try await pair.shop.run("list", "oci:package")
            #expect(!list.output.contains(pair.tag))
        }
    }

    private func stable(_ text: String, _ pair: PairShop) -> String {
        commits(text.replacing(pair.directory, with: "DIR"))
    }

    /// Replaces the ids of the commits of the GitOps repository, whose dates are those of this run.
    private func commits(_ text: String) -> String {
        text.replacing(#/(commit |commit: "| at )[0-9a-f]{40}/#) { "\($0.output.1)COMMIT" }
    }
}
