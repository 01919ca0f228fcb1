import CapsuleCore
import CapsuleTestSupport
import Documents
import GitOps
import OCI
import Signing
import Support
import Testing

@testable import CapsuleServer

/// Files that a test changes: the allowed repositories, one a line, and public keys.
private struct TestFiles: Sendable {
    let directory: String
    var list: String { "\(directory)/allowed" }
    var key: String { "\(directory)/key.pub" }

    var files: SettingsFiles {
        SettingsFiles(
            names: { [list, key] },
            load: {
                let names = String(decoding: try readFile(list), as: UTF8.self).split(separator: "\n").map(String.init)
                var settings = ServiceSettings(allowList: try AllowList(repositories: names, remotes: []))
                if let pem = try? readFile(key) { settings.keys = [try VerificationKey(pem: pem, file: key)] }
                return settings
            })
    }

    func allow(_ names: String...) throws { try writeFile(list, names.joined(separator: "\n")) }
}

@Suite("Settings that change", .timeLimit(.minutes(1)))
struct SettingsTests {
    /// Advances the clock to the next look at the files, and waits until it is over.
    private func look(_ service: TestService) async throws {
        try await eventually("the last look is over") { service.clock.sleepers > 0 }
        service.clock.advance(by: .seconds(5))
        try await eventually("the look is over") { service.clock.sleepers > 0 }
    }

    private func metric(_ service: TestService) async throws -> String? {
        try await service.tester.get("/metrics").text.split(separator: "\n")
            .first { $0.hasPrefix("capsule_settings_last_reload_successful ") }.map { String($0.suffix(1)) }
    }

    @Test(
        "are read again when a file changes, and a wrong file leaves the last good one, which readiness and a metric say"
    )
    func reread() async throws {
        let release = try await TestRelease()
        try await withTemporaryDirectory { directory in
            let files = TestFiles(directory: directory)
            try files.allow("registry.example.com/shop")
            try await withTestService(
                [release],
                configure: {
                    $0.settings = try files.files.read()
                    $0.settingsFiles = files.files
                }
            ) { service in
                func status() async throws -> Int { try await service.verify(release.request()).status }
                #expect(try await status() == 200)
                #expect(try await metric(service) == "1")
                try await look(service)
                #expect(!service.log.all.contains { $0.contains("settings") })

                // A key is required from now on. The verdict before it counts no more.
                try writeFile(files.key, SigningKey().verificationKey.pem)
                try await look(service)
                let unsigned = try await service.verify(release.request())
                #expect(unsigned.status == 422 && unsigned.text.contains("signature"), "\(unsigned.text)")
                #expect(
                    service.log.all.last { $0.contains("settings") }?.contains("the settings were read again") == true)

                // A wrong file: the last good settings stay, for as long as it is wrong.
                try writeFile(files.key, "nonsense")
                for _ in 0..<2 {
                    try await look(service)
                    let ready = try await service.tester.get("/readyz")
                    #expect(ready.status == 200 && ready.json["ok"] == true)
                    #expect(ready.json["warning"]?.string?.contains(files.key) == true, "\(ready.text)")
                    #expect(try await metric(service) == "0")
                    #expect(try await status() == 422)
                }
                let errors = service.log.all.filter { $0.contains("the settings cannot be read again") }
                #expect(errors.count == 1 && errors[0].contains(files.key) && errors[0].contains("\"level\":\"error\""))

                try await Tool.output(["rm", files.key])
                try await look(service)
                #expect(try await status() == 200)
                #expect(try await service.tester.get("/readyz").json["warning"] == nil)
                #expect(try await metric(service) == "1")

                // A repository that is allowed no more is refused, remembered verdict or not.
                try files.allow("registry.example.com/other")
                try await look(service)
                #expect(try await status() == 403)
            }
        }
    }

    @Test("are read again on request although no file has changed, also when several requests coincide")
    func onRequest() async throws {
        try await withTemporaryDirectory { directory in
            let files = TestFiles(directory: directory)
            try files.allow("registry.example.com/shop")
            let store = SettingsStore(try files.files.read(), from: files.files)
            store.refresh()
            #expect(store.numbered.generation == 0)
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<4 { group.addTask { await awaitBlocking { store.refresh(onRequest: "SIGHUP") } } }
            }
            #expect(store.numbered.generation == 4)
            // A file that is replaced through a symbolic link, as on a volume of Kubernetes.
            try writeFile("\(directory)/..1/allowed", "registry.example.com/new")
            try await Tool.output(["ln", "-sfn", "..1/allowed", files.list])
            store.refresh()
            #expect(throws: Never.self) {
                try store.current.allowList.check(Repository("registry.example.com/new/web"))
            }
        }
    }
}
