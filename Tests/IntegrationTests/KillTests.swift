import Archive
import CapsuleTestSupport
import OCI
import Testing

/// `kill -9` cannot be caught, so nothing can tidy up: what a killed run leaves must not be in the way of the next.
@Suite("kill -9", .timeLimit(.minutes(3)), .needs("git", "kubectl"))
struct KillTests {
    static let delays = [0, 4, 8, 16, 32, 64, 128]

    @Test("at any moment of a build or a copy leaves a layout that the next run completes", arguments: delays)
    func build(after milliseconds: Int) async throws {
        try await Shop.with { shop in
            let whole = try await shop.build()
            try await Tool.output(["mv", "release", "whole"], in: shop.directory)
            let build = [
                "build", "--source", "app", "--config", "policy/capsule.yaml", "--image", "oci:image:\(shop.tag)",
                "--to",
                "oci:release",
            ]
            try await kill(shop, build, after: milliseconds)
            let again = try await shop.run(build)
            try expectSuccess(again)
            #expect(again.output == whole.output)
            let copy = ["copy", "oci:release:\(shop.tag)", "oci:mirror"]
            try await kill(shop, copy, after: milliseconds)
            try expectSuccess(try await shop.run(copy))
            for place in ["release", "mirror"] {
                let verified = try await shop.run("verify", "oci:\(place):\(shop.tag)", "--image", "oci:image")
                try expectSuccess(verified)
            }
            let partial = listTree("\(shop.directory)/release/blobs").filter { $0.contains(".partial") }
            #expect(partial == [], "a killed run's files stay for ever")
        }
    }

