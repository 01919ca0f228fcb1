import CapsuleTestSupport
import Documents
import FoundationEssentials
import Logging
import OCI
import Processes
import Support
import Synchronization
import Testing

@testable import CapsuleServer

/// What Prometheus and Grafana read, and the files for them in Examples/monitoring.
@Suite("Monitoring", .timeLimit(.minutes(1))) struct MonitoringTests {
    private static let directory = {
        let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
        return "\(root)/Examples/monitoring"
    }()

    /// The series of an answer, without their values.
    private static func series(_ text: String) -> Set<Substring> {
        Set(text.split(separator: "\n").filter { !$0.hasPrefix("#") }.compactMap { $0.split(separator: " ").first })
    }

    /// The value of a series.
    private static func value(_ series: String, in text: String) -> Double? {
        text.split(separator: "\n").first { $0.hasPrefix("\(series) ") }.flatMap {
            Double($0.dropFirst(series.count + 1))
        }
    }

    @Test("every series exists from the start at zero, and no request adds one")
    func constant() async throws {
        let release = try await TestRelease()
        try await withTestService([release], tokens: true, configure: { $0.version = "1.2.3" }) { service in
            let before = try await service.tester.get("/metrics").text
            for series in Self.series(before) where series.hasPrefix("capsule_") && series.contains("_total") {
                #expect(Self.value(String(series), in: before) == 0, "\(series)")
            }
            let odd = "x\",evil=\"1"
            for (method, path) in [
                ("BREW", "/verify"), ("GET", "/\(odd)"), ("GET", "/v1/promotions/\(String(repeating: "a", count: 64))"),
                ("PUT", "/metrics"), ("DELETE", "/openapi.json"), ("GET", "/readyz"), ("GET", "/healthz?\(odd)"),
            ] {
                _ = try await service.tester.send(
                    method, path, headers: [("X-Request-Id", odd), ("User-Agent", odd), ("traceparent", odd)])
            }
            service.registry.fail(with: .init(.unavailable, "the registry is down"))
            #expect(try await service.verify(release.request()).status == 503)
            service.registry.fail(with: nil)
            _ = try await service.verify(release.request())
            _ = try await service.verify(release.request())
            _ = try await service.verify(release.request(["release": ["packagePath": "elsewhere"]]))
            for name in [odd, "registry.example.com/shop/none", "other.example.com/x"] {
                let subject: JSONValue = ["repoURL": .string(name), "tag": .string(odd), "digest": .string(odd)]
                _ = try await service.verify(release.request(["image": subject]))
            }
            var stranger = service.tester
            stranger.token = "another-token-of-many-bytes"
            _ = try await stranger.post("/v1/promotions", release.request())
            _ = try await service.tester.post("/v1/promotions", .object([]))
            _ = try await service.tester.post("/v1/statements", .object([]))
            let after = try await service.tester.get("/metrics").text
            #expect(Self.series(after).subtracting(Self.series(before)) == [])
            #expect(Self.value("capsule_failures_total{reason=\"registry\"}", in: after) == 1)
            #expect(Self.value("capsule_build_info{version=\"1.2.3\"}", in: after) == 1)
            #expect(Self.value("capsule_ready", in: after) == 1)
            for work in ["verification", "render", "promotion", "lookup"] {
                for name in ["running", "waiting", "longest_wait_seconds"] {
                    #expect(Self.value("capsule_work_\(name){work=\"\(work)\"}", in: after) == 0, "\(name) \(work)")
                }
            }
            #expect(try #require(Self.value("capsule_cache_bytes{cache=\"capsules\"}", in: after)) > 0)
            #expect(Self.value("capsule_cache_bytes{cache=\"git\"}", in: after) == 0)
        }
    }

    @Test("what the process uses is measured")
    func process() async throws {
        try await withTestService([]) { service in
            let text = try await service.tester.get("/metrics").text
            for (name, range) in [
                ("process_cpu_seconds_total", 0.001...1e6), ("process_resident_memory_bytes", 1e6...1e11),
                ("process_virtual_memory_bytes", 1e6...1e14), ("process_open_fds", 3...1e6),
                ("process_max_fds", 3...1e19), ("process_start_time_seconds", 1_767_323_045...1_767_323_045),
            ] as [(String, ClosedRange<Double>)] {
                let value = try #require(Self.value(name, in: text), "\(name)")
                #expect(range.contains(value), "\(name) \(value)")
            }
        }
    }

    @Test("programs are timed by what they do, whatever their arguments are")
    func programs() {
        func kind(_ program: String, _ arguments: String...) -> String? {
            ServicePrograms.kind(of: Command(program, arguments, environment: [:])).map { "\($0.0) \($0.1)" }
        }
        #expect(kind("git", "-c", "core.hooksPath=/dev/null", "-c", "x=y", "fetch", "--depth=1", "push") == "git fetch")
        #expect(kind("/usr/bin/git", "ls-remote", "--", "fetch") == "git ls-remote")
        #expect(kind("git", "-C", "push", "cat-file", "--batch") == "git local")
        #expect(kind("git", "--version") == nil)
        #expect(kind("/opt/bin/kustomize", "build", ".") == "renders kustomize")
        #expect(kind("kubectl", "kustomize", ".") == "renders kubectl")
        #expect(kind("helm", "version") == nil)
        #expect(kind("/usr/bin/unshare", "--map-root-user", "--net", "--", "/opt/helm", "template") == "renders helm")
        #expect(kind("unshare", "--net", "--", "kubectl", "version") == nil)
        #expect(kind("unshare", "--net") == nil)
        #expect(kind("ssh", "git", "push") == nil)
    }

    private final class Recorder: CommandRunner {
        let niceness = Mutex<[Int]>([])
        /// The commands that run now, and the most that ran at a time.
        let running = Mutex((now: 0, most: 0))

        func find(_ name: String) -> String? { nil }

        func run(_ command: Command) async throws -> CommandResult {
            niceness.withLock { $0.append(command.niceness) }
            running.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
            for _ in 0..<100 { await Task.yield() }
            running.withLock { $0.now -= 1 }
            return CommandResult(status: 0, output: [], errorOutput: "")
        }
    }

    @Test("programs yield to the service")
    func yielding() async throws {
        let recorder = Recorder()
        _ = try await ServicePrograms(recorder).run(Command("kustomize", ["build"], environment: [:]))
        #expect(recorder.niceness.withLock { $0 } == [19])
    }

    @Test(
        "renderers run one after the other where there is less than one processor, and other programs do not wait",
        arguments: [(0.1, "unshare", 1), (0.9, "helm", 1), (0.1, "git", 8), (1, "unshare", 8), (nil, "kustomize", 8)]
            as [(
                Double?, String, Int
            )])
    func turns(_ processors: Double?, _ program: String, _ most: Int) async throws {
        let recorder = Recorder()
        let programs = ServicePrograms(recorder, processors: processors)
        let arguments = program == "unshare" ? ["--net", "--", "/opt/bin/helm", "template"] : ["build"]
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask { _ = try await programs.run(Command(program, arguments, environment: [:])) }
            }
            try await group.waitForAll()
        }
        let (now, found) = recorder.running.withLock { $0 }
        #expect(now == 0 && recorder.niceness.withLock { $0.count } == 8)
        #expect(most == 1 ? found == 1 : found > 1)
    }

    @Test(
        "the quota of processors is that of the control group",
        arguments: [
            (["sys/fs/cgroup/cpu.max": "10000 100000\n"], "0::/", 0.1),
            (["sys/fs/cgroup/pods/a/cpu.max": "150000 100000\n"], "0::/pods/a", 1.5),
            // In a container, the path is that of the machine, and the files are those of the container.
            (["sys/fs/cgroup/cpu.max": "50000 100000\n"], "0::/pods/a", 0.5),
            (["sys/fs/cgroup/cpu.max": "max 100000\n"], "0::/", nil),
            (
                [
                    "sys/fs/cgroup/cpu/a/cpu.cfs_quota_us": "20000\n",
                    "sys/fs/cgroup/cpu/a/cpu.cfs_period_us": "100000\n",
                ],
                "3:memory:/b\n2:cpu,cpuacct:/a", 0.2
            ),
            (
                ["sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n", "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n"],
                "2:cpu:/", nil
            ),
            (["sys/fs/cgroup/cpu.max": "10000\n"], "0::/", nil), (["sys/fs/cgroup/cpu.max": "a b\n"], "0::/", nil),
            ([:], "0::/", nil), ([:], "", nil), ([:], "0:", nil),
        ] as [([String: String], String, Double?)])
    func quota(_ files: [String: String], _ groups: String, _ expected: Double?) async throws {
        try await withTemporaryDirectory { directory in
            for (path, content) in files.merging(["proc/self/cgroup": groups], uniquingKeysWith: { $1 }) {
                try writeFile("\(directory)/\(path)", content)
            }
            #expect(ProcessorQuota.read(root: directory) == expected)
        }
    }

    @Test(
        "alert rules, their cases and the metrics themselves are valid for promtool, and so is every query of the dashboard",
        .needs("promtool"))
    func promtool() async throws {
        let rules = try await Tool.run(["promtool", "check", "rules", "\(Self.directory)/alerts.yaml"])
        #expect(rules.succeeded, "\(rules.text) \(rules.errorOutput)")
        let cases = try await Tool.run(["promtool", "test", "rules", "\(Self.directory)/alerts-test.yaml"])
        #expect(cases.succeeded, "\(cases.text) \(cases.errorOutput)")
        let alerts = String(decoding: try readFile("\(Self.directory)/alerts.yaml"), as: UTF8.self)
        let tested = String(decoding: try readFile("\(Self.directory)/alerts-test.yaml"), as: UTF8.self)
        for line in alerts.split(separator: "\n") where line.contains("- alert: ") {
            let name = line.split(separator: " ").last ?? ""
            #expect(tested.contains("alertname: \(name)\n        exp_alerts:"), "\(name) has no case")
        }
        try await withTestService([]) { service in
            let metrics = try await Tool.run(
                ["promtool", "check", "metrics"], input: try await service.tester.get("/metrics").body)
            #expect(metrics.succeeded, "\(metrics.text) \(metrics.errorOutput)")
            var recorded = "groups:\n  - name: dashboard\n    rules:\n"
            for (number, query) in try Self.queries().enumerated() {
                let whole = query.replacing("$__rate_interval", with: "5m").replacing("$job", with: "capsule")
                recorded += "      - {record: 'dashboard:\(number)', expr: '\(whole)'}\n"
            }
            try writeFile("\(service.directory)/dashboard.yaml", recorded)
            let queries = try await Tool.run(["promtool", "check", "rules", "\(service.directory)/dashboard.yaml"])
            #expect(queries.succeeded, "\(queries.text) \(queries.errorOutput)")
        }
    }

    /// The queries of the dashboard.
    private static func queries() throws -> [String] {
        let dashboard = try JSONParser.parse(try readFile("\(directory)/dashboard.json"), file: "dashboard.json")
        return (dashboard["panels"]?.array ?? []).flatMap { panel in
            (panel["targets"]?.array ?? []).compactMap { $0["expr"]?.string }
        }
    }

    @Test("every metric of the alerts and of the dashboard is one that the service has, labels and values included")
    func names() async throws {
        let alerts = String(decoding: try readFile("\(Self.directory)/alerts.yaml"), as: UTF8.self)
        let queries = try Self.queries()
        #expect(queries.count > 20)
        let (text, end) = try await withTemporaryDirectory { directory in
            let identity = try await TLSIdentity.make(in: directory)
            let end = try await Tool.output([
                "sh", "-c", "date -d \"$(openssl x509 -noout -enddate -in $1 | cut -d= -f2)\" +%s", "sh",
                identity.certificateFile,
            ])
            let files = TLSFiles(certificateFile: identity.certificateFile, keyFile: identity.keyFile)
            return try await withTestService(
                [],
                configure: {
                    $0.tls = files
                    $0.health = ("127.0.0.1", 0)
                    $0.version = "1.2.3"
                }
            ) { service in (try await service.health.get("/metrics").text, end) }
        }
        let series = Self.series(text)
        let names = Set(series.map { $0.prefix { $0 != "{" } })
        let pattern = /(?:capsule|process)_[a-z_]+[a-z]/
        var used: Set<Substring> = []
        for line in alerts.split(separator: "\n") + queries.map({ Substring($0) }) {
            for match in line.matches(of: pattern) { used.insert(match.output) }
            for match in line.matches(of: /([a-z_]+)(?:=~|!=|=)"([a-z|_]+)"/) where match.output.1 != "job" {
                for value in match.output.2.split(separator: "|") {
                    #expect(
                        series.contains { $0.contains("\(match.output.1)=\"\(value)\"") },
                        "\(match.output.1)=\(value) of \(line)")
                }
            }
        }
        #expect(used.count > 20)
        for name in used { #expect(names.contains(name), "\(name)") }
        #expect(
            Self.value("capsule_certificate_remaining_seconds", in: text) == Double(end).map { $0 - 1_767_323_045 })
    }
}
