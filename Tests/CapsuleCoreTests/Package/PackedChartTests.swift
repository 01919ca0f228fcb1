import Archive
import CapsuleTestSupport
import OCI
import Processes
import Support
import Testing

@testable import CapsuleCore

@Suite("Packed subcharts", .needs("helm"), .timeLimit(.minutes(2)))
struct PackedChartTests {
    /// Makes charts in a directory, each depending on the next by a `file://` repository, and packs them with helm.
    static func withCharts(
        _ names: [String], files: [String: String] = [:], _ body: (String) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { directory in
            for (index, name) in names.enumerated() {
                var text = "apiVersion: v2\nname: \(name)\nversion: 1.\(index).0\n"
                if index + 1 < names.count {
                    let next = names[index + 1]
                    text += "dependencies:\n- {name: \(next), version: ^1.0.0, repository: \"file://../\(next)\"}\n"
                }
                try writeFile("\(directory)/\(name)/Chart.yaml", text)
                try writeFile("\(directory)/\(name)/values.yaml", "image: {repository: \(name), tag: \"7\"}\n")
                try writeFile(
                    "\(directory)/\(name)/templates/map.yaml",
                    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \(name)}\n")
            }
            for (path, text) in files { try writeFile("\(directory)/\(path)", text) }
            for name in names.dropLast().reversed() { try await helm("dependency", "update", name, in: directory) }
            try await body(directory)
        }
    }

    @discardableResult
    static func helm(_ arguments: String..., in directory: String) async throws -> String {
        try await Tool.output(["helm"] + arguments, in: directory, environment: ["HOME": "\(directory)/home"])
    }

    static func package(_ directory: String) throws -> PackageTree {
        let files = try listTree(directory).compactMap { path -> PackageFile? in
            guard let content = try? readFile("\(directory)/\(path)") else { return nil }
            return PackageFile(path: try RelativePath(path), content: content)
        }
        return PackageTree(kind: .helm, entry: nil, files: files)
    }

    static func lint(_ directory: String) throws -> [Finding] {
        PackageLint.check(try package(directory), imageName: "shop", pinnedNames: [])
    }

    static func errors(_ directory: String) throws -> [Finding] { try lint(directory).filter { $0.severity == .error } }

    @Test("that `helm dependency update` wrote count as vendored, at any depth, and their images are seen")
    func vendored() async throws {
        try await Self.withCharts(["shop", "redis", "common"]) { directory in
            #expect(listTree("\(directory)/shop/charts") == ["redis-1.1.0.tgz"])
            let findings = try Self.lint("\(directory)/shop")
            #expect(findings.allSatisfy { $0.severity == .warning }, "\(findings)")
            #expect(
                findings.map(\.file) == [
                    "charts/redis-1.1.0.tgz/charts/common/values.yaml", "charts/redis-1.1.0.tgz/values.yaml",
                ])
            let rendered = try await Self.helm("template", "x", "shop", in: directory)
            for name in ["shop", "redis", "common"] { #expect(rendered.contains("{name: \(name)}")) }
        }
    }

    @Test("that lack a dependency of their own are refused, whichever way the rest is stored")
    func missingInside() async throws {
        try await Self.withCharts(["shop", "redis"]) { directory in
            let chart = "apiVersion: v2\nname: redis\nversion: 1.1.0\ndependencies: [{name: common, version: 1.x}]\n"
            try writeFile("\(directory)/redis/Chart.yaml", chart)
            try await Tool.output(["tar", "-czf", "shop/charts/redis-1.1.0.tgz", "redis"], in: directory)
            let findings = try Self.errors("\(directory)/shop")
            #expect(findings.map(\.rule) == ["package.dependency"])
            #expect(findings.first?.file == "charts/redis-1.1.0.tgz/Chart.yaml" && findings.first?.line == 4)
            #expect(findings.first?.message.contains("\"common\" is not vendored") == true)
        }
    }

    static let wrong: [(chart: String, rule: String, words: String)] = [
        ("apiVersion: v2\nname: valkey\nversion: 1.1.0\n", "package.dependency", "holds chart \"valkey\""),
        ("apiVersion: v2\nname: redis\nversion: 2.0.0\n", "package.dependency", "is version 2.0.0"),
        ("apiVersion: v2\nname: redis\n", "package.layout", "version is missing"),
        ("a: b\na: c\n", "package.unreadable", "twice"),
        ("", "package.unreadable", "0 YAML documents"),
    ]

