import Archive
import CapsuleCore
import CapsuleTestSupport
import DeliveryConfiguration
import Documents
import GitOps
import OCI
import Processes
import PromotionTestSupport
import Testing

@testable import ReleaseWorkflows

@Suite("The draft of capsule.yaml for a repository", .timeLimit(.minutes(3)), .needs("git"))
struct InitLayoutTests {
    @Test("is what a person would write, and builds without a correction", arguments: RepositoryLayout.all)
    func drafts(_ layout: RepositoryLayout) async throws {
        try await Self.with(layout) { repository, survey in
            let text = ConfigurationDraft.text(survey)
            let configuration = try CapsuleConfiguration(yaml: Array(text.utf8))
            #expect(configuration.image.description == layout.image)
            #expect(Self.summary(configuration) == layout.package, "\(text)")
            #expect(configuration.gitops.branch.description == layout.gitopsBranch)
            let built = try await Self.build(repository, configuration)
            let package = configuration.package
            #expect(built.release.package.entry == package.entry)
            guard package.kind == .kustomize else { return }
            // Without the application image, every render would be rejected.
            let uses = PackageImages.scan(try Self.files(built)).map { ImageName($0.name).name }
            #expect(uses.contains(package.imageName), "\(uses)")
        }
    }

    /// Makes the repository of a layout, commits it, and surveys it.
    static func with(
        _ layout: RepositoryLayout, _ body: (TestRepository, RepositorySurvey) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { directory in
            try await Tool.output(["git", "init", "-q", "-b", layout.branch, directory])
            let repository = TestRepository(path: directory)
            if let remote = layout.remote { try await repository.git("remote", "add", "origin", remote) }
            try await repository.commit(layout.files)
            try await body(repository, RepositorySurvey.examine(at: directory, runner: SystemCommandRunner()))
        }
    }

    static func build(_ repository: TestRepository, _ configuration: CapsuleConfiguration) async throws -> BuiltCapsule
    {
        var request = ReleaseBuild.Request()
        request.repository = repository.path
        // Nothing is read from a registry.
        request.imageDigest = try Digest("sha256:" + String(repeating: "ab", count: 32))
        let origin = try? await repository.git("config", "--get", "remote.origin.url")
        if origin == nil { request.sourceURL = "https://git.example.com/team/shop" }
        return try await ReleaseBuild(git: testGit(), opener: MemoryOpener([])).build(
            request, configuration: configuration)
    }

    /// `kind source entry [include] imageName`, or `helm source keys`.
    static func summary(_ configuration: CapsuleConfiguration) -> String {
        let package = configuration.package
        let source = package.source?.description ?? "nil"
        guard package.kind == .kustomize else {
            let keys = configuration.helm.values?.templates.keys.sorted().joined(separator: ",") ?? "-"
            return "helm \(source) \(keys)"
        }
        let include = package.include.map { "[\($0.map(\.description).joined(separator: ","))]" } ?? "-"
        return "kustomize \(source) \(package.entry?.description ?? "nil") \(include) \(package.imageName)"
    }

    private static func files(_ built: BuiltCapsule) throws -> PackageTree {
        let prefix = "\(PackageKind.kustomize.path)/"
        var files: [PackageFile] = []
        try LayerReader(built.layer).forEachEntry { entry, content in
            guard entry.kind == .file, entry.path.hasPrefix(prefix) else { return }
            files.append(
                PackageFile(path: try RelativePath(String(entry.path.dropFirst(prefix.count))), content: Array(content))
            )
        }
        return PackageTree(kind: .kustomize, entry: built.release.package.entry, files: files)
    }
}

extension InitLayoutTests {
    @Test("says what the repository does not settle, and nothing else", arguments: RepositoryLayout.all)
    func doubts(_ layout: RepositoryLayout) async throws {
        try await Self.with(layout) { _, survey in
            // Where the environments are is never known from the application's repository alone.
            let keys = survey.doubts.map(\.key).filter { $0 != "gitops" }
            #expect(Set(keys) == Set(layout.unsure), "\(survey.doubts.map(\.text))")
            for doubt in survey.doubts {
                #expect(!doubt.reason.isEmpty)
                #expect(ConfigurationDraft.text(survey).contains(doubt.text), "\(doubt.text)")
            }
        }
    }

