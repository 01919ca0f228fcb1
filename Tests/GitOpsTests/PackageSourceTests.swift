import Archive
import CapsuleCore
import CapsuleTestSupport
import DeliveryConfiguration
import GitOps
import OCI
import Processes
import PromotionTestSupport
import Support
import Testing

@Suite("Reading a package from Git", .timeLimit(.minutes(2)))
struct PackageSourceTests {
    let source = try? RelativePath("k8s/kustomize")
    let files = [
        "k8s/kustomize/base/kustomization.yaml": "resources: [a.yaml]\n",
        "k8s/kustomize/base/a.yaml": "kind: A\n",
        "k8s/kustomize/components/x/kustomization.yaml": "kind: Component\n",
        "k8s/kustomize/overlays/production/kustomization.yaml": "resources: [../../base]\n",
        "README.md": "hello\n",
    ]

    private func read(
        _ path: String, _ revision: String = "HEAD", include: [String]? = nil, kind: PackageKind = .kustomize
    ) async throws -> PackageSource {
        try await testGit().packageSource(
            in: path, revision: revision, source: source, include: include?.map { try RelativePath($0) }, kind: kind)
    }

    private func text(_ source: PackageSource) -> [String: String] {
        Dictionary(
            uniqueKeysWithValues: source.files.map {
                ($0.path.description, String(decoding: $0.content, as: UTF8.self))
            })
    }