    @Test("whose Chart.yaml is not what the parent declares are refused", arguments: wrong.indices)
    func mismatch(_ index: Int) async throws {
        let example = Self.wrong[index]
        try await Self.withCharts(["shop", "redis"]) { directory in
            try writeFile("\(directory)/redis/Chart.yaml", example.chart)
            try await Tool.output(["tar", "-czf", "shop/charts/redis-1.1.0.tgz", "redis"], in: directory)
            let findings = try Self.errors("\(directory)/shop")
            #expect(
                findings.contains { $0.rule == example.rule && $0.description.contains(example.words) }, "\(findings)")
        }
    }

    static let hostile: [(name: String, python: String, words: String)] = [
        ("a link", "info('redis/x', type=tarfile.SYMTYPE, linkname='/etc/passwd')", "symbolic link"),
        ("..", "info('redis/../../x')", ".. segment"), ("absolute", "info('/redis/x')", "absolute"),
        ("two directories", "info('other/x')", "one directory"), ("a file at the top", "info('x')", "one directory"),
        ("no Chart.yaml", "chart = False; info('redis/x')", "no redis/Chart.yaml"),
        ("a mark after the slash", "chart = False; info('redis/\\u0301Chart.yaml')", "no redis/Chart.yaml"),
        ("many files", "[info(f'redis/{n}') for n in range(10001)]", "more than 10000"),
        ("a bomb", "info('redis/x', data=bytes(9 << 20))", "was stopped"),
        ("trailing data", "after = b'x'", "follow the end of the gzip"),
        ("a second member", "after = gzip.compress(b'x')", "follow the end of the gzip"),
        ("a cut", "cut = 20", "cut short"), ("nothing", "chart = False", "it is empty"),
    ]

    @Test("that are hostile end in one finding that names file and remedy", arguments: hostile.indices)
    func refused(_ index: Int) async throws {
        let attack = Self.hostile[index]
        let script = """
            import gzip, io, tarfile
            chart, after, cut, entries, out = True, b'', 0, [], io.BytesIO()
            def info(name, data=b'', **more):
                entry = tarfile.TarInfo(name)
                entry.size = len(data)
                for key, value in more.items(): setattr(entry, key, value)
                entries.append((entry, data))
            \(attack.python)
            if chart: info('redis/Chart.yaml', b'apiVersion: v2\\nname: redis\\nversion: 1.0.0\\n')
            if chart: entries.insert(0, entries.pop())
            with tarfile.open(fileobj=out, mode="w") as tar:
                for entry, data in entries: tar.addfile(entry, io.BytesIO(data))
            data = gzip.compress(out.getvalue()) + after
            open("shop/charts/redis-1.1.0.tgz", "wb").write(data[:len(data) - cut])
            """
        try await Self.withCharts(["shop", "redis"]) { directory in
            try await Tool.output(["python3", "-c", script], in: directory)
            let start = ContinuousClock.now
            let findings = try Self.errors("\(directory)/shop")
            #expect(findings.count == 1, "\(findings)")
            #expect(findings.first?.file == "charts/redis-1.1.0.tgz" && findings.first?.rule == "package.unreadable")
            #expect(findings.first?.message.contains(attack.words) == true, "\(findings)")
            #expect(findings.first?.remedy.contains("helm package") == true)
            #expect(.now - start < .seconds(5))
        }
    }

    @Test("may be packed in packed charts up to a depth, and no deeper", arguments: [0, 1])
    func depth(_ more: Int) async throws {
        // Helm itself unpacks what it packs again, so that only other tools make such charts.
        let last = PackedCharts.maximumDepth + more
        try await Self.withCharts((0...last).map { "chart-\($0)" }) { directory in
            for index in (1...last).reversed() {
                try await Tool.output(
                    [
                        "sh", "-c", "rm -r $0/charts; mkdir $0/charts; tar -czf $0/charts/$1-1.$2.0.tgz $1",
                        "chart-\(index - 1)", "chart-\(index)", "\(index)",
                    ], in: directory)
            }
            let rendered = try await Self.helm("template", "x", "chart-0", in: directory)
            #expect(rendered.contains("{name: chart-\(last)}"))
            let findings = try Self.errors("\(directory)/chart-0")
            if more == 0 {
                #expect(findings == [])
            } else {
                #expect(findings.map(\.rule) == ["package.unreadable"])
                #expect(findings.first?.message.contains("5 deep") == true)
            }
        }
    }

    @Test("share one limit: many of them may hold no more than one")
    func shared() async throws {
        try await Self.withCharts(["shop", "redis"]) { directory in
            try await Tool.output(
                [
                    "sh", "-c",
                    // Packed once: to compress noise takes most of a second.
                    "head -c 9961472 /dev/urandom | base64 -w0 | head -c 9961472 > redis/noise; "
                        + "tar -czf noise.tgz redis; for n in $(seq 7); do cp noise.tgz shop/charts/other-$n.0.0.tgz; done",
                ], in: directory)
            let findings = try Self.errors("\(directory)/shop")
            #expect(findings.map(\.file) == ["charts/other-7.0.0.tgz"])
            #expect(findings.first?.message.contains("all packed charts together") == true, "\(findings)")
        }
    }
}

