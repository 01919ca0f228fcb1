import Archive
import CapsuleCore
import CapsuleTestSupport
import FoundationEssentials
import Processes
import Support
import Testing

@testable import DeliveryConfiguration
@testable import Rendering

/// Runs `body` with a directory that holds programs of our own making, and a place for temporary files.
private func withPrograms<Result>(
    _ programs: [String: String], _ body: (_ path: String, _ temporary: String) async throws -> Result
) async throws -> Result {
    try await withTemporaryDirectory { directory in
        for (name, script) in programs {
            try await writeProgram("\(directory)/programs/\(name)", "#!/bin/sh\n\(script)\n")
        }
        try FileManager.default.createDirectory(atPath: "\(directory)/tmp", withIntermediateDirectories: true)
        return try await body("\(directory)/programs", "\(directory)/tmp")
    }
}

/// A kustomize that knows its version and then does `script`.
private func kustomize(_ script: String) -> [String: String] {
    ["kustomize": "[ \"$1\" = version ] && echo v5.5.0 && exit 0\n\(script)"]
}

@Suite("Finding a renderer", .timeLimit(.minutes(1)))
struct RendererDiscoveryTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let programs: [String: String]
        let says: [String]
    }

    static let unusableCases: [Case] = [
        Case(
            testDescription: "nothing is installed", programs: [:],
            says: ["there is no kustomize and no kubectl on PATH; install kustomize v5.0.0 or newer or kubectl 1.27"]),
        Case(
            testDescription: "kustomize 4",
            programs: ["kustomize": "echo '{Version:kustomize/v4.5.7 GitCommit:56d82a8 GoOs:linux}'"],
            says: ["is v4.5.7, older than v5.0.0"]),
        Case(
            testDescription: "kubectl with an old kustomize",
            programs: ["kubectl": "echo '{\"clientVersion\": {\"minor\": \"22\"}, \"kustomizeVersion\": \"v4.2.0\"}'"],
            says: ["has kustomize v4.2.0 in it, older than v5.0.0"]),
        Case(
            testDescription: "kubectl without kustomize", programs: ["kubectl": "echo '{\"clientVersion\": {}}'"],
            says: ["does not print its version"]),
        Case(
            testDescription: "a build without a version that renders nothing",
            programs: ["kustomize": "echo '(devel)'"],
            says: ["was built without a version, and does not render as v5.0.0 does"]),
        Case(
            testDescription: "a build of kustomize 4 without a version",
            programs: ["kustomize": unversioned("echo 'Error: unknown field \"sortOptions\"' >&2; exit 1")],
            says: ["does not render as v5.0.0 does: Error: unknown field"]),
        Case(
            testDescription: "it fails", programs: ["kustomize": "echo 'no such \\033[31mlibrary' >&2; exit 127"],
            says: ["version ended with status 127: no such \\u{1b}[31mlibrary"]),
        Case(testDescription: "it crashes", programs: ["kustomize": "kill -SEGV $$"], says: ["ended with status 139"]),
        Case(testDescription: "it hangs", programs: ["kustomize": "exec /bin/sleep 100"], says: ["ran longer than"]),
        Case(
            testDescription: "it never stops talking", programs: ["kustomize": "exec /usr/bin/yes"],
            says: ["printed more than"]),
        Case(
            testDescription: "both are unusable",
            programs: ["kustomize": "echo v3.8.1", "kubectl": "exit 1"],
            says: ["is v3.8.1", "kubectl version ended with status 1"]),
    ]

    @Test("says what to install", arguments: unusableCases)
    func unusable(_ item: Case) async throws {
        try await withPrograms(item.programs) { path, temporary in
            var limits = RenderLimits()
            if item.testDescription == "it hangs" { limits.versionDeadline = .milliseconds(400) }
            let renderer = Renderer(
                runner: SystemCommandRunner(path: path), cache: nil, limits: limits, temporaryDirectory: temporary)
            let error = await #expect(throws: RenderError.self) { try await renderer.render(RenderFixture.input()) }
            #expect(error?.code == .noRenderer)
            for text in item.says + ["put it on PATH"] {
                #expect(error?.message.contains(text) == true, "\(error?.message ?? "")")
            }
            #expect(listTree(temporary) == [])
        }
    }

    @Test("says what to install for a chart")
    func noHelm() async throws {
        try await withPrograms(["kustomize": "echo v5.5.0", "helm": "printf v3.2.1"]) { path, temporary in
            let renderer = Renderer(runner: SystemCommandRunner(path: path), cache: nil, temporaryDirectory: temporary)
            let error = await #expect(throws: RenderError.self) { try await renderer.identity(for: .helm) }
            #expect(error?.message.contains("is v3.2.1, older than v3.12.0; install helm v3.12.0 or newer") == true)
        }
    }

    @Test("prefers kustomize, and takes kubectl when kustomize is too old", arguments: ["v5.4.1", "v4.5.7"])
    func preference(version: String) async throws {
        let programs = [
            "kustomize": "echo \(version)",
            "kubectl":
                "echo '{\"clientVersion\": {\"gitVersion\": \"v1.32.4-x\"}, \"kustomizeVersion\": \"v5.5.0\"}'",
        ]
        try await withPrograms(programs) { path, temporary in
            let renderer = Renderer(runner: SystemCommandRunner(path: path), cache: nil, temporaryDirectory: temporary)
            let identity = try await renderer.identity(for: .kustomize)
            #expect(
                identity.description
                    == (version == "v5.4.1" ? "kustomize v5.4.1" : "kubectl v1.32.4-x (kustomize v5.5.0)"))
        }
    }

    @Test("takes a kustomize without a version that renders as 5.0 does, and names it by its digest")
    func unversioned() async throws {
        let script = Self.unversioned("/bin/cat \"$2/object.yaml\"")
        try await withPrograms(["kustomize": script]) { path, temporary in
            func identity() async throws -> String {
                let renderer = Renderer(
                    runner: SystemCommandRunner(path: "\(path):/bin"), cache: nil, temporaryDirectory: temporary)
                return try await renderer.identity(for: .kustomize, choice: .kustomize).description
            }
            let program = "\(path)/kustomize"
            let sum = try await Tool.output(["sha256sum", program]).prefix(12)
            #expect(try await identity() == "kustomize devel (sha256:\(sum))")
            try await writeProgram(program, "#!/bin/sh\n# Another build.\n\(script)\n")
            #expect(try await identity() != "kustomize devel (sha256:\(sum))")
            try await writeProgram(program, "#!/bin/sh\n\(Self.unversioned("kill -KILL $$"))\n")
            let error = await #expect(throws: RenderError.self) { try await identity() }
            #expect(error?.code == .rendererFailed)
            #expect(listTree(temporary) == [])
        }
    }

    private static func unversioned(_ script: String) -> String {
        "[ \"$1\" = version ] && echo '(devel)' && exit 0\n\(script)"
    }

    @Test("uses only the one that was chosen")
    func choice() async throws {
        let programs = ["kustomize": "echo v5.4.1", "kubectl": "echo '{\"kustomizeVersion\": \"v5.5.0\"}'"]
        try await withPrograms(programs) { path, temporary in
            let renderer = Renderer(runner: SystemCommandRunner(path: path), cache: nil, temporaryDirectory: temporary)
            #expect(try await renderer.identity(for: .kustomize, choice: .kubectl).name == "kubectl")
            #expect(try await renderer.identity(for: .kustomize, choice: .kustomize).name == "kustomize")
            #expect(try await renderer.identity(for: .kustomize).name == "kustomize")
            try FileManager.default.removeItem(atPath: "\(path)/kustomize")
            var options = RenderOptions()
            options.renderer = .kustomize
            let other = Renderer(runner: SystemCommandRunner(path: path), cache: nil, temporaryDirectory: temporary)
            let error = await #expect(throws: RenderError.self) {
                try await other.render(RenderFixture.input(options: options))
            }
            #expect(
                error?.message.contains("there is no kustomize on PATH; install kustomize v5.0.0 or newer and put")
                    == true)
        }
    }

    @Test("asks once for twenty renders side by side")
    func asksOnce() async throws {
        let script = "[ \"$1\" = version ] && echo run >> LOG && /bin/sleep 0.2 && echo v5.5.0 && exit 0\nexit 1"
        try await withTemporaryDirectory { log in
            let programs = ["kustomize": script.replacing("LOG", with: "\(log)/log")]
            try await withPrograms(programs) { path, temporary in
                let renderer = Renderer(
                    runner: SystemCommandRunner(path: path), cache: nil, temporaryDirectory: temporary)
                try await withThrowingTaskGroup(of: RendererIdentity.self) { group in
                    for _ in 0..<20 { group.addTask { try await renderer.identity(for: .kustomize) } }
                    for try await identity in group { #expect(identity.version == "v5.5.0") }
                }
                #expect(String(decoding: try readFile("\(log)/log"), as: UTF8.self) == "run\n")
            }
        }
    }
}

