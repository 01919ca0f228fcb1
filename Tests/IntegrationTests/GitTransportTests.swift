import Archive
import CapsuleTestSupport
import GitOps
import Testing

@Suite("Git logins", .timeLimit(.minutes(2)), .needs("git", "kubectl"))
struct GitTransportTests {
    @Test(
        "promotes over SSH with the user's own command",
        arguments: ["ssh://git@git.test%/gitops.git", "git@git.test:%/gitops.git"])
    func ssh(address: String) async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            // What a server's SSH daemon does: runs the command that it is sent.
            try await shop.writeProgram(
                "bin/ssh",
                """
                echo "$*" >>\(shop.directory)/ssh.log
                for last; do :; done
                exec sh -c "$last"
                """)
            let remote = address.replacing("%", with: shop.directory)
            let promoted = try await shop.run(
                "promote", "oci:release:\(shop.tag)", "--image", "oci:image", "--stage", "staging", "--gitops", remote,
                environment: ["GIT_SSH_COMMAND": "\(shop.directory)/bin/ssh"])
            try expectSuccess(promoted)
            #expect(try await shop.gitops("rev-list", "--count", "stage/staging") == "1")
            let log = String(decoding: try readFile("\(shop.directory)/ssh.log"), as: UTF8.self)
            #expect(log.contains("git@git.test git-upload-pack"), "\(log)")
            #expect(log.contains("git@git.test git-receive-pack"), "\(log)")
        }
    }

    @Test("an SSH server that refuses the key is 77, one that is not there 69")
    func refusals() async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            for (words, status) in [
                ("git@git.test: Permission denied (publickey).", Int32(77)),
                ("ssh: Could not resolve hostname git.test: Name or service not known", 69),
            ] {
                try await shop.writeProgram("bin/ssh", "echo '\(words)' >&2; exit 255")
                let outcome = try await shop.run(
                    "status", "--gitops", "ssh://git@git.test/gitops.git",
                    environment: ["GIT_SSH_COMMAND": "\(shop.directory)/bin/ssh"])
                #expect(outcome.status == status, "\(outcome.errors)")
                #expect(outcome.errors.contains("git.test"), "\(outcome.errors)")
            }
        }
    }
}
