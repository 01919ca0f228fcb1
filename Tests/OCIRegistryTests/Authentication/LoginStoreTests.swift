import CapsuleTestSupport
import Documents
import Foundation
import OCI
import Processes
import Support
import Testing

@testable import OCIRegistry

@Suite("Writing logins")
struct LoginStoreTests {
    private static func base64(_ text: String) -> String { Data(text.utf8).base64EncodedString() }

    /// A helper that keeps one file for each server.
    private static let helper = """
        #!/bin/sh
        cd "$(dirname "$0")/kept" || exit 1
        case "$1" in
        store) input=$(cat); server=$(printf %s "$input" | sed 's/.*"ServerURL":"\\([^"]*\\)".*/\\1/')
          printf %s "$input" > "$(printf %s "$server" | tr / _)" ;;
        get) read -r server; cat "$(printf %s "$server" | tr / _)" 2>/dev/null || { echo "credentials not found in kept"; exit 1; } ;;
        erase) read -r server; rm "$(printf %s "$server" | tr / _)" ;;
        *) exit 3 ;;
        esac

        """

    private func with(
        _ content: String?,
        _ body: (_ directory: String, _ store: LoginStore, _ environment: [String: String]) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { directory in
            try await writeProgram("\(directory)/bin/docker-credential-kept", Self.helper)
            try await Tool.output(["mkdir", "\(directory)/bin/kept"])
            if let content { try writeFile("\(directory)/config.json", content) }
            let environment = ["DOCKER_CONFIG": directory, "PATH": "\(directory)/bin:/usr/bin:/bin"]
            let runner = SystemCommandRunner(path: "\(directory)/bin:/usr/bin:/bin")
            try await body(directory, LoginStore(environment: environment, runner: runner), environment)
        }
    }

    private func json(_ path: String) throws -> JSONValue {
        try JSONParser.parse(readFile(path), file: path, limits: .document)
    }

    private func login(_ repository: String, _ environment: [String: String]) async throws -> RegistryLogin? {
        try await DockerCredentials(
            environment: environment, runner: SystemCommandRunner(path: environment["PATH"] ?? "")
        ).login(for: Repository(repository))
    }