@Suite("A renderer prints its version while it renders", .timeLimit(.minutes(1)))
struct RendererVersionTests {
    private static let pod = """
        /bin/cat <<END
        apiVersion: v1
        kind: Pod
        metadata: {name: web, namespace: staging}
        spec: {containers: [{name: web, image: "\(RenderFixture.pinned)"}]}
        END
        """

    /// A loop that ends when a file exists.
    private static func wait(_ file: String) -> String {
        "while ! [ -e '\(file)' ]; do /bin/sleep 0.02; done"
    }

    @Test("a version that is printed only after the render has started, and a render that ends only after the version")
    func together() async throws {
        try await withTemporaryDirectory { state in
            let script = """
                if [ "$1" = version ]; then
                    \(Self.wait("\(state)/rendering"))
                    : > '\(state)/version'
                    echo v5.5.0
                    exit 0
                fi
                : > '\(state)/rendering'
                \(Self.wait("\(state)/version"))
                \(Self.pod)
                """
            try await withPrograms(["kustomize": script]) { path, temporary in
                var limits = RenderLimits()
                limits.versionDeadline = .seconds(10)
                limits.deadline = .seconds(10)
                let renderer = Renderer(
                    runner: SystemCommandRunner(path: path), cache: nil, limits: limits, temporaryDirectory: temporary)
                let rendered = try await renderer.render(RenderFixture.input())
                #expect(rendered.renderer.description == "kustomize v5.5.0")
                #expect(rendered.files.count == 1)
                #expect(listTree(temporary) == [])
            }
        }
    }

