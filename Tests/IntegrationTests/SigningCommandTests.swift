import Archive
import CapsuleTestSupport
import FoundationEssentials
import OCI
import Processes
import Support
import Testing

@Suite("Signing", .timeLimit(.minutes(3)), .needs("git", "docker-registry", "python3"))
struct SigningCommandTests {
    private static let password = ["CAPSULE_KEY_PASSWORD": "correct horse"]
    private static let signedFor = ["--repository", "registry.example.com/shop/release"]

    @Test("keys are made for their owner alone, never over others, and an imported key is the same key")
    func keys() async throws {
        try await withTemporaryDirectory { directory in
            func run(_ arguments: String..., environment: [String: String] = Self.password) async throws
                -> CapsuleProgram.Outcome
            {
                try await CapsuleProgram.run(arguments, in: directory, environment: environment)
            }
            let made = try await run("keys", "generate", "--to", "release")
            #expect(made.status == 0 && made.output == "release.key\nrelease.pub\n", "\(made.errors)")
            let mode = try await Tool.output(["stat", "-c", "%a", "release.key", "release.pub"], in: directory)
            #expect(mode == "600\n644")
            let before = try readFile("\(directory)/release.key")
            for (name, message) in [
                ("", "--to needs a value that is not empty"), (".", "does not name a key pair"),
                ("keys/", "does not name a key pair"),
                ("keys/..", "does not name a key pair"),
            ] {
                let nameless = try await run("keys", "generate", "--to", name)
                #expect(nameless.status == 64 && nameless.errors.contains(message), "\(nameless.errors)")
            }
            let again = try await run("keys", "generate", "--to", "release")
            #expect(again.status == 1 && again.errors.contains("release.key exists"))
            #expect(try readFile("\(directory)/release.key") == before)
            let publicKey = try await run("keys", "public", "--key", "release.key")
            #expect(Array(publicKey.output.utf8) == (try readFile("\(directory)/release.pub")))
            try await Tool.output(
                ["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "plain.pem"],
                in: directory)
            let imported = try await run("keys", "import", "--key", "plain.pem", "--to", "imported")
            try expectSuccess(imported)
            let expected = try await Tool.output(["openssl", "pkey", "-in", "plain.pem", "-pubout"], in: directory)
            #expect(String(decoding: try readFile("\(directory)/imported.pub"), as: UTF8.self) == expected + "\n")
        }
    }

    @Test("a password comes from a file, two variables or a terminal, and a wrong one is one clear message")
    func passwords() async throws {
        try await withTemporaryDirectory { directory in
            func run(_ arguments: [String], _ environment: [String: String] = [:]) async throws
                -> CapsuleProgram.Outcome
            {
                try await CapsuleProgram.run(arguments, in: directory, environment: environment)
            }
            try writeFile("\(directory)/password", "correct horse\n")
            let generate = ["keys", "generate", "--to", "a", "--password-file", "password"]
            try expectSuccess(try await run(generate, ["COSIGN_PASSWORD": "wrong"]))
            let show = ["keys", "public", "--key", "a.key"]
            for name in ["CAPSULE_KEY_PASSWORD", "COSIGN_PASSWORD"] {
                try expectSuccess(try await run(show, [name: "correct horse"]))
            }
            let wrong = try await run(show + ["--verbose"], ["COSIGN_PASSWORD": "battery staple"])
            #expect(wrong.status == 1)
            #expect(wrong.errors == "capsule: a.key cannot be decrypted with this password, or is damaged\n")
            let none = try await run(show)
            #expect(none.status == 64 && none.errors.contains("--password-file"), "\(none.errors)")
            // A terminal: the password is not echoed.
            let script = """
                import os, pty, sys, time
                pid, terminal = pty.fork()
                if pid == 0:
                    os.execv(sys.argv[1], sys.argv[1:])
                seen = b""
                while b"password of a.key" not in seen:
                    seen += os.read(terminal, 1024)
                os.write(terminal, b"correct horse\\n")
                try:
                    while True:
                        chunk = os.read(terminal, 1024)
                        if not chunk: break
                        seen += chunk
                except OSError:
                    pass
                print(seen.decode())
                sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
                """
            let asked = try await Tool.run(["python3", "-c", script, CapsuleProgram.path] + show, in: directory)
            #expect(asked.status == 0, "\(asked.text)\(asked.errorOutput)")
            #expect(asked.text.contains("BEGIN PUBLIC KEY") && !asked.text.contains("correct horse"))
        }
    }

    @Test("publish signs before it tags, and running again completes what was broken off")
    func publish() async throws {
        try await withSharedRegistry { registry in
            try await Shop.with { shop in
                let release = registry.repository("shop/release")
                try await configure(shop, registry)
                _ = try await shop.run("copy", "oci:image:\(shop.tag)", registry.repository("shop/web"))
                let keys = try await shop.run("keys", "generate", "--to", "release", environment: Self.password)
                try expectSuccess(keys)
                // Published without its signature, as if the run had been broken off.
                _ = try await shop.run("publish", "--source", "app")
                let verify = ["verify", shop.tag, "--key", "release.pub"]
                let unsigned = try await shop.run(verify)
                #expect(unsigned.status == 65, "\(unsigned.output)\(unsigned.errors)")
                #expect(unsigned.output.contains("\(release) holds no signature of this capsule"), "\(unsigned.output)")
                let publish = ["publish", "--source", "app", "--key", "release.key"]
                let published = try await shop.run(publish, environment: Self.password)
                try expectSuccess(published)
                let verified = try await shop.run(verify)
                try expectSuccess(verified)
                let again = try await shop.run(publish + ["--output", "json"], environment: Self.password)
                #expect(again.output.contains(#""bundle" : "present""#), "\(again.output)\(again.errors)")
                let promoted = try await shop.run("promote", shop.tag, "--stage", "staging", "--key", "release.pub")
                try expectSuccess(promoted)
                // A second release, signed from the start.
                let next = try await shop.release(day: 6)
                _ = try await next.run("copy", "oci:image:\(next.tag)", registry.repository("shop/web"))
                try expectSuccess(try await next.run(publish, environment: Self.password))
                try expectSuccess(try await next.run(["verify", next.tag, "--key", "release.pub"]))
            }
        }
    }

    @Test("signatures go wherever a copy goes, and are verified there with the same keys")
    func copies() async throws {
        try await withSharedRegistry { registry in
            try await Shop.with { shop in
                _ = try await shop.build()
                try writeKeyPair("release", in: shop.directory)
                let reference = "oci:release:\(shop.tag)"
                let sign = ["sign", reference, "--key", "release.pem"]
                let nameless = try await shop.run(sign)
                #expect(nameless.status == 64 && nameless.errors.contains("--repository"), "\(nameless.errors)")
                let signed = try await shop.run(sign + Self.signedFor)
                try expectSuccess(signed)
                var from = reference
                for to in ["oci-archive:release.tar", registry.repository("mirror/release"), "oci:again"] {
                    let copied = try await shop.run("copy", from, to)
                    try expectSuccess(copied)
                    from = "\(to):\(shop.tag)"
                    let verify = ["verify", from, "--image", "oci:image", "--key", "release.pub"]
                    let verified = try await shop.run(verify + Self.signedFor)
                    try expectSuccess(verified)
                    #expect(verified.output.contains("bundle, simple signing"), "\(verified.output)")
                    let elsewhere = try await shop.run(verify + ["--repository", "registry.example.com/other/release"])
                    #expect(elsewhere.status == 65, "\(elsewhere.output)")
                    #expect(elsewhere.output.contains("was made for"), "\(elsewhere.output)")
                }
                let unpacked = try await shop.run(
                    [
                        "unpack", from, "--to", "out", "--image", "oci:image", "--key", "release.pub", "--repository",
                        "registry.example.com/other/release",
                    ])
                #expect(unpacked.status == 65)
                #expect(listTree("\(shop.directory)/out").isEmpty)
            }
        }
    }

    @Test("inspect says what is missing: the signature, or one of its two forms")
    func missing() async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            let release = "oci:release:\(shop.tag)"
            try writeKeyPair("release", in: shop.directory)
            func inspect() async throws -> String {
                let text = try await shop.run("inspect", release)
                try expectSuccess(text)
                return text.output
            }
            func sign() async throws {
                let signed = try await shop.run(["sign", release, "--key", "release.pem"] + Self.signedFor)
                try expectSuccess(signed)
            }
            /// Takes the entries of one form out of the layout.
            func remove(_ condition: String) async throws {
                let script = """
                    import json
                    index = json.load(open("release/index.json"))
                    name = lambda e: e.get("annotations", {}).get("org.opencontainers.image.ref.name", "")
                    index["manifests"] = [e for e in index["manifests"] if not (\(condition))]
                    json.dump(index, open("release/index.json", "w"))
                    """
                try await Tool.output(["python3", "-c", script], in: shop.directory)
            }
            #expect(try await inspect().contains("\nmissing     no signature: the release is unsigned"))
            try await sign()
            let whole = try await inspect()
            #expect(!whole.contains("missing"), "\(whole)")
            try await remove(#"name(e).endswith(".sig")"#)
            let bundle = try await inspect()
            #expect(bundle.contains("missing     the signature is stored as a Sigstore bundle only"), "\(bundle)")
            try await sign()
            try await remove(#""bundle" in e.get("artifactType", "")"#)
            let simple = try await shop.run("inspect", release, "--output", "json")
            #expect(simple.output.contains("is stored in cosign's .sig manifest only"), "\(simple.output)")
            try await sign()
            let again = try await inspect()
            #expect(!again.contains("missing"), "\(again)")
        }
    }

    @Test("many signers at once, each a process of its own, lose no signature")
    func concurrentSigners() async throws {
        try await withSharedRegistry { registry in
            try await Shop.with { shop in
                let release = "\(registry.repository("shop/release")):\(shop.tag)"
                _ = try await shop.build()
                _ = try await shop.run("copy", "oci:release:\(shop.tag)", release)
                let names = (0..<10).map { "key\($0)" }
                // Keys in the clear: stretching ten passwords at once is not what this tests.
                for name in names {
                    try await Tool.output(
                        [
                            "openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out",
                            "\(name).pem",
                        ], in: shop.directory)
                }
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for name in names {
                        group.addTask {
                            let signed = try await shop.run("sign", release, "--key", "\(name).pem")
                            try expectSuccess(signed)
                        }
                    }
                    try await group.waitForAll()
                }
                // No registry here writes "only if unchanged": a writer that the machine holds up for longer than the others
                // wait can hide an entry. Signing again finds what is missing, and adds nothing else.
                for name in names {
                    let again = try await shop.run("sign", release, "--key", "\(name).pem")
                    try expectSuccess(again)
                }
                let inspected = try await shop.run("inspect", release, "--output", "json")
                #expect(inspected.output.split(separator: "sigstore.bundle.v0.3+json").count - 1 >= names.count)
                for name in names {
                    let key = try await shop.run("keys", "public", "--key", "\(name).pem")
                    try writeFile("\(shop.directory)/\(name).pub", key.output)
                    let verified = try await shop.run(
                        "verify", release, "--image", "oci:image", "--key", "\(name).pub")
                    #expect(verified.output.contains("bundle, simple signing"), "\(name): \(verified.output)")
                }
            }
        }
    }

    private func configure(_ shop: Shop, _ registry: DockerRegistry) async throws {
        let text = String(decoding: try readFile("\(shop.directory)/policy/capsule.yaml"), as: UTF8.self)
            .replacing("registry.example.com", with: registry.address)
            .replacing("https://git.example.com/platform/gitops.git", with: "\(shop.directory)/gitops.git")
        try writeFile("\(shop.directory)/capsule.yaml", text)
        try await shop.changePolicy(["capsule.yaml": text])
    }
}
