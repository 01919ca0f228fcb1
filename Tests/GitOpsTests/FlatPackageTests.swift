import Archive
import CapsuleCore
import CapsuleTestSupport
import GitOps
import OCI
import PromotionTestSupport
import Support
import Testing

@Suite("Reading a package that shares its directory with other files", .timeLimit(.minutes(2)))
struct FlatPackageTests {
    /// A repository whose kustomization is at its top.
    static let files = [
        "kustomization.yaml": """
        resources: [deployment.yaml, monitoring]
        configMapGenerator: [{name: settings, files: [settings.ini]}]
        transformers: [labels.yaml]
        """,
        "deployment.yaml": "kind: Deployment\n", "settings.ini": "a=b\n",
        "labels.yaml": "apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: l}\npath: patch.yaml\n",
        "patch.yaml": "kind: Deployment\n", "monitoring/kustomization.yml": "resources: [rules.yaml]\n",
        "monitoring/rules.yaml": "kind: Rules\n", "monitoring/README.md": "notes\n",
        "README.md": "hello\n", ".github/workflows/ci.yaml": "on: push\n", "src/main.go": "package main\n",
        "overlays/production/kustomization.yaml": "resources: [../..]\n",
        "components/metrics/kustomization.yaml": "kind: Component\n",
    ]
    static let reached = [
        "deployment.yaml", "kustomization.yaml", "labels.yaml", "monitoring/kustomization.yml", "monitoring/rules.yaml",
        "patch.yaml", "settings.ini",
    ]

    private func read(
        _ repository: TestRepository, source: String? = nil, entry: String = ".", include: [String]? = nil,
        kind: PackageKind = .kustomize
    ) async throws -> PackageSource {
        try await testGit().packageSource(
            in: repository.path, source: source.map { try RelativePath($0) },
            entry: kind == .helm ? nil : try TreeDirectory(entry), include: include?.map { try RelativePath($0) },
            kind: kind)
    }

    private func paths(_ source: PackageSource) -> [String] { source.files.map(\.path.description) }

