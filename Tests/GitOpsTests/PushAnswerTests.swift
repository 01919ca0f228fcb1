import CapsuleCore
import Support
import Testing

@testable import GitOps

@Suite("The answer of a server to a push")
struct PushAnswerTests {
    @Test("an unknown host key is not a matter of the login")
    func hostKey() throws {
        let remote = try GitRemote("ssh://git@git.example.com/x.git")
        let unknown = remote.failure("listing", "No ED25519 host key is known.\nHost key verification failed.\n")
        #expect(unknown.code == .unauthorized)
        #expect(unknown.message.contains("known_hosts") && !unknown.message.contains("login"))
        #expect(
            remote.failure("listing", "Permission denied (publickey).\n").message.contains("Check the login"))
    }

    static func outcome(_ summary: String, _ errorOutput: String = "") throws -> GitPush.Outcome {
        let answer = GitOpsRepository.RefResult(flag: UInt8(ascii: "!"), summary: summary)
        return GitOpsRepository.outcome(
            answer, errorOutput: errorOutput, try GitRemote("https://git.example.com/gitops.git"))
    }

    @Test(
        "that its disk or its system fails means that the push may succeed later",
        arguments: [
            (
                "[remote rejected] (unpacker error)",
                "error: remote unpack failed: unable to create temporary object directory"
            ),
            ("[remote rejected] (unpacker error)", "remote: fatal: write error: No space left on device"),
            ("[remote rejected] (failed)", "remote: error: unable to write file: Read-only file system"),
            ("[remote rejected] (Internal Server Error)", ""),
            ("[remote failure] (remote failed to report status)", ""),
        ])
    func faults(summary: String, errors: String) throws {
        guard case .unknown(let error) = try Self.outcome(summary, errors) else {
            Issue.record("\(try Self.outcome(summary, errors))")
            return
        }
        #expect(error.code == .unavailable && error.kind == .unavailable)
        #expect(error.message.contains("could not store the commit"))
    }

    @Test(
        "that it decided against it is a rejection, whatever words it uses",
        arguments: [
            ("[remote rejected] (pre-receive hook declined)", "remote: No space left on device for tests"),
            ("[remote rejected] (protected branch hook declined)", ""),
            ("[remote rejected] (unpacker error)", "remote: fatal: pack exceeds maximum allowed size (1.00 MiB)"),
            ("[remote rejected] (deny updating a hidden ref)", ""),
        ])
    func decisions(summary: String, errors: String) throws {
        guard case .rejected = try Self.outcome(summary, errors) else {
            Issue.record("\(try Self.outcome(summary, errors))")
            return
        }
    }

    @Test("that another writer was faster is a lost race")
    func races() throws {
        for summary in ["[rejected] (non-fast-forward)", "[remote rejected] (cannot lock ref 'refs/heads/a')"] {
            guard case .lostRace = try Self.outcome(summary) else {
                Issue.record("\(summary)")
                continue
            }
        }
    }

    @Test("Git's hints do not come before the reason, and are shown where there is nothing else")
    func hints() {
        #expect(Git.detail("hint: use --foo\nhint:\nfatal: the reason\n") == "fatal: the reason")
        #expect(Git.detail("hint: use --foo\n") == "hint: use --foo")
    }
}