    @Test("the output of a program that is too old is discarded, and the next program renders")
    func tooOld() async throws {
        let programs = [
            "kustomize":
                "[ \"$1\" = version ] && echo v4.5.7 && exit 0\n\(Self.pod.replacing("name: web", with: "name: old"))",
            "kubectl": "[ \"$1\" = version ] && echo '{\"kustomizeVersion\": \"v5.5.0\"}' && exit 0\n\(Self.pod)",
        ]
        try await withPrograms(programs) { path, temporary in
            let cache = RenderCache(directory: "\(temporary)/cache")
            let renderer = Renderer(runner: SystemCommandRunner(path: path), cache: cache)
            let rendered = try await renderer.render(RenderFixture.input())
            #expect(rendered.renderer.description == "kubectl with kustomize v5.5.0")
            #expect(rendered.objects.map(\.name) == ["web"])
            let again = try await renderer.render(RenderFixture.input())
            #expect(again.isCached)
            #expect(again.files == rendered.files)
        }
    }

    @Test("a render that hangs ends with the answer that its program is too old")
    func hangs() async throws {
        let programs = ["kustomize": "[ \"$1\" = version ] && echo v4.5.7 && exit 0\nexec /bin/sleep 100"]
        try await withPrograms(programs) { path, temporary in
            let start = ContinuousClock.now
            let renderer = Renderer(runner: SystemCommandRunner(path: path), cache: nil, temporaryDirectory: temporary)
            let error = await #expect(throws: RenderError.self) { try await renderer.render(RenderFixture.input()) }
            #expect(error?.code == .noRenderer)
            #expect(error?.message.contains("is v4.5.7, older than v5.0.0") == true)
            #expect(ContinuousClock.now - start < .seconds(30))
            #expect(listTree(temporary) == [])
        }
    }