    @Test("takes base and components of the commit, in both object formats", arguments: ["sha1", "sha256"])
    func layout(format: String) async throws {
        try await withTemporaryDirectory { directory in
            let repository = try await TestRepository.create("\(directory)/app", format: format)
            let commit = try await repository.commit(files, time: 1_700_000_000)
            let package = try await read(repository.path)
            #expect(package.commit.description == commit)
            #expect(package.committed == 1_700_000_000)
            #expect(
                text(package) == [
                    "base/kustomization.yaml": "resources: [a.yaml]\n", "base/a.yaml": "kind: A\n",
                    "components/x/kustomization.yaml": "kind: Component\n",
                ])
        }
    }

    @Test("sees nothing of the working tree, the index, filters, line-end settings, replace refs or grafts")
    func workTree() async throws {
        try await withTemporaryDirectory { directory in
            let repository = try await TestRepository.create("\(directory)/app")
            try await repository.commit(files)
            let clean = try await read(repository.path)
            try repository.write([
                "k8s/kustomize/base/a.yaml": "kind: Dirty\n", "k8s/kustomize/base/staged.yaml": "x",
                ".gitattributes": "* text eol=crlf filter=evil\n",
            ])
            try await repository.git("add", "-A")
            try repository.write(["k8s/kustomize/base/untracked.yaml": "x"])
            for (key, value) in [
                ("core.autocrlf", "true"), ("filter.evil.smudge", "touch \(directory)/marker"),
                ("filter.evil.process", "touch \(directory)/marker"), ("core.fsmonitor", "touch \(directory)/marker"),
                ("core.hooksPath", directory),
            ] { try await repository.git("config", key, value) }
            let blob = try await repository.git("rev-parse", "HEAD:k8s/kustomize/base/a.yaml")
            let other = try await repository.git("hash-object", "-w", "--stdin", input: Array("evil".utf8))
            try await repository.git("replace", blob, other)
            let dirty = try await read(repository.path)
            #expect(text(dirty) == text(clean))
            #expect(!listTree(directory).contains("marker"))
        }
    }

    @Test("gives the same files from a shallow clone, a bare clone and a work tree elsewhere")
    func clones() async throws {
        try await withTemporaryDirectory { directory in
            let repository = try await TestRepository.create("\(directory)/app")
            try await repository.commit(files)
            try await repository.commit(["k8s/kustomize/base/b.yaml": "kind: B\n"])
            let whole = try await read(repository.path)
            let url = "file://\(repository.path)"
            try await Tool.output(["git", "clone", "-q", "--depth=1", url, "\(directory)/shallow"])
            try await Tool.output(["git", "clone", "-q", "--bare", url, "\(directory)/bare.git"])
            try await repository.git("worktree", "add", "-q", "--detach", "\(directory)/tree")
            for place in ["shallow", "bare.git", "tree", "app/k8s"] {
                let package = try await read("\(directory)/\(place)", whole.commit.description)
                #expect(package.files == whole.files, "\(place)")
                #expect(package.commit == whole.commit)
            }
        }
    }

    @Test("refuses what a package cannot hold, and names it")
    func special() async throws {
        try await withTemporaryDirectory { directory in
            let repository = try await TestRepository.create("\(directory)/app")
            let first = try await repository.commit(files)
            try await repository.git("update-index", "--add", "--cacheinfo", "160000,\(first),k8s/kustomize/base/sub")
            try await repository.git("commit", "-q", "-m", "Submodule")
            var error = await #expect(throws: GitError.self) { try await read(repository.path) }
            #expect(error?.code == .unusableTree)
            #expect(error?.message.contains("\"k8s/kustomize/base/sub\"") == true)
            #expect(error?.message.contains("submodule") == true)

            try await repository.git("reset", "-q", "--hard", first)
            try await Tool.output(["ln", "-s", "/etc/passwd", "\(repository.path)/k8s/kustomize/base/link.yaml"])
            try await repository.commit()
            error = await #expect(throws: GitError.self) { try await read(repository.path) }
            #expect(error?.message.contains("\"k8s/kustomize/base/link.yaml\"") == true)
            #expect(error?.message.contains("symlink") == true)

            try await repository.git("reset", "-q", "--hard", first)
            try await Tool.output(["ln", "-s", "base", "\(repository.path)/k8s/kustomize/shared"])
            try await repository.commit()
            error = await #expect(throws: GitError.self) {
                try await read(repository.path, include: ["base", "shared"])
            }
            #expect(error?.message.contains("\"k8s/kustomize/shared\"") == true)
        }
    }

    /// A pointer of Git LFS as `git lfs` writes it.
    private func pointer(_ content: String, size: Int? = nil) -> String {
        "version https://git-lfs.github.com/spec/v1\noid \(Digest.sha256(of: content.utf8))\n"
            + "size \(size ?? content.utf8.count)\n"
    }

    @Test("reads the content of a pointer of Git LFS from the store of the clone", arguments: [nil, "lfs-elsewhere"])
    func lfs(storage: String?) async throws {
        try await withTemporaryDirectory { directory in
            let repository = try await TestRepository.create("\(directory)/app")
            try await repository.commit(
                files.merging([
                    "k8s/kustomize/base/big.bin": pointer("content"),
                    ".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n",
                ]) { $1 })
            let hex = Digest.sha256(of: "content".utf8).hex
            if let storage { try await repository.git("config", "lfs.storage", storage) }
            let store =
                "\(repository.path)/.git/\(storage ?? "lfs")/objects/\(hex.prefix(2))/\(hex.dropFirst(2).prefix(2))"
            try await Tool.output(["mkdir", "-p", store])
            try writeFile("\(store)/\(hex)", "content")
            #expect(text(try await read(repository.path))["base/big.bin"] == "content")
            try writeFile("\(store)/\(hex)", "tampered")
            let error = await #expect(throws: GitError.self) { try await read(repository.path) }
            #expect(error?.message.contains("git lfs fsck") == true, "\(error?.message ?? "")")
        }
    }

    @Test(
        "refuses a pointer of Git LFS whose content is not there, with the words for a file or for a packed chart",
        arguments: [
            ("base/big.bin", nil, "the clone does not have its content; run `git lfs fetch`"),
            ("base/charts/redis-1.2.3.tgz", nil, "not the packed chart"),
            ("base/big.bin", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n", "it is malformed"),
            ("base/big.bin", "version https://git-lfs.github.com/spec/v1\r\nsize 5\r\n", "it is malformed"),
            ("base/big.bin", "version https://hawser.github.com/spec/v1\noid sha256:00\nsize 5\n", "it is malformed"),
            (
                "base/big.bin",
                "version https://git-lfs.github.com/spec/v1\noid sha256:\(String(repeating: "a", count: 64))\nsize 99999999\n",
                "its content has 99999999 bytes"
            ),
            (
                "base/big.bin",
                "version https://git-lfs.github.com/spec/v1\noid sha512:\(String(repeating: "a", count: 128))\nsize 1\n",
                "it is malformed"
            ),
        ] as [(String, String?, String)])
    func missingLFS(path: String, content: String?, message: String) async throws {
        try await withTemporaryDirectory { directory in
            let repository = try await TestRepository.create("\(directory)/app")
            try await repository.commit(
                files.merging(["k8s/kustomize/\(path)": content ?? pointer("content")]) { $1 })
            let error = await #expect(throws: GitError.self) { try await read(repository.path) }
            #expect(error?.code == .unusableTree)
            #expect(error?.message.contains("\"k8s/kustomize/\(path)\"") == true, "\(error?.message ?? "")")
            #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
        }
    }

    @Test("says what there is when the source or an include is not in the commit")
    func missing() async throws {
        try await withTemporaryDirectory { directory in
            let repository = try await TestRepository.create("\(directory)/app")
            try await repository.commit(files)
            let include = await #expect(throws: GitError.self) {
                try await read(repository.path, include: ["base", "nope"])
            }
            #expect(include?.code == .notFound)
            #expect(include?.message.contains("\"overlays\"") == true)
            let git = testGit()
            let top = await #expect(throws: GitError.self) {
                try await git.packageSource(
                    in: repository.path, source: RelativePath("deploy"), include: nil, kind: .kustomize)
            }
            #expect(top?.code == .notFound)
            let layout = await #expect(throws: GitError.self) {
                try await git.packageSource(
                    in: repository.path, source: RelativePath("k8s/kustomize/overlays"), include: nil, kind: .kustomize)
            }
            #expect(
                layout?.message.contains("in \"k8s/kustomize/overlays/base\" or") == true,
                "\(layout?.message ?? "")")
            let outside = await #expect(throws: GitError.self) { try await read(directory) }
            #expect(outside?.message.contains("not in a Git repository") == true)
        }
    }

    @Test("takes a file as large as the limit says, and not one byte more, and names that without reading it")
    func fileSize() async throws {
        try await withTemporaryDirectory { directory in
            let repository = try await TestRepository.create("\(directory)/app")
            try await repository.commit(["base/kustomization.yaml": "kind: Kustomization\n"])
            func read() async throws -> Int {
                try await testGit().packageSource(in: repository.path, source: nil, include: nil, kind: .kustomize)
                    .files.count
            }
            let large = "\(repository.path)/base/large"
            try writeFile(large, [UInt8](repeating: 0x61, count: Git.maximumFileBytes))
            try await repository.commit()
            #expect(try await read() == 2)
            try writeFile(large, [UInt8](repeating: 0x61, count: Git.maximumFileBytes + 1))
            try await repository.commit()
            let error = await #expect(throws: GitError.self) { try await read() }
            #expect(error?.code == .unusableTree)
            #expect(error?.message.contains("\"base/large\"") == true, "\(error?.message ?? "")")
            #expect(error?.message.contains("10485761") == true, "\(error?.message ?? "")")
        }
    }

    @Test("keeps a mark at the start of a name, which makes one character with the slash before it")
    func mark() async throws {
        try await withTemporaryDirectory { directory in
            let repository = try await TestRepository.create("\(directory)/app")
            try await repository.commit(["chart/\u{301}Chart.yaml": "name: other\n", "chart/values.yaml": "a: b\n"])
            let source = try await testGit().packageSource(
                in: repository.path, source: RelativePath("chart"), include: nil, kind: .helm)
            #expect(source.files.map { Array($0.path.description.utf8) }.contains(Array("\u{301}Chart.yaml".utf8)))
        }
    }

    @Test("takes files as many bytes together as the limit says, and not one more")
    func totalSize() async throws {
        try await withTemporaryDirectory { directory in
            let repository = try await TestRepository.create("\(directory)/app")
            for name in ["a", "b", "c", "d", "e", "f", "g", "h"] {
                try writeFile(
                    "\(repository.path)/base/\(name)", [UInt8](repeating: 0x61, count: Git.maximumPackageBytes / 8))
            }
            try await repository.commit()
            func read() async throws -> Int {
                try await testGit().packageSource(in: repository.path, source: nil, include: nil, kind: .kustomize)
                    .files.count
            }
            #expect(try await read() == 8)
            try await repository.commit(["base/more": "x"])
            let error = await #expect(throws: GitError.self) { try await read() }
            #expect(error?.code == .unusableTree && error?.message.contains("67108865") == true)
        }
    }

    @Test(
        "refuses a revision that is not one",
        arguments: [
            "--upload-pack=touch marker", "-x", "", "a b", "HEAD\u{0}", "no-such-branch", "0000000",
            "0123456789012345678901234567890123456789", "HEAD:README.md", "HEAD^{tree}", "--all",
        ])
    func revisions(revision: String) async throws {
        try await withTemporaryDirectory { directory in
            let repository = try await TestRepository.create("\(directory)/app")
            try await repository.commit(files)
            let error = await #expect(throws: GitError.self) { try await read(repository.path, revision) }
            #expect(error?.code == .invalidName || error?.code == .notFound)
            #expect(!listTree(directory).contains { $0.hasSuffix("marker") })
        }
    }

    @Test("resolves branches, tags and short ids to the full commit id")
    func resolves() async throws {
        try await withTemporaryDirectory { directory in
            let repository = try await TestRepository.create("\(directory)/app")
            let commit = try await repository.commit(files)
            try await repository.git("tag", "-a", "v1", "-m", "One")
            for revision in ["main", "v1", "HEAD", String(commit.prefix(10)), commit] {
                #expect(try await read(repository.path, revision).commit.description == commit)
            }
        }
    }

    @Test("names the origin without its credentials")
    func origin() async throws {
        try await withTemporaryDirectory { directory in
            let repository = try await TestRepository.create("\(directory)/app")
            try await repository.commit(files)
            #expect(try await read(repository.path).repository == nil)
            try await repository.git("remote", "add", "origin", "https://me:secret@example.com/app.git")
            #expect(try await read(repository.path).repository == "https://example.com/app.git")
        }
    }

    @Test("does not fetch what a partial clone lacks, and runs no program of its configuration")
    func partialClone() async throws {
        try await withTemporaryDirectory { directory in
            let repository = try await TestRepository.create("\(directory)/app")
            try await repository.commit(files)
            try await repository.git("config", "uploadpack.allowFilter", "true")
            try await Tool.output([
                "git", "clone", "-q", "--bare", "--filter=blob:none", "file://\(repository.path)",
                "\(directory)/partial",
            ])
            let marker = "\(directory)/marker"
            let partial = TestRepository(path: "\(directory)/partial")
            try await partial.git("config", "remote.origin.uploadpack", "touch \(marker); git-upload-pack")
            let error = await #expect(throws: GitError.self) { try await read(partial.path) }
            #expect(error?.code == .corrupt)
            #expect(error?.message.contains("partial clone") == true)
            try await partial.git("config", "remote.origin.url", "ext::touch \(marker)")
            await #expect(throws: GitError.self) { try await read(partial.path) }
            #expect(!listTree(directory).contains("marker"))
        }
    }

    @Test("prints a command that completes a partial clone", arguments: ["blob:none", "tree:0"], [true, false])
    func partialCloneRemedy(filter: String, bare: Bool) async throws {
        try await withTemporaryDirectory { directory in
            let repository = try await TestRepository.create("\(directory)/app")
            try await repository.commit(files)
            try await repository.git("config", "uploadpack.allowFilter", "true")
            try await Tool.output(
                ["git", "clone", "-q", "--no-checkout", "--filter=\(filter)"] + (bare ? ["--bare"] : []) + [
                    "file://\(repository.path)", "\(directory)/partial",
                ])
            let partial = TestRepository(path: "\(directory)/partial")
            let error = await #expect(throws: GitError.self) { try await read(partial.path) }
            let command = try #require(error?.message.split(separator: "`").dropFirst().first)
            try await Tool.output(command.split(separator: " ").map(String.init), in: partial.path)
            #expect(text(try await read(partial.path)) == text(try await read(repository.path)))
        }
    }

    @Test(
        "notices a commit or tree that holds other content than its id says",
        arguments: ["", "^{tree}", ":k8s/kustomize"])
    func forged(suffix: String) async throws {
        try await withTemporaryDirectory { directory in
            let repository = try await TestRepository.create("\(directory)/app")
            let commit = try await repository.commit(files)
            let other = try await repository.commit(["k8s/kustomize/base/a.yaml": "kind: Forged\n"])
            func object(_ name: String) async throws -> String {
                let id = try await repository.git("rev-parse", "\(name)\(suffix)")
                return "\(repository.path)/.git/objects/\(id.prefix(2))/\(id.dropFirst(2))"
            }
            try await Tool.output(["cp", "-f", object(other), object(commit)])
            let error = await #expect(throws: GitError.self) { try await read(repository.path, commit) }
            // Git hashes a commit that a revision names, and nothing else.
            #expect(error?.code == (suffix.isEmpty ? .notFound : .corrupt), "\(error?.message ?? "")")
        }
    }

    @Test("notices a blob that holds other bytes than its name says")
    func tampered() async throws {
        try await withTemporaryDirectory { directory in
            let repository = try await TestRepository.create("\(directory)/app")
            try await repository.commit(files)
            let blob = try await repository.git("rev-parse", "HEAD:k8s/kustomize/base/a.yaml")
            let other = try await repository.git("hash-object", "-w", "--stdin", input: Array("kind: B\n".utf8))
            func object(_ id: String) -> String { "\(repository.path)/.git/objects/\(id.prefix(2))/\(id.dropFirst(2))" }
            try await Tool.output(["cp", "-f", object(other), object(blob)])
            let error = await #expect(throws: GitError.self) { try await read(repository.path) }
            #expect(error?.code == .corrupt)
        }
    }

    @Test("takes awkward names as they are, and refuses those that no archive can hold")
    func names() async throws {
        try await withTemporaryDirectory { directory in
            let repository = try await TestRepository.create("\(directory)/app")
            let awkward = ["ü \"quoted\" [x]*.yaml", "-rf.yaml", ":(glob)x.yaml", "$(touch marker).yaml"]
            for name in awkward { try repository.write(["k8s/kustomize/base/\(name)": name]) }
            try await repository.commit(files)
            let found = text(try await read(repository.path))
            for name in awkward { #expect(found["base/\(name)"] == name) }
            try repository.write(["k8s/kustomize/base/back\\slash.yaml": "x"])
            try await repository.commit()
            let error = await #expect(throws: GitError.self) { try await read(repository.path) }
            #expect(error?.code == .unusableTree)
        }
    }

    @Test("says how to install git when there is none")
    func noGit() async throws {
        let git = testGit(SystemCommandRunner(path: "/nonexistent"))
        let error = await #expect(throws: GitError.self) {
            try await git.packageSource(in: "/", source: nil, include: nil, kind: .kustomize)
        }
        #expect(error?.code == .noGit)
    }

    @Test("reads the fixture's package", .needsFixture("codeai"))
    func fixture() async throws {
        try await withTemporaryDirectory { directory in
            let repository = try await TestRepository.create("\(directory)/app")
            try await Tool.output(["cp", "-r", "\(Fixtures.codeAI)/.", repository.path])
            try await repository.commit()
            let package = try await testGit().packageSource(in: repository.path, source: nil, include: nil, kind: .helm)
            #expect(!package.files.isEmpty)
        }
    }
}