    @Test("takes what the entry refers to and nothing else", arguments: [nil, "deploy/web"])
    func reached(source: String?) async throws {
        try await withTemporaryDirectory { directory in
            let repository = try await TestRepository.create("\(directory)/app")
            let prefix = source.map { "\($0)/" } ?? ""
            try await repository.commit(
                Dictionary(uniqueKeysWithValues: Self.files.map { (prefix + $0.key, $0.value) }))
            #expect(paths(try await read(repository, source: source)) == Self.reached)
            // The policy of an environment may refer to a component that the entry does not name.
            let more = try await read(repository, source: source, include: ["components"])
            #expect(paths(more) == (Self.reached + ["components/metrics/kustomization.yaml"]).sorted())
            let error = await #expect(throws: GitError.self) {
                try await read(repository, source: source, include: ["gone"])
            }
            #expect(error?.code == .notFound && error?.message.contains("gone") == true)
        }
    }

    @Test("takes what an entry outside base and components refers to, when nothing is said about include")
    func otherEntry() async throws {
        try await withTemporaryDirectory { directory in
            let repository = try await TestRepository.create("\(directory)/app")
            try await repository.commit([
                "config/default/kustomization.yaml": "resources: [../crd, ../manager]\n",
                "config/default/unused_patch.yaml": "kind: X\n",
                "config/crd/kustomization.yaml": "resources: [a.yaml]\n",
                "config/crd/a.yaml": "kind: X\n", "config/manager/kustomization.yaml": "resources: [b.yaml]\n",
                "config/manager/b.yaml": "kind: X\n", "config/samples/kustomization.yaml": "resources: [gone.yaml]\n",
            ])
            let source = try await read(repository, source: "config", entry: "default")
            #expect(
                paths(source) == [
                    "crd/a.yaml", "crd/kustomization.yaml", "default/kustomization.yaml", "manager/b.yaml",
                    "manager/kustomization.yaml",
                ])
            let named = try await read(repository, source: "config", entry: "default", include: ["default"])
            #expect(paths(named) == ["default/kustomization.yaml", "default/unused_patch.yaml"])
        }
    }

    @Test("passes over links, submodules and files too large for a package that the entry does not refer to")
    func passesOver() async throws {
        try await withTemporaryDirectory { directory in
            let repository = try await TestRepository.create("\(directory)/app")
            let first = try await repository.commit(Self.files)
            try await Tool.output(["ln", "-s", "README.md", "\(repository.path)/LINK.md"])
            try await Tool.output(["ln", "-s", "/etc/passwd", "\(repository.path)/monitoring/outside.yaml"])
            try await Tool.output(["ln", "-s", "../..", "\(repository.path)/overlays/production/loop"])
            try writeFile("\(repository.path)/large.bin", [UInt8](repeating: 0x61, count: Git.maximumFileBytes + 1))
            try writeFile("\(repository.path)/src/a\\b", "no package can hold this name")
            try await repository.git("add", "-A")
            try await repository.git("update-index", "--add", "--cacheinfo", "160000,\(first),vendor/library")
            try await repository.git("commit", "-q", "-m", "Much else")
            #expect(paths(try await read(repository)) == Self.reached)
        }
    }

    @Test(
        "names a link or a submodule that the entry refers to",
        arguments: [
            ("resources: [link.yaml]\n", "\"link.yaml\"", "a symlink"),
            ("resources: [shared]\n", "\"shared\"", "a symlink"),
            ("resources: [shared/inner]\n", "\"shared\"", "a symlink"),
            ("resources: [module/deploy]\n", "\"module\"", "a submodule"),
            ("resources: [linked]\n", "\"linked/kustomization.yaml\"", "a symlink"),
        ])
    func special(_ text: String, _ name: String, _ kind: String) async throws {
        try await withTemporaryDirectory { directory in
            let repository = try await TestRepository.create("\(directory)/app")
            let first = try await repository.commit([
                "kustomization.yaml": text, "real.yaml": "kind: X\n", "base/kustomization.yaml": "resources: []\n",
                "linked/a.yaml": "kind: X\n",
            ])
            for (target, link) in [
                ("real.yaml", "link.yaml"), ("base", "shared"),
                ("../base/kustomization.yaml", "linked/kustomization.yaml"),
            ] { try await Tool.output(["ln", "-s", target, "\(repository.path)/\(link)"]) }
            try await repository.git("add", "-A")
            try await repository.git("update-index", "--add", "--cacheinfo", "160000,\(first),module")
            try await repository.git("commit", "-q", "-m", "Links")
            let error = await #expect(throws: GitError.self) { try await read(repository) }
            #expect(error?.code == .unusableTree)
            #expect(error?.message.hasPrefix("\(name) in commit") == true, "\(error?.message ?? "")")
            #expect(error?.message.contains(kind) == true, "\(error?.message ?? "")")
        }
    }

    @Test("says where there is a kustomization when the entry has none")
    func missing() async throws {
        try await withTemporaryDirectory { directory in
            let repository = try await TestRepository.create("\(directory)/app")
            try await repository.commit(["deploy/base/kustomization.yaml": "resources: []\n", "README.md": "x\n"])
            let error = await #expect(throws: GitError.self) { try await read(repository) }
            #expect(error?.code == .notFound)
            #expect(error?.message.contains("\"deploy/base\"") == true, "\(error?.message ?? "")")
        }
    }

    @Test("reports references that cannot be followed as a build does, by file and line")
    func open() async throws {
        try await withTemporaryDirectory { directory in
            let repository = try await TestRepository.create("\(directory)/app")
            try await repository.commit([
                "kustomization.yaml":
                    "resources:\n  - https://example.com/x.yaml\n  - ../other\n  - gone.yaml\n  - docs\n",
                "docs/a.md": "x\n",
            ])
            let error = await #expect(throws: CapsuleError.self) { try await read(repository) }
            #expect(error?.code == .invalidPackage)
            #expect(
                error?.findings.map { "\($0.rule) \($0.line ?? 0)" } == [
                    "package.remote-reference 2", "package.outside-reference 3", "package.missing-file 4",
                    "package.not-a-kustomization 5",
                ])
        }
    }

    @Test("takes the content of a pointer of Git LFS that the entry refers to, and needs that of no other")
    func lfs() async throws {
        func pointer(_ content: String) -> String {
            "version https://git-lfs.github.com/spec/v1\noid \(Digest.sha256(of: content.utf8))\n"
                + "size \(content.utf8.count)\n"
        }
        try await withTemporaryDirectory { directory in
            let repository = try await TestRepository.create("\(directory)/app")
            try await repository.commit([
                "kustomization.yaml": "configMapGenerator: [{name: a, files: [logo.png]}]\n",
                "logo.png": pointer("logo"), "docs/film.mp4": pointer("film"),
            ])
            let error = await #expect(throws: GitError.self) { try await read(repository) }
            #expect(error?.message.contains("\"logo.png\"") == true, "\(error?.message ?? "")")
            let hex = Digest.sha256(of: "logo".utf8).hex
            let store = "\(repository.path)/.git/lfs/objects/\(hex.prefix(2))/\(hex.dropFirst(2).prefix(2))"
            try await Tool.output(["mkdir", "-p", store])
            try writeFile("\(store)/\(hex)", "logo")
            let source = try await read(repository)
            #expect(source.files.map { String(decoding: $0.content, as: UTF8.self) }.last == "logo")
        }
    }

    @Test(
        "takes a chart at the top without what .helmignore excludes, whatever that is", arguments: [nil, "charts/web"])
    func chart(source: String?) async throws {
        try await withTemporaryDirectory { directory in
            let repository = try await TestRepository.create("\(directory)/app")
            let prefix = source.map { "\($0)/" } ?? ""
            let files = [
                "Chart.yaml": "name: web\n", "values.yaml": "a: b\n", "templates/web.yaml": "kind: X\n",
                ".helmignore": "src/\n.github/\n*.md\nlinks\n", "README.md": "x\n", "src/main.go": "x\n",
                ".github/workflows/ci.yaml": "x\n", "dashboards/a.json": "{}\n", "docs/README.md": "x\n",
            ]
            try repository.write(Dictionary(uniqueKeysWithValues: files.map { (prefix + $0.key, $0.value) }))
            try await Tool.output(["mkdir", "-p", "\(repository.path)/\(prefix)links"])
            try await Tool.output(["ln", "-s", "/etc/passwd", "\(repository.path)/\(prefix)links/a"])
            try await Tool.output(["ln", "-s", "README.md", "\(repository.path)/\(prefix)src/a"])
            try await repository.commit()
            #expect(
                paths(try await read(repository, source: source, kind: .helm)) == [
                    ".helmignore", "Chart.yaml", "dashboards/a.json", "templates/web.yaml", "values.yaml",
                ])
        }
    }
}