    @Test("where no program can run without a network, the render is repeated with one, and says so")
    func noNamespaces() async throws {
        let kustomize = "[ \"$1\" = version ] && echo v5.5.0 && exit 0\n\(Self.pod)"
        let programs = ["kustomize": kustomize, "unshare": "echo 'unshare: Operation not permitted' >&2; exit 1"]
        try await withPrograms(programs) { path, temporary in
            let renderer = Renderer(runner: SystemCommandRunner(path: path), cache: nil, temporaryDirectory: temporary)
            let rendered = try await renderer.render(RenderFixture.input())
            #expect(rendered.isolated == false)
            #expect(rendered.files.count == 1)
        }
    }

    @Test("garbage is collected late for a small input only")
    func garbage() async throws {
        let script = "[ \"$1\" = version ] && echo v5.5.0 && exit 0\necho \"GOGC is ${GOGC:-unset}\" >&2; exit 1"
        try await withPrograms(["kustomize": script]) { path, temporary in
            let renderer = Renderer(runner: SystemCommandRunner(path: path), cache: nil, temporaryDirectory: temporary)
            for (size, value) in [(0, "400"), (130 << 10, "unset")] {
                var base = RenderFixture.base
                base["base/service.yaml"]? += "# " + String(repeating: "x", count: size) + "\n"
                let input = try RenderFixture.input(package: base)
                let rejection = await #expect(throws: RenderRejection.self) { try await renderer.render(input) }
                #expect(rejection?.description.contains("GOGC is \(value)") == true, "\(String(describing: rejection))")
            }
        }
    }
}

