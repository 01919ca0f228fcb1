import CapsuleTestSupport
import Logging
import OCI
import Synchronization
import Testing

@testable import OCIRegistry

@Suite("Renewed authorities", .needs("openssl"), .timeLimit(.minutes(1)))
struct RenewedTrustTests {
    @Test(
        "files of options, variables and certs.d are read again when they change, and a broken one leaves what it held")
    func renewed() async throws {
        try await withTemporaryDirectory { directory in
            let identity = try await TLSIdentity.make(in: directory)
            try writeFile("\(directory)/other/README", "")
            let other = try await TLSIdentity.make(in: "\(directory)/other")
            let (right, wrong) = (try readFile(identity.certificateFile), try readFile(other.certificateFile))
            try await withFakeRegistry(tls: identity) { registry in
                registry.add(manifest: Array("{}".utf8), type: MediaType.imageManifest, tag: "v1")
                let certs = "\(directory)/home/.docker/certs.d/\(registry.host)"
                for path in ["\(directory)/ca.pem", "\(directory)/ssl/file.pem", "\(certs)/ca.crt"] {
                    let clock = TestClock()
                    let logged = Mutex<[String]>([])
                    let configuration = RegistryConfiguration.test(clock) {
                        $0.plainHTTPOnLoopback = false
                        $0.logger = Logger(level: .info) { event in
                            logged.withLock { $0.append("\(event.message) \(event.fields)") }
                        }
                        $0.trust = TrustSettings(
                            environment: ["HOME": "\(directory)/home", "SSL_CERT_DIR": "\(directory)/ssl"],
                            system: "\(directory)/etc")
                        $0.trust.authorityFiles = ["\(directory)/ca.pem"]
                    }
                    try writeFile("\(directory)/ca.pem", wrong)
                    try writeFile("\(directory)/ssl/file.pem", wrong)
                    try writeFile(path, wrong)
                    try await withRegistryClient(configuration) { client in
                        func code() async throws -> OCIError.Code? {
                            clock.advance(.seconds(1))
                            return await OCIRegistryTests.code {
                                _ = try await client.repository(registry.repository()).tags()
                            }
                        }
                        #expect(try await code() == .unavailable, "\(path)")
                        try writeFile(path, right)
                        #expect(try await code() == nil, "\(path)")
                        try writeFile(path, "nothing")
                        // A directory of variables has other files too, which are passed over.
                        let isDirectory = path.contains("/ssl/")
                        #expect(try await code() == (isDirectory ? .unavailable : nil), "\(path)")
                        #expect(logged.withLock { $0.contains { $0.contains(path) } } == !isDirectory, "\(path)")
                        try writeFile(path, wrong)
                        #expect(try await code() == .unavailable, "\(path)")
                    }
                    try await Tool.output(["rm", "-f", path])
                }
            }
        }
    }

    @Test("a change between the start and the first look is seen")
    func firstLook() async throws {
        try await withTemporaryDirectory { directory in
            let identity = try await TLSIdentity.make(in: directory)
            let file = "\(directory)/ca-of-option.pem"
            try writeFile("\(directory)/other/README", "")
            try writeFile(file, try readFile(try await TLSIdentity.make(in: "\(directory)/other").certificateFile))
            let trust = try RegistryTrust(
                RegistryConfiguration.test(TestClock()) {
                    $0.trust = TrustSettings(environment: [:], system: "\(directory)/etc")
                    $0.trust.authorityFiles = [file]
                })
            let right = try readFile(identity.certificateFile)
            try writeFile(file, right)
            let line = String(decoding: right, as: UTF8.self).split(separator: "\n")[1]
            let bundle = try #require(try trust.bundle())
            #expect(String(decoding: bundle.pem, as: UTF8.self).contains(line))
        }
    }

    @Test(
        "the bundle for other programs has the authorities of options and variables, and the system's unless they are replaced"
    )
    func bundle() async throws {
        try await withTemporaryDirectory { directory in
            let identity = try await TLSIdentity.make(in: directory)
            try writeFile("\(directory)/other/README", "")
            let other = try await TLSIdentity.make(in: "\(directory)/other")
            func body(_ file: String) throws -> String {
                let lines = String(decoding: try readFile(file), as: UTF8.self).split(separator: "\n")
                return String(lines[1])
            }
            let clock = TestClock()
            func trust(_ environment: [String: String], _ files: [String] = []) throws -> RegistryTrust {
                try RegistryTrust(
                    .test(clock) {
                        $0.trust = TrustSettings(environment: environment, system: "\(directory)/etc")
                        $0.trust.authorityFiles = files
                    })
            }
            #expect(try trust([:]).bundle() == nil)
            for (environment, files, includesSystem) in [
                ([:], [identity.certificateFile, other.certificateFile], true),
                (["SSL_CERT_FILE": identity.certificateFile], [other.certificateFile], true),
                (["SSL_CERT_DIR": directory], [other.certificateFile], true),
                (["SSL_CERT_DIR": "\(directory)/other", "SSL_CERT_FILE": identity.certificateFile], [], false),
            ] as [([String: String], [String], Bool)] {
                let bundle = try #require(try trust(environment, files).bundle())
                let text = String(decoding: bundle.pem, as: UTF8.self)
                for file in [identity.certificateFile, other.certificateFile] {
                    #expect(text.contains(try body(file)))
                }
                #expect(bundle.includesSystem == includesSystem)
                #expect((text.split(separator: "BEGIN CERTIFICATE").count - 1 > 2) == includesSystem)
            }
            let file = "\(directory)/ca.pem"
            try writeFile(file, readFile(identity.certificateFile))
            let renewed = try trust([:], [file])
            let first = try #require(try renewed.bundle()).pem
            try writeFile(file, "nothing")
            clock.advance(.seconds(1))
            #expect(try renewed.bundle()?.pem == first)
            try writeFile(file, readFile(other.certificateFile))
            clock.advance(.seconds(1))
            #expect(try renewed.bundle()?.pem != first)
        }
    }
}