    @Test("a new file is made with its directory, which only the owner can read")
    func newFile() async throws {
        try await withTemporaryDirectory { home in
            let environment = ["HOME": home]
            let place = try await LoginStore(environment: environment, runner: RecordingRunner(""))
                .store(user: "anna", password: "p:w ä\"", for: Repository("a.example:5000/login"))
            let path = "\(home)/.docker/config.json"
            #expect(place == LoginStore.Place(file: path, helper: nil))
            #expect(try json(path) == ["auths": ["a.example:5000": ["auth": .string(Self.base64("anna:p:w ä\""))]]])
            #expect(try SystemCall.status(of: path).permissions == 0o600)
            #expect(try SystemCall.status(of: "\(home)/.docker").permissions == 0o700)
            #expect(
                try await login("a.example:5000/x", environment)
                    == RegistryLogin(.basic(user: "anna", password: "p:w ä\""), place: path))
        }
    }

    @Test("everything else in the file keeps its meaning and its order, and other spellings of the registry go")
    func keepsTheRest() async throws {
        let content = """
            {"HttpHeaders":{"X-Meta":"\\u00e4\\/"},"auths":{"https://a.example/v1/":{"auth":"b2xkOng="},
             "b.example":{"auth":"Yjp4","email":"b@b.example"},"a.example/team":{"auth":"dDp4"}},
             "proxies":{"default":{"httpProxy":"http://p:1"}},"psFormat":"table {{.ID}}\\t","big":12345678901234567890.10,
             "currentContext":null,"list":[1,true,{}]}
            """
        try await with(content) { directory, store, environment in
            let path = "\(directory)/config.json"
            let before = try #require(json(path).members)
            try await Tool.output(["chmod", "644", path])
            _ = try await store.store(user: "new", password: "y", for: Repository("a.example/login"))
            let after = try #require(json(path).members)
            #expect(after.map(\.key) == before.map(\.key))
            #expect(after.filter { $0.key != "auths" } == before.filter { $0.key != "auths" })
            #expect(
                try json(path)["auths"] == [
                    "b.example": ["auth": "Yjp4", "email": "b@b.example"], "a.example/team": ["auth": "dDp4"],
                    "a.example": ["auth": .string(Self.base64("new:y"))],
                ])
            #expect(try SystemCall.status(of: path).permissions == 0o600)
            #expect(try await login("a.example/team/x", environment)?.credential == .basic(user: "t", password: "x"))
            #expect(try await login("a.example/x", environment)?.credential == .basic(user: "new", password: "y"))
            #expect(try await store.erase(Repository("a.example/login")) == [path])
            #expect(try json(path)["auths"] == ["b.example": ["auth": "Yjp4", "email": "b@b.example"]])
            #expect(try await store.erase(Repository("a.example/login")) == [])
        }
    }

    @Test(
        "a login goes to the helper that the file names, and the file gets an entry without it",
        arguments: [
            #"{"credsStore":"kept","auths":{"a.example":{"auth":"b2xkOng="}}}"#,
            #"{"credHelpers":{"a.example":"kept"},"credsStore":"other"}"#,
        ])
    func helper(content: String) async throws {
        try await with(content) { directory, store, environment in
            let path = "\(directory)/config.json"
            let place = try await store.store(user: "anna", password: "p\"\\w", for: Repository("a.example/login"))
            #expect(place == LoginStore.Place(file: path, helper: "docker-credential-kept"))
            #expect(try json(path)["auths"] == ["a.example": [:]])
            #expect(
                try await login("a.example/x", environment)
                    == RegistryLogin(
                        .basic(user: "anna", password: "p\"\\w"), place: "docker-credential-kept, which \(path) names"))
            #expect(
                try await store.erase(Repository("a.example/login")) == ["docker-credential-kept, which \(path) names"])
            #expect(try json(path)["auths"] == [:])
            #expect(try await login("a.example/x", environment) == nil)
        }
    }

    @Test("Docker Hub has its own key")
    func hub() async throws {
        try await with(nil) { directory, store, environment in
            _ = try await store.store(user: "u", password: "p", for: Repository("docker.io/login"))
            #expect(
                try json("\(directory)/config.json")["auths"]
                    == ["https://index.docker.io/v1/": ["auth": .string(Self.base64("u:p"))]])
            #expect(
                try await login("docker.io/library/redis", environment)?.credential == .basic(user: "u", password: "p"))
        }
    }

    @Test("a symbolic link is followed, also one to a file that is not there yet", arguments: [true, false])
    func link(exists: Bool) async throws {
        try await with(nil) { directory, store, environment in
            if exists { try writeFile("\(directory)/real/one.json", "{\"keep\":1}") }
            try await Tool.output(["mkdir", "-p", "\(directory)/real"])
            try await Tool.output(["ln", "-s", "two.json", "\(directory)/config.json"])
            try await Tool.output(["ln", "-s", "real/one.json", "\(directory)/two.json"])
            _ = try await store.store(user: "u", password: "p", for: Repository("a.example/login"))
            #expect(try SystemCall.status(of: "\(directory)/config.json").kind == .link)
            #expect(try json("\(directory)/real/one.json")["keep"] == (exists ? 1 : nil))
            #expect(try await login("a.example/x", environment) != nil)
        }
    }

    @Test("REGISTRY_AUTH_FILE is written when it is set, and made when it is not there")
    func named() async throws {
        try await withTemporaryDirectory { directory in
            let environment = ["REGISTRY_AUTH_FILE": "\(directory)/new/auth.json", "HOME": directory]
            let store = LoginStore(environment: environment, runner: RecordingRunner(""))
            let place = try await store.store(user: "u", password: "p", for: Repository("a.example/login"))
            #expect(place.file == "\(directory)/new/auth.json")
            #expect(!FileManager.default.fileExists(atPath: "\(directory)/.docker"))
        }
    }

    @Test(
        "a file that cannot be read or written is left as it is",
        arguments: ["not JSON", #"{"auths":{},"auths":{}}"#, #"{"auths":[]}"#, "loop", "directory"])
    func refused(content: String) async throws {
        try await with(nil) { directory, store, _ in
            let path = "\(directory)/config.json"
            switch content {
            case "loop": try await Tool.output(["ln", "-s", path, path])
            case "directory": try await Tool.output(["mkdir", path])
            default: try writeFile(path, content)
            }
            let code = await code {
                _ = try await store.store(user: "u", password: "p", for: Repository("a.example/login"))
            }
            #expect(code == .io)
            if !["loop", "directory"].contains(content) { #expect(try readFile(path) == Array(content.utf8)) }
            #expect(
                try SystemCall.names(in: SystemCall.open(directory, .directory)).allSatisfy {
                    !$0.hasPrefix(".partial")
                })
        }
    }

    @Test("a helper that cannot store or erase is an error, and the file is left as it is")
    func helperFails() async throws {
        try await with(#"{"credHelpers":{"a.example":"kept"}}"#) { directory, store, _ in
            try writeFile("\(directory)/bin/docker-credential-kept", "#!/bin/sh\necho secret-hunter2; exit 4\n")
            let error = await failure {
                _ = try await store.store(user: "u", password: "p", for: Repository("a.example/login"))
            }
            #expect(error?.message.contains("docker-credential-kept does not store the login to a.example") == true)
            #expect(error?.message.contains("hunter2") == false)
            #expect(try json("\(directory)/config.json")["auths"] == nil)
        }
    }

    @Test("without HOME and DOCKER_CONFIG there is no place")
    func nowhere() async throws {
        let code = await code {
            _ = try await LoginStore(environment: [:], runner: RecordingRunner(""))
                .store(user: "u", password: "p", for: Repository("a.example/login"))
        }
        #expect(code == .io)
    }
}
