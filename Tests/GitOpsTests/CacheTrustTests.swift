import CapsuleCore
import CapsuleTestSupport
import PromotionTestSupport
import Support
import Testing

@testable import DeliveryConfiguration
@testable import GitOps
@testable import Promotion

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Whatever is planted in the cached repository is noticed, and the run gives what the remote has.
@Suite("The cached GitOps repository is not trusted", .timeLimit(.minutes(3)))
struct CacheTrustTests {
    /// A cached repository whose objects are single files, so that each of them can be replaced.
    private struct Cached {
        let fixture: PromotionFixture
        let path: String

        /// Makes a copy of the one that this process made first, for its own remote.
        static func create(_ directory: String, format: String) async throws -> Cached {
            let (template, name) = try await templates.value(format) {
                try await withTemporaryDirectory { directory in
                    let cached = try await make(in: directory, format: format)
                    return (try DirectoryTemplate(of: directory), String(cached.path.dropFirst(directory.count + 1)))
                }
            }
            try template.write(to: directory)
            let fixture = try PromotionFixture(in: directory)
            let (remote, objects) = (
                try GitRemote("file://\(fixture.remote)"), try #require(GitObjectFormat(rawValue: format))
            )
            let path = "\(directory)/cache/\(GitOpsCache.name(remote, objects))"
            try await Tool.output(["mv", "\(directory)/\(name)", path])
            _ = try await GitOpsCache.open(in: "\(directory)/cache", remote: remote, format: objects)
            return Cached(fixture: fixture, path: path)
        }

        private static let templates = Once<String, (DirectoryTemplate, String)>()

        private static func make(in directory: String, format: String) async throws -> Cached {
            let fixture = try await PromotionFixture.create(directory, format: format)
            for number in 1...3 {
                let receipt = try await fixture.promote(TestRelease(number), to: "staging")
                try #require(receipt.outcome == .promoted)
            }
            let cached = Cached(fixture: fixture, path: "")
            _ = try await cached.held()
            let name = try #require(listTree("\(directory)/cache").first { $0.hasSuffix(".git") })
            let filled = Cached(fixture: fixture, path: "\(directory)/cache/\(name)")
            try await filled.unpack()
            return filled
        }

        /// Writes each packed object to a file of its own.
        func unpack() async throws {
            let packs = "\(path).packs"
            try await Tool.output(["mv", "\(path)/objects/pack", packs])
            try await Tool.output(["mkdir", "\(path)/objects/pack"])
            for pack in listTree(packs) where pack.hasSuffix(".pack") {
                try await Tool.output(["git", "unpack-objects", "-q"], in: path, input: readFile("\(packs)/\(pack)"))
            }
            try await Tool.output(["rm", "-rf", packs])
        }

        /// The releases that staging held.
        func held() async throws -> [ReleaseIdentity?] {
            try await fixture.with { promoter, _ in
                let state = try await promoter.branches.states(of: ["staging"])[0]
                var held: [ReleaseIdentity?] = []
                for try await hold in try promoter.branches.holds(of: state) {
                    held.append(hold.record?.release.identity)
                }
                return held
            }
        }

        func file(_ id: String) -> String { "\(path)/objects/\(id.prefix(2))/\(id.dropFirst(2))" }

        /// Gives an object the content of another one.
        func forge(_ id: String, as other: String) async throws {
            try await Tool.output(["cp", "-f", file(other), file(id)])
        }

        func parse(_ name: String) async throws -> String {
            try await Tool.output(["git", "rev-parse", name], in: path, environment: ["GIT_NO_LAZY_FETCH": "1"])
        }

        /// Writes a commit like `commit` in which the file at `path` is another one, and returns its id.
        func commit(_ commit: String, changing path: String, to content: String) async throws -> String {
            let index = ["GIT_INDEX_FILE": "\(self.path).index"]
            func git(_ arguments: [String], input: String = "") async throws -> String {
                try await Tool.output(["git"] + arguments, in: self.path, environment: index, input: Array(input.utf8))
            }
            let blob = try await git(["hash-object", "-w", "--stdin"], input: content)
            _ = try await git(["read-tree", commit])
            _ = try await git(["update-index", "--add", "--cacheinfo", "100644,\(blob),\(path)"])
            let tree = try await git(["write-tree", "--missing-ok"])
            let parents = try await git(["cat-file", "-p", commit]).split(separator: "\n")
                .filter { $0.hasPrefix("parent ") }.flatMap { ["-p", String($0.dropFirst(7))] }
            return try await git(["commit-tree", tree, "-m", "Forged"] + parents)
        }
    }