@Suite("A renderer that misbehaves", .timeLimit(.minutes(1)))
struct RendererFaultTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let script: String
        /// The code of the error; nil when the renderer refuses the package.
        let code: RenderError.Code?
        let says: String
    }

    static let faultCases: [Case] = [
        Case(
            testDescription: "hangs", script: "exec /bin/sleep 100", code: .deadline,
            says: "kustomize v5.5.0 rendering deployment staging ran longer than"),
        Case(
            testDescription: "leaves a child that hangs", script: "/bin/sleep 100 & wait", code: .deadline,
            says: "ran longer than"),
        Case(
            testDescription: "prints without end", script: "exec /usr/bin/yes 'a: b'", code: .outputLimit,
            says: "printed more than 1000000 bytes"),
        Case(
            testDescription: "crashes", script: "echo partial; kill -SEGV $$", code: .rendererFailed,
            says: "was killed by signal 11"),
        Case(
            testDescription: "returns -1", script: "echo partial >&2; exit 255", code: .rendererFailed,
            says: "ended with status 255: partial"),
        Case(
            testDescription: "has no memory",
            script: "echo 'runtime: out of memory: cannot allocate 4194304-byte block' >&2; exit 2",
            code: .memoryLimit, says: "needed more memory than it may use, which is 2048 MiB"),
        Case(
            testDescription: "cannot start a thread", script: "echo 'fatal error: newosproc' >&2; exit 2",
            code: .rendererFailed, says: "ended with status 2: fatal error: newosproc"),
        Case(
            testDescription: "fails in its tree", script: "echo \"Error: $(pwd)/source/base: bad\" >&2; exit 1",
            code: nil, says: "kustomize v5.5.0 cannot render it: source/base: bad"),
        Case(
            testDescription: "cannot be started", script: "echo 'unshare: unshare failed' >&2; exit 1",
            code: .rendererFailed, says: "ended with status 1: unshare: unshare failed"),
        Case(testDescription: "says nothing", script: "exit 1", code: .rendererFailed, says: "ended with status 1"),
        Case(
            testDescription: "fails with a line of a log",
            script: "echo 'E1130 17:38:20.243955   22539 run.go:72] \"command failed\" err=\"no\"' >&2; exit 1",
            code: nil, says: "kustomize v5.5.0 cannot render it: no;"),
        Case(
            testDescription: "fails with a flood of text",
            script: "/usr/bin/yes error | /usr/bin/head -c 100000 >&2; echo >&2; echo 'the reason' >&2; exit 1",
            code: nil, says: "the reason"),
        Case(
            testDescription: "fails with terminal escapes", script: "printf '\\033]0;x\\007\\033[2J' >&2; exit 1",
            code: nil, says: "\\u{1b}]0;x\\u{7}\\u{1b}[2J"),
    ]

    @Test("is stopped and explained; nothing stays, and the next render works", arguments: faultCases)
    func fault(_ item: Case) async throws {
        // The file decides, so that one renderer sees the fault and then none.
        let script = """
            if [ -e FLAG ]; then \(item.script)
            fi
            /bin/cat <<END
            apiVersion: v1
            kind: Pod
            metadata: {name: web, namespace: staging}
            spec: {containers: [{name: web, image: "\(RenderFixture.pinned)"}]}
            END
            """
        try await withTemporaryDirectory { state in
            let flag = "\(state)/flag"
            try await withPrograms(kustomize(script.replacing("FLAG", with: flag))) { path, temporary in
                try writeFile(flag, "")
                var limits = RenderLimits()
                limits.outputSize = 1_000_000
                limits.deadline = item.code == .deadline ? .milliseconds(700) : .seconds(30)
                let renderer = Renderer(
                    runner: SystemCommandRunner(path: path), cache: nil, limits: limits, temporaryDirectory: temporary)
                let error = await #expect(throws: (any Error).self) {
                    try await renderer.render(RenderFixture.input())
                }
                #expect((error as? RenderError)?.code == item.code)
                #expect((error is RenderRejection) == (item.code == nil))
                let message = (error as? RenderError)?.message ?? (error as? RenderRejection)?.description ?? ""
                #expect(message.contains(item.says), "\(message)")
                #expect(message.utf8.count < 5000)
                #expect(!message.contains(temporary))
                // A renderer that is killed says nothing about the package.
                let isOurs = [.deadline, .rendererFailed, .memoryLimit].contains(item.code)
                #expect((error as? RenderError).map { $0.kind == .failure } ?? false == isOurs)
                #expect(listTree(temporary) == [])
                try FileManager.default.removeItem(atPath: flag)
                let next = Renderer(
                    runner: SystemCommandRunner(path: path), cache: nil, temporaryDirectory: temporary)
                let rendered = try await next.render(RenderFixture.input())
                #expect(rendered.files.count == 1)
                // There is no `unshare` among these programs, and the result says so.
                #expect(rendered.isolated == false)
                #expect(listTree(temporary) == [])
            }
        }
    }

    @Test("sees a bare environment: no program, no home, no plugin, no configuration of the user")
    func environment() async throws {
        let script = """
            { /usr/bin/env; echo "HOME has $(/bin/ls -A "$HOME" | /usr/bin/wc -l)"; command -v git || echo no git; } >&2
            exit 127
            """
        try await withPrograms(kustomize(script)) { path, temporary in
            let renderer = Renderer(
                runner: SystemCommandRunner(path: path), cache: nil, temporaryDirectory: temporary)
            let error = await #expect(throws: RenderError.self) { try await renderer.render(RenderFixture.input()) }
            let message = error?.message ?? ""
            #expect(message.contains("PATH=bin\n"))
            #expect(message.contains("no git"))
            #expect(message.contains("HOME has 0"))
            #expect(message.contains("KUSTOMIZE_PLUGIN_HOME=home\n"))
            #expect(message.contains("GOGC=400\n"))
            let names = message.split(separator: "\n").compactMap { line -> Substring? in
                guard line.contains("="), !line.contains(" ") else { return nil }
                return line.prefix { $0 != "=" }
            }
            let known = [
                "PATH", "HOME", "TMPDIR", "XDG_", "KUSTOMIZE_PLUGIN_HOME", "KUBECONFIG", "HELM_", "HTTP_PROXY",
                "HTTPS_PROXY", "http_proxy", "https_proxy", "NO_PROXY", "no_proxy", "LC_ALL", "TZ", "GOGC", "PWD",
                "OLDPWD", "SHLVL", "_",
            ]
            #expect(names.filter { name in !known.contains { name.hasPrefix($0) } } == [])
        }
    }

    @Test("ends with the task that requested the render")
    func cancellation() async throws {
        try await withPrograms(kustomize("exec /bin/sleep 100")) { path, temporary in
            let renderer = Renderer(
                runner: SystemCommandRunner(path: path), cache: nil, temporaryDirectory: temporary)
            let input = try RenderFixture.input()
            let task = Task { try await renderer.render(input) }
            try await Task.sleep(for: .milliseconds(300))
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            #expect(listTree(temporary) == [])
        }
    }

    struct Output: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let yaml: String
        let rule: String
    }

    static let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: staging}\n"
    static let badOutputs: [Output] = [
        Output(testDescription: "nothing", yaml: "", rule: "render.empty"),
        Output(testDescription: "comments only", yaml: "# nothing\n---\n# here", rule: "render.empty"),
        Output(testDescription: "text", yaml: "hello", rule: "render.not-an-object"),
        Output(testDescription: "no kind", yaml: "apiVersion: v1\nmetadata: {name: a}", rule: "render.not-an-object"),
        Output(
            testDescription: "no name", yaml: "apiVersion: v1\nkind: Pod\nmetadata: {}", rule: "render.not-an-object"),
        Output(
            testDescription: "a generated name", yaml: "apiVersion: v1\nkind: Pod\nmetadata: {generateName: a-}",
            rule: "render.not-an-object"),
        Output(testDescription: "not YAML", yaml: "a: [b", rule: "render.unreadable"),
        Output(testDescription: "a duplicate key", yaml: pod + "kind: Job", rule: "render.unreadable"),
        Output(testDescription: "a document end inside", yaml: pod + "...\n" + pod, rule: "render.unreadable"),
        Output(testDescription: "a document on the separator", yaml: pod + "--- {a: b}", rule: "render.unreadable"),
        Output(testDescription: "an alias bomb", yaml: bomb, rule: "render.unreadable"),
        Output(
            testDescription: "deep nesting", yaml: String(filledWith: "[", count: 100_000), rule: "render.unreadable"),
        Output(
            testDescription: "a list around an object without a namespace",
            yaml: "apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: Pod, metadata: {name: a}}]",
            rule: "render.namespace"),
        Output(
            testDescription: "an object that others take for a list", yaml: pod + "items: []",
            rule: "render.not-an-object"),
        Output(
            testDescription: "a name that is a path", yaml: "apiVersion: v1\nkind: Pod\nmetadata: {name: ../../x}",
            rule: "render.not-an-object"),
        Output(testDescription: "one object twice", yaml: pod + "---\n" + pod, rule: "render.duplicate"),
        Output(
            testDescription: "objects that differ in case only",
            yaml: pod + "---\n" + pod.replacing("web", with: "WEB"), rule: "render.duplicate"),
        Output(
            testDescription: "an object that is too large",
            yaml: pod + "data: \"" + String(filledWith: "x", count: 5 << 20) + "\"", rule: "render.object-size"),
        Output(
            testDescription: "too many objects",
            yaml: (0...10_000).map { "apiVersion: v1\nkind: P\nmetadata: {name: a\($0)}\n" }.joined(separator: "---\n"),
            rule: "render.too-many-objects"),
    ]
    static let bomb: String =
        "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
        + "bcdefghi".reduce(into: ("", Character("a"))) { state, name in
            let all = Array(repeating: "*\(state.1)", count: 10).joined(separator: ",")
            state = (state.0 + "\(name): &\(name) [\(all)]\n", name)
        }.0

    @Test("is refused when what it prints is not a set of objects", arguments: badOutputs)
    func output(_ item: Output) async throws {
        let start = ContinuousClock.now
        try await withPrograms(kustomize("exec /bin/cat \"$(/usr/bin/dirname \"$0\")/output\"")) { path, temporary in
            try writeFile("\(path)/output", item.yaml)
            let renderer = Renderer(
                runner: SystemCommandRunner(path: path), cache: nil, temporaryDirectory: temporary)
            let findings = try await RenderFixture.rejection(RenderFixture.input(), by: renderer)
            #expect(findings.contains { $0.rule == item.rule }, "\(findings)")
        }
        #expect(ContinuousClock.now - start < .seconds(20))
    }
}
