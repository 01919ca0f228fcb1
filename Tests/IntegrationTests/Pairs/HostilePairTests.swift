import CapsuleTestSupport
import Signing
import Testing

/// What is done to a published pair, and the check that finds it.
struct HostilePair: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let check: String
    let says: String
    /// Run in a clone of the GitOps repository; `$w` is the witness.
    let script: String

    init(_ description: String, _ check: String, says: String, _ script: String) {
        testDescription = description
        self.check = check
        self.says = says
        self.script = script
    }

    static let all = [
        HostilePair(
            "a witness that was edited", "witness.once", says: "had other content before", "edit Edit; git push -q"),
        HostilePair(
            "a witness that was edited, and edited back", "witness.once", says: "had other content before",
            "edit Edit; git revert --no-edit HEAD >/dev/null; git push -q"),
        HostilePair(
            "a witness that a merge edited", "witness.once", says: "had other content before",
            """
            git checkout -qb side HEAD~1; git commit -q --allow-empty -m Side; git checkout -q main
            git merge -q --no-ff --no-commit side; sed -i 's/^packing: 1$/packing: 1 # edited/' "$w"
            git add -A; git commit -qm Merge; git push -q
            """),
        HostilePair(
            "a witness that was edited on a side branch whose content a merge discarded", "witness.once",
            says: "had other content before",
            """
            git checkout -qb side; edit Edit; git checkout -q main; git commit -q --allow-empty -m Main
            git merge -q -s ours -m Merge side; git push -q
            """),
        HostilePair(
            "a witness that was removed and added again with other content", "witness.once",
            says: "had other content before",
            "git rm -q \"$w\"; git commit -qm Remove; git checkout -q HEAD~1 -- \"$w\"; edit Add; git push -q"),
        HostilePair(
            "a witness that was removed", "release.schema", says: "there is no witness",
            "git rm -q \"$w\"; git commit -qm Remove; git push -q"),
        HostilePair(
            "a witness that is a symbolic link", "release.schema", says: "there is no witness",
            "mv \"$w\" apps/shop/real.yaml; ln -s ../real.yaml \"$w\"; git add -A; git commit -qm Link; git push -q"),
        HostilePair(
            "a second witness, in other letters", "witness.once", says: "names the same commit",
            "cp \"$w\" \"apps/shop/releases/$(basename \"$w\" | tr a-z A-Z)\"; git add -A; git commit -qm Twin; git push -q"
        ),
        HostilePair(
            "a second witness, with another extension", "witness.once", says: "names the same commit",
            "cp \"$w\" \"${w%.yaml}.yml\"; git add -A; git commit -qm Twin; git push -q"),
        HostilePair(
            "a second witness, in a directory", "witness.once", says: "is a directory",
            "mkdir apps/shop/releases/old; cp \"$w\" apps/shop/releases/old; git add -A; git commit -qm Twin; git push -q"
        ),
        HostilePair(
            "a witness that is not the strict document", "release.schema", says: "unknown key",
            "echo 'extra: 1' >> \"$w\"; git add -A; git commit -q --amend -m Rewrite; git push -qf"),
        HostilePair(
            "an empty witness", "release.schema", says: "0 YAML documents",
            ": > \"$w\"; git add -A; git commit -q --amend -m Rewrite; git push -qf"),
        HostilePair(
            "a witness of more than 64 KiB", "release.schema", says: "at most 65536",
            "head -c 65536 /dev/zero | tr '\\0' '#' >> \"$w\"; git add -A; git commit -q --amend -m Rewrite; git push -qf"
        ),
        HostilePair(
            "a directory with the name of a witness", "release.schema", says: "there is no witness",
            "mv \"$w\" kept; mkdir \"$w\"; mv kept \"$w/release.yaml\"; git add -A; git commit -qm Move; git push -q"),
        HostilePair(
            "a witness without its package's name", "release.schema", says: "artifact is missing",
            "sed -i '/^artifact:/,$d' \"$w\"; git add -A; git commit -q --amend -m Rewrite; git push -qf"),
        HostilePair(
            "a witness of another package, by a force-push", "witness.artifact", says: "was replaced",
            """
            sed -i -E '/^artifact:/,$s/digest: sha256:.{4}/digest: sha256:0000/' "$w"
            git add -A; git commit -q --amend -m Rewrite; git push -qf
            """),
        HostilePair(
            "a witness of another repository", "witness.artifact", says: "was read from",
            "sed -i 's/repoURL: oci:package/repoURL: oci:other/' \"$w\"; git add -A; git commit -q --amend -m Rewrite; git push -qf"
        ),
    ]
}