@Suite("Version ranges of dependencies", .needs("helm"), .timeLimit(.minutes(1)))
struct VersionRangeTests {
    static let ranges = [
        "*", "x", "1.x", "1", "1.2", "v1.2.3", "1.2.3", "=1.2.3", "1.2.3+x", "1.2.3-0", "1.2.3-rc.1", ">1", ">1.0",
        ">1.2",
        ">1.2.2", ">=1.0 <2.0", ">=1.0, <1.2 || ^1.2.2", ">= 1.0.0", "<1.2", "<1.2.4", "<=1", "<=1.2", "=<1.2.3",
        "<=1.1",
        "~1", "~1.1", "~1.2", "~1.2.3", "~>1.2", "~0.0.0", "~0", "^0", "^0.0", "^0.0.3", "^0.2", "^0.2.1", "^1.2",
        "^1.2.3-0",
        "^2", "!=1", "!=1.3", "!=1.2.3", "!=1.2", "1.0 - 2.0", "1.0 - 1.1", "1.0-2.0", "*.1", ">*", "!=*", "^*", "~*",
        "<=*",
        ">=1.2.3-alpha <2", "latest", "1.2.3 || bad", "||", "1 2", "1, 2", "1,,2", ",1", "1.2.3.4", "1..2", "> =1",
        "1. 2",
        ">=1.0<2.0", "^^1", "", " 1.2.3 ", "=>1.0.0", "x.2.3",
    ]

    @Test(
        "hold what helm says they hold",
        arguments: ["1.2.3", "0.2.1", "0.0.3", "0.0.0", "2.0.0", "1.2.3-rc.1", "1.2.4-alpha.2+build", "1.3.0"])
    func helm(_ version: String) async throws {
        try await withTemporaryDirectory { directory in
            let dependencies = Self.ranges.enumerated()
                .map { "- {name: lib, alias: a\($0), version: \"\($1)\"}\n" }.joined()
            try writeFile(
                "\(directory)/shop/Chart.yaml",
                "apiVersion: v2\nname: shop\nversion: 1.0.0\ndependencies:\n\(dependencies)")
            try writeFile("\(directory)/lib/Chart.yaml", "apiVersion: v2\nname: lib\nversion: \(version)\n")
            try await PackedChartTests.helm("package", "lib", "-d", "shop/charts", in: directory)
            let table = try await PackedChartTests.helm(
                "dependency", "list", "shop", "--max-col-width", "200", in: directory)
            let rows = table.split(separator: "\n").dropFirst().map {
                $0.split(separator: "\t").last.map(String.init) ?? ""
            }
            try #require(rows.count == Self.ranges.count, "\(table)")
            for (range, status) in zip(Self.ranges, rows) {
                let expected = status.trimmingPrefix(" ").prefix { $0 != " " }
                let parsed = VersionRange(range)
                let fits = SemanticVersion(version).flatMap { parsed?.contains($0) }
                let ours = range == version || fits == true ? "ok" : parsed == nil ? "invalid" : "wrong"
                #expect(ours == expected, "\(range) and \(version): helm says \(status)")
            }
        }
    }

    @Test("order prereleases as semver.org does")
    func order() {
        let order = [
            "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11",
            "1.0.0-rc.1",
            "1.0.0", "1.0.1", "1.1.0", "2.0.0",
        ].compactMap(SemanticVersion.init)
        #expect(order.count == 11)
        for (left, right) in zip(order, order.dropFirst()) { #expect(left < right && !(right < left)) }
    }
}