    @Test(
        "each object is hashed: commits, trees and blobs", arguments: ["sha1", "sha256"],
        ["commit", "tree", "inner", "blob"])
    func policy(format: String, what: String) async throws {
        try await withTemporaryDirectory { directory in
            let cached = try await Cached.create(directory, format: format)
            let directory = "apps/shop/envTypes/staging"
            let file = "\(directory)/kustomization.yaml"
            let main = try await cached.fixture.git("rev-parse", "main")
            func read() async throws -> [UInt8]? {
                try await cached.fixture.with { _, snapshot in try await snapshot.file(RelativePath(file)) }
            }
            let expected = try await read()
            try await cached.unpack()
            let forged = try await cached.commit(main, changing: file, to: "forged\n")
            let suffix =
                switch what {
                case "commit": ""
                case "tree": "^{tree}"
                case "inner": ":\(directory)"
                default: ":\(file)"
                }
            try await cached.forge(cached.parse("\(main)\(suffix)"), as: cached.parse("\(forged)\(suffix)"))
            #expect(try await read() == expected)
        }
    }

    @Test("the history of a stage is hashed", arguments: ["sha1", "sha256"], ["commit", "tree", "record", "parents"])
    func history(format: String, what: String) async throws {
        try await withTemporaryDirectory { directory in
            let cached = try await Cached.create(directory, format: format)
            let expected = try (1...3).reversed().map { try TestRelease($0).identity }
            #expect(try await cached.held() == expected)
            let record = "apps/shop/deployments/staging/release-metadata.yaml"
            let middle = try await cached.fixture.git("rev-parse", "stage/staging~1")
            let other = try await cached.fixture.with { promoter, snapshot in
                try TestRelease(9).promotion(promoter.configuration, stage: "staging", snapshot: snapshot)
            }
            let content = try #require(other.content).record.yaml()
            let forged = try await cached.commit(middle, changing: record, to: content)
            switch what {
            case "commit": try await cached.forge(middle, as: forged)
            case "tree": try await cached.forge(cached.parse("\(middle)^{tree}"), as: cached.parse("\(forged)^{tree}"))
            case "record":
                try await cached.forge(cached.parse("\(middle):\(record)"), as: cached.parse("\(forged):\(record)"))
            default:
                // A history that goes on with a commit that the branch never had.
                let head = try await cached.fixture.git("rev-parse", "stage/staging")
                let moved = try await Tool.output(
                    ["git", "commit-tree", "-p", forged, "-m", "Forged", "\(head)^{tree}"], in: cached.path)
                try await cached.forge(head, as: moved)
            }
            #expect(try await cached.held() == expected)
        }
    }

    @Test("a history that is cut off is not taken for a short one")
    func shallow() async throws {
        try await withTemporaryDirectory { directory in
            let cached = try await Cached.create(directory, format: "sha1")
            try writeFile("\(cached.path)/shallow", try await cached.fixture.git("rev-parse", "stage/staging") + "\n")
            #expect(try await cached.held() == (1...3).reversed().map { try TestRelease($0).identity })
        }
    }

    @Test(
        "its configuration is written at each opening, and nothing else is read",
        arguments: [
            "core.fsmonitor", "core.sshCommand", "core.gitProxy", "core.askPass", "core.hooksPath",
            "core.alternateRefsCommand", "core.worktree", "uploadpack.packObjectsHook", "alias.cat-file", "alias.fetch",
            "credential.helper", "remote.origin.url", "remote.origin.uploadpack", "remote.origin.vcs",
            "remote.origin.proxy", "url.insteadOf", "include.path", "includeIf.path", "extensions.worktreeConfig",
            "core.repositoryFormatVersion", "log.showSignature",
        ])
    func configuration(key: String) async throws {
        try await withTemporaryDirectory { directory in
            let cached = try await Cached.create(directory, format: "sha1")
            let marker = "\(directory)/marker"
            let evil = "\(directory)/evil"
            try await writeProgram(evil, "#!/bin/sh\ntouch \(marker)\nexit 1\n")
            let written = try readFile("\(cached.path)/config")
            let section =
                switch key {
                case "remote.origin.url": "[remote \"origin\"]\n\turl = ext::\(evil)\n\turl = \(directory)/none\n"
                case "remote.origin.uploadpack": "[remote \"origin\"]\n\tuploadpack = \(evil)\n"
                case "remote.origin.vcs": "[remote \"origin\"]\n\tvcs = evil\n"
                case "remote.origin.proxy": "[remote \"origin\"]\n\tproxy = http://127.0.0.1:1\n"
                case "url.insteadOf": "[url \"\(directory)/none\"]\n\tinsteadOf = file://\(cached.fixture.remote)\n"
                case "include.path": "[include]\n\tpath = ../more\n"
                case "includeIf.path": "[includeIf \"gitdir:/\"]\n\tpath = ../more\n"
                default:
                    "[\(key.split(separator: ".")[0])]\n\t\(key.split(separator: ".")[1]) = \(evil)\n"
                }
            try writeFile("\(directory)/cache/more", "[remote \"origin\"]\n\tuploadpack = \(evil)\n")
            try writeFile("\(cached.path)/config", written + Array(section.utf8))
            // There is something to fetch.
            try await cached.fixture.commitPolicy(["apps/shop/envTypes/staging/more.yaml": "x\n"])
            let receipt = try await cached.fixture.promote(TestRelease(4), to: "staging")
            #expect(receipt.outcome == .promoted)
            #expect(!listTree(directory).contains("marker"))
            #expect(try readFile("\(cached.path)/config") == written)
        }
    }