@Suite("A pair that somebody tampers with", .timeLimit(.minutes(5)), .needs("git", "kubectl"))
struct HostilePairTests {
    @Test("is rejected by the check that is for it", arguments: HostilePair.all)
    func tampered(hostile: HostilePair) async throws {
        try await PairShop.with { pair in
            try expectSuccess(try await pair.verify())
            try await pair.inClone(hostile.script)
            let outcome = try await pair.verify()
            #expect(outcome.status == 65, "\(outcome.output)\(outcome.errors)")
            let line = outcome.output.split(separator: "\n").first { $0.contains(hostile.check) }.map(String.init) ?? ""
            #expect(line.contains(hostile.says), "\(outcome.output)")
            let promoted = try await pair.promote("staging")
            #expect(promoted.status == 65)
            #expect(try await pair.shop.gitops("branch", "--format=%(refname:short)", "--list", "stage/*") == "")
        }
    }

    @Test("a branch that is named like the policy commit is not read")
    func namedBranch() async throws {
        try await PairShop.with { pair in
            let head = try await pair.shop.gitops("rev-parse", "main")
            try await pair.inClone("git checkout -qb evil; edit Edit; git push -q origin HEAD:refs/heads/\(head)")
            try expectSuccess(try await pair.verify("--gitops", "gitops.git", "--revision", head))
            try expectSuccess(try await pair.promote("staging", options: ["--revision", head]))
            let record = try await pair.shop.gitops(
                "show", "stage/staging:apps/shop/deployments/staging/release-metadata.yaml")
            #expect(record.contains("commit: \"\(head)\""))
        }
    }

    @Test("an earlier policy commit does not hide what the head says")
    func earlier() async throws {
        try await PairShop.with { pair in
            let head = try await pair.shop.gitops("rev-parse", "main")
            try await pair.inClone("edit Edit; git push -q")
            let outcome = try await pair.promote("staging", options: ["--revision", head])
            #expect(outcome.status == 65)
            #expect(outcome.errors.contains("the head of the policy branch"), "\(outcome.errors)")
        }
    }

