import CapsuleCore
import CapsuleTestSupport
import OCI
import Processes
import PromotionTestSupport
import Support
import Synchronization
import Testing

@testable import DeliveryConfiguration
@testable import GitOps
@testable import Promotion

@Suite("Git over HTTP", .needs("python3", "git"), .timeLimit(.minutes(2)))
struct HTTPTransportTests {
    private func promote(
        _ fixture: PromotionFixture, _ number: Int, at address: String, cache: String? = nil,
        runner: any CommandRunner = SystemCommandRunner(), environment: [String: String] = [:]
    ) async throws -> PromotionReceipt {
        let promotions = try await fixture.with(
            runner: runner, cache: cache, remote: "\(address)/gitops.git", environment: environment
        ) { promoter, snapshot in
            _ = try await snapshot.environmentPolicy(root: RelativePath("apps/shop"), deployments: ["staging"])
            return try await promoter.promote([
                TestRelease(number).promotion(promoter.configuration, stage: "staging", snapshot: snapshot)
            ])
        }
        return try #require(promotions.first?.receipt)
    }

    @Test("promotes, with a server that filters and with one that does not", arguments: [true, false])
    func promotes(filters: Bool) async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            _ = try await fixture.git("config", "http.receivepack", "true")
            _ = try await fixture.git("config", "uploadpack.allowFilter", "\(filters)")
            try await GitServer.with(root: directory) { address in
                let first = try await promote(fixture, 1, at: address)
                #expect(first.outcome == .promoted)
                let second = try await promote(fixture, 2, at: address)
                #expect(second.outcome == .promoted)
                let again = try await promote(fixture, 2, at: address)
                #expect(again.outcome == .unchanged)
            }
            #expect(try await fixture.log("stage/staging").count == 2)
            #expect(try await fixture.git("fsck", "--strict", "--no-dangling") == "")
        }
    }

    @Test("logs in through GIT_ASKPASS, and the password is in no argument and no message")
    func login() async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            _ = try await fixture.git("config", "http.receivepack", "true")
            let askpass = "\(directory)/askpass"
            try await writeProgram(askpass, "#!/bin/sh\ncase $1 in Username*) echo ci;; *) echo hunter2;; esac\n")
            let recorder = RecordingRunner()
            try await GitServer.with(root: directory, password: "hunter2") { address in
                let receipt = try await promote(
                    fixture, 1, at: address, runner: recorder, environment: ["GIT_ASKPASS": askpass])
                #expect(receipt.outcome == .promoted)
                #expect(!recorder.commands.joined().contains { $0.contains("hunter2") })

                let none = await #expect(throws: GitError.self) {
                    try await promote(fixture, 2, at: address, cache: "\(directory)/other")
                }
                #expect(none?.code == .unauthorized, "\(none?.message ?? "")")
                try await writeProgram(askpass, "#!/bin/sh\necho wrong-hunter3\n")
                let wrong = await #expect(throws: GitError.self) {
                    try await promote(fixture, 2, at: address, environment: ["GIT_ASKPASS": askpass])
                }
                #expect(wrong?.code == .unauthorized)
                #expect(wrong?.message.contains("hunter3") == false)
            }
        }
    }

    @Test("logs in through the user's own credential helper, and tells it when the password was wrong")
    func credentialHelper() async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            _ = try await fixture.git("config", "http.receivepack", "true")
            let helper = "\(directory)/helper"
            try await writeProgram(
                helper,
                """
                #!/bin/sh
                echo "$1" >>\(directory)/asked
                if [ "$1" = get ]; then echo username=ci; cat \(directory)/secret; fi
                """)
            try writeFile("\(directory)/home/.gitconfig", "[credential]\n\thelper = \(helper)\n")
            let recorder = RecordingRunner()
            try await GitServer.with(root: directory, password: "hunter2") { address in
                let environment = ["HOME": "\(directory)/home"]
                try writeFile("\(directory)/secret", "password=hunter2\n")
                let receipt = try await promote(fixture, 1, at: address, runner: recorder, environment: environment)
                #expect(receipt.outcome == .promoted)
                #expect(!recorder.commands.joined().contains { $0.contains("hunter2") })
                try writeFile("\(directory)/secret", "password=wrong-hunter3\n")
                let wrong = await #expect(throws: GitError.self) {
                    try await promote(fixture, 2, at: address, environment: environment)
                }
                #expect(wrong?.code == .unauthorized, "\(wrong?.message ?? "")")
                #expect(wrong?.message.contains("hunter3") == false)
            }
            let asked = String(decoding: try readFile("\(directory)/asked"), as: UTF8.self).split(separator: "\n")
            #expect(asked.contains("store") && asked.last == "erase", "\(asked)")
        }
    }

    @Test("logs in through .netrc, which needs no shell, as in the service's image")
    func netrc() async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            _ = try await fixture.git("config", "http.receivepack", "true")
            try await GitServer.with(root: directory, password: "hunter2") { address in
                try writeFile("\(directory)/home/.netrc", "machine 127.0.0.1 login ci password hunter2\n")
                let receipt = try await promote(fixture, 1, at: address, environment: ["HOME": "\(directory)/home"])
                #expect(receipt.outcome == .promoted)
            }
        }
    }

    @Test("reports a server that lets people read but not push")
    func readOnly() async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            _ = try await fixture.git("config", "http.receivepack", "false")
            try await GitServer.with(root: directory) { address in
                let error = await #expect(throws: GitError.self) { try await promote(fixture, 1, at: address) }
                #expect(error?.code == .unauthorized, "\(error?.message ?? "")")
            }
        }
    }

    @Test(
        "tells a server that refuses from one that fails",
        arguments: [
            (401, GitError.Code.unauthorized), (403, .unauthorized), (404, .unavailable), (500, .unavailable),
            (503, .unavailable),
        ])
    func statuses(status: Int, code: GitError.Code) async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            try await GitServer.with(root: directory, answer: status) { address in
                let error = await #expect(throws: GitError.self) { try await promote(fixture, 1, at: address) }
                #expect(error?.code == code, "\(error?.message ?? "")")
                #expect(error?.message.contains("\(address)/gitops.git") == true)
            }
        }
    }
}