    @Test(
        "at any moment of unpack or render leaves no directory of the final name that is not whole", arguments: delays)
    func unpack(after milliseconds: Int) async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            for (command, option) in [
                ("unpack", []), ("render", ["--gitops", "gitops.git", "--deployment", "staging"]),
            ] {
                func arguments(_ name: String) -> [String] {
                    [command, "oci:release:\(shop.tag)", "--image", "oci:image", "--to", name] + option
                }
                _ = try await shop.run(arguments("whole-\(command)"))
                try await kill(shop, arguments(command), after: milliseconds)
                let again = try await shop.run(arguments(command))
                if again.status != 0 { #expect(again.errors.contains("exists"), "\(again.errors)") }
                #expect(
                    listTree("\(shop.directory)/\(command)") == listTree("\(shop.directory)/whole-\(command)"),
                    "\(again.errors)")
                #expect(!listTree(shop.directory).contains { $0.hasPrefix(".\(command).partial") })
            }
        }
    }

    @Test(
        "in the middle of a render or a push, the next promotion ends where an undisturbed one does",
        arguments: ["render", "push"])
    func promote(at step: String) async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            try await Tool.output(["cp", "-r", "gitops.git", "calm.git"], in: shop.directory)
            let mark = "\(shop.directory)/mark"
            // Waits long enough to be killed in, once: the next run must not be slow.
            let pause = "if [ ! -e \(mark) ]; then echo here >\(mark); /bin/sleep 2; fi"
            if step == "render" {
                try await shop.linkPrograms(["git"], into: "bin")
                let kubectl = try await Tool.output(["sh", "-c", "command -v kubectl"])
                try await shop.writeProgram(
                    "bin/kubectl", "case \"$*\" in *kustomize*) \(pause);; esac\nexec \(kubectl) \"$@\"")
            } else {
                try await shop.writeProgram("gitops.git/hooks/pre-receive", pause)
            }
            let temporary = "\(shop.directory)/temporary"
            try await Tool.output(["mkdir", temporary])
            var environment = ["TMPDIR": temporary]
            if step == "render" { environment["PATH"] = "\(shop.directory)/bin" }
            func scratch() -> Int { listTree(temporary).count { !$0.contains("/") } }
            let promote = [
                "promote", "oci:release:\(shop.tag)", "--image", "oci:image", "--stage", "staging", "--gitops",
            ]
            try await kill(shop, promote + ["gitops.git"], at: mark, environment: environment)
            #expect(scratch() > 0)
            let again = try await shop.run(promote + ["gitops.git"], environment: environment)
            try expectSuccess(again)
            #expect(scratch() == 0, "the next run removes the temporary directories of the killed one")
            let calm = try await shop.run(promote + ["calm.git"])
            try expectSuccess(calm)
            // The record names the repository that the policy came from, which is the one thing that differs.
            func objects(_ repository: String) async throws -> [Substring] {
                try await Tool.output(["git", "-C", repository, "ls-tree", "-r", "stage/staging"], in: shop.directory)
                    .split(separator: "\n").filter { $0.contains("/deploy/") }
            }
            let disturbed = try await objects("gitops.git")
            #expect(try await objects("calm.git") == disturbed)
            #expect(!disturbed.isEmpty)
            let count = try await shop.gitops("rev-list", "--count", "stage/staging")
            #expect(count == "1")
        }
    }

    @Test(
        "while a registry receives, the tag is not there or is whole, and the next run ends the same",
        .needs("docker-registry"),
        arguments: [
            // The upload has begun; four MiB have come; the registry has taken the first blob and no manifest yet.
            "-path '*/_uploads/*' -name data", "-path '*/_uploads/*' -name data -size +4096k",
            "-path '*/_layers/*' -name link",
        ])
    func registry(when sign: String) async throws {
        let (template, commit, digest) = try await Self.large.value("shop", Self.makeLarge)
        try await withDockerRegistry { registry in
            try await withTemporaryDirectory { directory in
                try template.write(to: directory)
                let shop = Shop(directory: directory, commit: commit)
                let place = registry.repository("shop/release")
                let copy = ["copy", "oci:release:\(shop.tag)", place]
                let seen = "\(shop.directory)/seen"
                let find = "[ -n \"$(find \(registry.storage) \(sign) 2>/dev/null)\" ]"
                let wait = "while kill -0 $pid 2>/dev/null; do if \(find); then echo >\(seen); break; fi; done"
                try await end(shop, copy, wait, [:])
                #expect((try? readFile(seen)) != nil, "the copy ended before it came to the step")
                func verify() async throws -> CapsuleProgram.Outcome {
                    try await shop.run("verify", "\(place):\(shop.tag)", "--image", "oci:image")
                }
                let listed = try await shop.run("list", place)
                let killed = try await verify()
                #expect(
                    listed.output.contains(shop.tag) == (killed.status == 0),
                    "\(listed.output)\(killed.output)\(killed.errors)")
                let again = try await shop.run(copy)
                try expectSuccess(again)
                #expect(again.line.split(separator: "@").last.map(String.init) == digest)
                try expectSuccess(try await verify())
            }
        }
    }

    /// A shop with a built release, the commit, and the capsule's digest.
    private static let large = Once<String, (DirectoryTemplate, String, String?)>()

    @Sendable private static func makeLarge() async throws -> (DirectoryTemplate, String, String?) {
        try await Shop.with { kustomize in
            // Noise, so that the layer stays large: an upload takes long enough to be killed in.
            for name in ["a", "b", "c"] {
                try await Tool.output(
                    ["sh", "-c", "head -c 7000000 /dev/urandom | base64 -w0 >app/deploy/kustomize/base/$0.txt", name],
                    in: kustomize.directory)
            }
            let shop = try await kustomize.release(day: 6)
            let built = try expectSuccess(try await shop.build())
            let template = try DirectoryTemplate(of: shop.directory)
            return (template, shop.commit, built.line.split(separator: "@").last.map(String.init))
        }
    }

    /// Starts a command and kills it after a while.
    private func kill(_ shop: Shop, _ arguments: [String], after milliseconds: Int) async throws {
        try await end(shop, arguments, "/bin/sleep \(Double(milliseconds) / 1000)", [:])
    }

    /// Starts a command and kills it as soon as a file is there.
    private func kill(_ shop: Shop, _ arguments: [String], at mark: String, environment: [String: String]) async throws
    {
        try await end(
            shop, arguments, "while [ ! -s \(mark) ] && kill -0 $pid 2>/dev/null; do /bin/sleep 0.01; done", environment
        )
        #expect((try? readFile(mark)) != nil, "the command ended before it came to the step")
    }

    private func end(
        _ shop: Shop, _ arguments: [String], _ wait: String, _ environment: [String: String]
    ) async throws {
        _ = try await Tool.run(
            ["sh", "-c", "\"$@\" >/dev/null 2>&1 & pid=$!; \(wait); kill -9 $pid 2>/dev/null; wait $pid", "sh"]
                + [CapsuleProgram.path] + arguments, in: shop.directory,
            environment: ["XDG_CACHE_HOME": "\(shop.directory)/cache", "HOME": "\(shop.directory)/home"]
                .merging(environment) { $1 })
    }
}