    @Test(
        "files that change what Git reads have it created again",
        arguments: [
            "commondir", "config.worktree", "info/grafts", "objects/info/alternates", "hooks/reference-transaction",
            "hooks/pre-push", "worktrees/x/gitdir", "objects", "config",
        ])
    func files(name: String) async throws {
        try await withTemporaryDirectory { directory in
            let cached = try await Cached.create(directory, format: "sha1")
            let path = "\(cached.path)/\(name)"
            switch name {
            case "objects", "config":
                try await Tool.output(["mv", path, "\(directory)/moved"])
                try await Tool.output(["ln", "-s", "\(directory)/moved", path])
            case "commondir":
                try await Tool.output(["cp", "-r", cached.path, "\(directory)/other"])
                try writeFile(path, "\(directory)/other\n")
            default: try writeFile(path, "\(directory)/policy/.git/objects\n")
            }
            #expect(try await cached.fixture.promote(TestRelease(4), to: "staging").outcome == .promoted)
            if name == "objects" || name == "config" {
                #expect(try SystemCall.status(of: path).kind != .link)
            } else {
                #expect(!listTree(cached.path).contains(name))
            }
        }
    }

    @Test("a replace reference does not replace anything")
    func replace() async throws {
        try await withTemporaryDirectory { directory in
            let cached = try await Cached.create(directory, format: "sha1")
            let main = try await cached.fixture.git("rev-parse", "main")
            let forged = try await cached.commit(main, changing: "forged", to: "x\n")
            try await Tool.output(["git", "update-ref", "refs/replace/\(main)", forged], in: cached.path)
            let isReplaced = try await cached.fixture.with { _, snapshot in
                try await snapshot.hasFile(RelativePath("forged"))
            }
            #expect(!isReplaced)
        }
    }

    @Test(
        "a directory that others can write, or that is not this user's own, is not used",
        arguments: ["777", "775", "symlink", "owner", "parent", "parent-owner", "file"])
    func directories(what: String) async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            let place = "\(directory)/place"
            let cache = "\(place)/cache"
            try await Tool.output(["mkdir", "-p", "-m", "755", place])
            if what != "file" { try await Tool.output(["mkdir", "-m", "700", cache]) }
            // A user's private group has the number of the user; another group is one that users share.
            switch what {
            case "777": try await Tool.output(["chmod", "777", cache])
            case "775":
                guard isRoot else { return }
                try await Tool.output(["chmod", "775", cache])
            case "symlink":
                try await Tool.output(["mv", cache, "\(directory)/real"])
                try await Tool.output(["ln", "-s", "\(directory)/real", cache])
            case "owner":
                guard isRoot else { return }
                try await Tool.output(["chown", "65534", cache])
            case "parent": try await Tool.output(["chmod", "777", place])
            case "parent-owner":
                guard isRoot else { return }
                try await Tool.output(["chown", "65534", place])
            default: try writeFile(cache, "x")
            }
            #expect(throws: FileError.self) { try CacheDirectory.check(cache) }
            #expect(try await fixture.promote(TestRelease(1), to: "staging", cache: cache).outcome == .promoted)
            #expect(listTree(cache).isEmpty)
            #expect(listTree("\(directory)/real").isEmpty)
        }
    }

    @Test("a directory of this user's own is used, below one with the sticky bit too", arguments: ["755", "1777"])
    func own(mode: String) async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            try await Tool.output(["mkdir", "-p", "-m", mode, "\(directory)/place"])
            try await Tool.output(["chmod", mode, "\(directory)/place"])
            let cache = "\(directory)/place/a/cache"
            #expect(try await fixture.promote(TestRelease(1), to: "staging", cache: cache).outcome == .promoted)
            #expect(listTree(cache).contains { $0.hasSuffix(".git/config") })
            #expect(try SystemCall.status(of: cache).permissions & 0o777 == 0o700)
            #expect(try SystemCall.status(of: "\(directory)/place/a").permissions & 0o777 == 0o700)
        }
    }

    private var isRoot: Bool { geteuid() == 0 }
}