    @Test("names the alternatives, and the problem of a package that cannot be built")
    func alternatives() async throws {
        func doubt(_ files: [String: String], _ key: String) async throws -> RepositorySurvey.Doubt? {
            var found: RepositorySurvey.Doubt?
            try await Self.with(RepositoryLayout("", package: "", files)) { _, survey in
                found = survey.doubts.first { $0.key == key }
            }
            return found
        }
        let charts = RepositoryLayout.chart("charts/api", name: "api").merging(
            RepositoryLayout.chart("charts/worker", name: "worker")
        ) { $1 }
        #expect(try await doubt(charts, "package.source")?.alternatives == ["charts/worker"])
        let both = charts.merging(RepositoryLayout.web("k8s")) { $1 }
        #expect(try await doubt(both, "package.kind")?.alternatives == ["helm, with the source charts/api"])
        let open = ["k8s/kustomization.yaml": "resources:\n  - https://example.com/web.yaml\n"]
        let problem = try await doubt(open, "package.source")
        #expect(problem?.reason.contains("k8s/kustomization.yaml:2") == true, "\(problem?.reason ?? "")")
        let unclear = [
            "chart/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
            "chart/values.yaml": "a: {image: {repository: x, tag: b}}\nb: {image: {repository: y, tag: b}}\n",
        ]
        #expect(try await doubt(unclear, "helm.values")?.alternatives == ["a.image", "b.image"])
    }

    @Test("is one that its own parser reads, whatever the names in the repository are", arguments: UInt64(0)..<40)
    func oddNames(_ seed: UInt64) async throws {
        var random = SplitMix(seed: seed)
        let odd = [
            "a b", "#x", "on", "null", "1.5", "~", "-", "--", "a:b", "a: b", "[x]", "{y}", "'", "\"", "größe", "日本",
            "e\u{301}", "%2F", "${X}", "{{ x }}", "*", "&a", "!t", "|", ">", "@", "`", "a,b", "A", "stage", "base",
            "components", "overlays", "deployments", "a\\b", "tab\there", "x y z", "con", ".hidden", "yes", "0x1F",
            String(repeating: "n", count: 255),
        ]
        func name() -> String { odd[Int(random.next() % UInt64(odd.count))] }
        let remotes: [String?] = [
            nil, "https://github.com/\(name())/\(name()).git", "git@\(name()):\(name())/\(name())", name(),
            "file:///srv/\(name())", "ssh://git@github.com:2222/Example/\(name()).git",
            "https://github.com/example/\(String(repeating: "long", count: 60))", "../\(name())",
        ]
        let kinds: [String] = ["kustomization.yaml", "Kustomization", "Chart.yaml"]
        var files: [String: String] = [:]
        for _ in 0..<6 {
            let directory = (0..<Int(random.next() % 4)).map { _ in name() }.joined(separator: "/")
            let prefix = directory.isEmpty ? "" : "\(directory)/"
            files[prefix + kinds[Int(random.next() % UInt64(kinds.count))]] =
                "apiVersion: v2\nname: \"x\"\nversion: 1.0.0\nresources: [\"w.yaml\"]\n"
            files["\(prefix)w.yaml"] = RepositoryLayout.workload(YAMLText.quoted("\(name())/\(name()):\(name())"))
            files["\(prefix)values.yaml"] = "\(YAMLText.quoted(name())): {image: {repository: x, tag: y}}\n"
            files["\(prefix)deployments/\(name())/deployment.yaml"] = "envType: a\n"
        }
        files["Makefile"] = "IMG ?= \(name())/\(name())/\(name()):\(name())\nIMAGE=$(IMG)\n"
        let remote = remotes[Int(random.next() % UInt64(remotes.count))]
        let branches = ["main", "master", "stage", "stage/x", "capsule", "größe", "feature/#1"]
        let branch = branches[Int(random.next() % UInt64(branches.count))]
        try await withTemporaryDirectory { directory in
            try await Tool.output(["git", "init", "-q", "-b", branch, directory])
            let repository = TestRepository(path: directory)
            if let remote { try await repository.git("remote", "add", "origin", "--", remote) }
            for (path, text) in files.sorted(by: { $0.key < $1.key }) {
                // Some names are those of a file and of a directory.
                try? repository.write([path: text])
            }
            let survey = await RepositorySurvey.examine(at: directory, runner: SystemCommandRunner())
            let text = ConfigurationDraft.text(survey)
            do {
                _ = try CapsuleConfiguration(yaml: Array(text.utf8))
            } catch {
                Issue.record("\(error)\n\(text)")
            }
        }
    }
}