    @Test("a policy branch that was rewritten is found by what the stages recorded")
    func rewritten() async throws {
        try await PairShop.with { pair in
            try expectSuccess(try await pair.promote("staging"))
            try await pair.inClone(
                "sed -i 's/^packing: 1$/packing: 1 # rewritten/' \"$w\"; git add -A; git commit -q --amend -m Rewrite; git push -qf"
            )
            try expectSuccess(try await pair.verify())
            let audit = try await pair.shop.run("audit", "--image", "oci:image", "--stage", "staging")
            #expect(audit.status == 65)
            #expect(
                audit.output.contains("the policy branch was rewritten") || audit.output.contains("was never in force"))
            for stage in ["staging", "canary"] {
                let outcome = try await pair.promote(stage)
                #expect(outcome.status == 65)
                #expect(outcome.output.contains("witness sha256:"), "\(outcome.output)")
            }
        }
    }

    @Test("a statement about another witness counts for no stage and no audit")
    func statement() async throws {
        try await PairShop.with { pair in
            let key = SigningKey()
            try writeFile("\(pair.directory)/key", key.encryptedPEM(password: Array("words".utf8)))
            try writeFile("\(pair.directory)/password", "words\n")
            try writeFile("\(pair.directory)/key.pub", key.verificationKey.pem)
            let configuration = String(decoding: try readFile("\(pair.directory)/policy/capsule.yaml"), as: UTF8.self)
            try await pair.shop.changePolicyAfterPull([
                "capsule.yaml": configuration.replacing("stages:", with: "policy: policy.yaml\nstages:"),
                "apps/shop/policy.yaml": """
                schemaVersion: release-capsule-policy/v1alpha1
                keys: {promoter: {file: key.pub}}
                stages: {canary: {attestations: [{promoted: staging, keys: [promoter]}]}}

                """, "apps/shop/key.pub": key.verificationKey.pem,
            ])
            try pair.writeConfiguration()
            let place = ["--repository", "registry.example.com/shop/package"]
            try expectSuccess(
                try await pair.promote(
                    "staging", options: place + ["--attest-key", "key", "--password-file", "password"]))
            try expectSuccess(try await pair.promote("canary", options: place + ["--dry-run"]))
            let audit = ["audit", "--image", "oci:image", "--stage", "staging", "--key", "key.pub"] + place
            try expectSuccess(try await pair.shop.run(audit))
            // Whoever can push to both branches replaces the witness, and the record that names it.
            try await pair.inClone(
                """
                old=$(sha256sum < "$w" | cut -c1-64); policy=$(git rev-parse HEAD)
                git checkout -q --orphan new; sed -i 's/^packing: 1$/packing: 1 # rewritten/' "$w"; git add -A
                git commit -qm Rewrite; git push -qf origin new:main
                change="s/$old/$(sha256sum < "$w" | cut -c1-64)/; s/$policy/$(git rev-parse HEAD)/"
                git checkout -q stage/staging
                sed -i "$change" apps/shop/deployments/staging/release-metadata.yaml hydrator.metadata
                git commit -qam Rewrite; git push -q
                """)
            try expectSuccess(try await pair.verify())
            let outcome = try await pair.promote("canary", options: place)
            #expect(outcome.status == 65)
            #expect(
                outcome.output.contains("it is about the witness \(pair.witness)@sha256:"), "\(outcome.output)")
            let unproven = try await pair.shop.run(audit)
            #expect(unproven.status == 65)
            #expect(unproven.output.contains("none of these keys has attested"), "\(unproven.output)")
        }
    }

    @Test("a rollback to a release whose witness was rewritten is refused")
    func rewrittenRollback() async throws {
        try await PairShop.with { pair in
            try expectSuccess(try await pair.promote("staging"))
            let next = PairShop(shop: try await pair.shop.release(day: 7))
            try expectSuccess(try await next.publish("--gitops", "gitops.git"))
            try expectSuccess(try await next.promote("staging"))
            // The history of the policy branch is replaced by one commit.
            try await pair.inClone(
                """
                git checkout -q --orphan new; sed -i 's/^packing: 1$/packing: 1 # rewritten/' "$w"; git add -A
                git commit -qm Rewrite; git push -qf origin new:main
                """)
            try expectSuccess(try await pair.verify())
            let outcome = try await pair.shop.run("rollback", "--stage", "staging", "--image", "oci:image")
            #expect(outcome.status == 65)
            #expect(outcome.errors.contains("the record of the stage names the witness"), "\(outcome.errors)")
        }
    }

    @Test("a witness without its package, a package without its witness, and an image that moved")
    func parts() async throws {
        try await PairShop.with { pair in
            _ = try await Tool.output(["mv", "package", "kept"], in: pair.directory)
            let none = try await pair.verify()
            #expect(none.status != 0)
            _ = try await Tool.output(["mv", "kept", "package"], in: pair.directory)
            try await Tool.output(
                [
                    "sed", "-i",
                    "s/sha256:[0-9a-f]*\",\"size\"/sha256:\(String(repeating: "0", count: 64))\",\"size\"/",
                    "image/index.json",
                ], in: pair.directory)
            let moved = try await pair.verify()
            #expect(moved.status == 65)
            #expect(
                moved.output.contains("image.digest") && moved.output.contains("release.yaml names the image"),
                "\(moved.output)")
        }
    }

    @Test("the package of another release under the tag is refused")
    func replaced() async throws {
        try await PairShop.with { pair in
            // The same commit in other bytes, published elsewhere and moved over the tag.
            let other = try await pair.shop.run(
                "build", "--source", "app", "--commit", pair.shop.commit, "--image", "oci:image:\(pair.tag)", "--to",
                "oci:other", "--include", "base", "--witness", "other.yaml")
            try expectSuccess(other)
            _ = try await Tool.output(["sh", "-c", "rm -r package && mv other package"], in: pair.directory)
            let outcome = try await pair.verify()
            #expect(outcome.status == 65)
            #expect(outcome.output.contains("was replaced"), "\(outcome.output)")
        }
    }

    @Test("a policy that allows capsules only refuses a pair, and takes the capsule of it")
    func forms() async throws {
        try await PairShop.with { pair in
            try await pair.shop.changePolicyAfterPull([
                "capsule.yaml": String(
                    decoding: try readFile("\(pair.directory)/policy/capsule.yaml"), as: UTF8.self
                ).replacing("stages:", with: "policy: policy.yaml\nstages:"),
                "apps/shop/policy.yaml": "schemaVersion: release-capsule-policy/v1alpha1\nforms: [capsule]\n",
            ])
            try pair.writeConfiguration()
            let outcome = try await pair.promote(
                "staging", options: ["--repository", "registry.example.com/shop/release"])
            #expect(outcome.status == 65)
            #expect(
                outcome.output.contains("release.form") && outcome.output.contains("capsule convert"),
                "\(outcome.output)")
            try expectSuccess(
                try await pair.shop.run("convert", pair.tag, "--image", "oci:image", "--to", "oci:converted"))
            try expectSuccess(
                try await pair.shop.run(
                    "promote", "oci:converted:\(pair.tag)", "--image", "oci:image", "--stage", "staging",
                    "--repository",
                    "registry.example.com/shop/release"))
        }
    }
}

extension Shop {
    /// Commits to the GitOps repository's main branch, which has commits that `policy` has not.
    func changePolicyAfterPull(_ files: [String: String]) async throws {
        try await Tool.output(["git", "pull", "-q", "--ff-only", "../gitops.git", "main"], in: "\(directory)/policy")
        try await changePolicy(files)
    }
}
