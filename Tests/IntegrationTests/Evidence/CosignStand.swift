import CapsuleTestSupport
import Processes
import Testing

/// The two generations of cosign. Each reads and writes both forms. Without an option cosign 2 writes manifests under its tags,
/// and cosign 3 writes bundles; cosign 3 reads the manifests where there is no bundle.
enum Cosign: String, CaseIterable, Sendable {
    case two = "cosign"
    case three = "cosign3"

    /// The form of what is written or read.
    enum Form: Sendable {
        case manifest, bundle
    }

    /// The options for writing without a transparency log and without other services, so without the network. `signing.json` and
    /// `root.json` name no service; cosign 2 fetches a root of trust for bundles alone, and cosign 3 for everything it writes.
    func writing(_ form: Form) -> [String] {
        let common = ["--allow-http-registry", "-y"]
        return switch (self, form) {
        case (.two, .manifest): common + ["--tlog-upload=false"]
        case (.two, .bundle): common + ["--tlog-upload=false", "--new-bundle-format"]
        case (.three, .manifest):
            common + ["--tlog-upload=false", "--use-signing-config=false", "--new-bundle-format=false"]
        case (.three, .bundle): common + ["--signing-config", "signing.json", "--trusted-root", "root.json"]
        }
    }

    /// The options for reading what is in no transparency log.
    func reading(_ form: Form) -> [String] {
        let common = ["--insecure-ignore-tlog=true", "--allow-http-registry"]
        return switch (self, form) {
        case (.two, .manifest): common
        case (.two, .bundle): common + ["--new-bundle-format", "--trusted-root", "root.json"]
        case (.three, .manifest): common + ["--new-bundle-format=false"]
        case (.three, .bundle): common + ["--trusted-root", "root.json"]
        }
    }
}

/// A published release and a key pair, for tests that compare with cosign, oras and crane.
struct CosignStand {
    let shop: Shop
    let repository: String
    let digest: String
    var pinned: String { "\(repository)@\(digest)" }
    var tagged: String { "\(repository):\(shop.tag)" }
    var hex: String { String(digest.dropFirst("sha256:".count)) }
    static let password = ["COSIGN_PASSWORD": "correct horse", "CAPSULE_KEY_PASSWORD": "correct horse"]

    /// Publishes the release of a new shop, with the pair `release.key` and `release.pub`, and the private key without its
    /// password as `release.pem`.
    ///
    /// - Parameter registry: `host`, perhaps with a path; the shared registry by default.
    static func with(in registry: String? = nil, _ body: @Sendable (CosignStand) async throws -> Void) async throws {
        guard let registry else {
            return try await withSharedRegistry { try await with(in: $0.address, body) }
        }
        try await Shop.with { shop in
            _ = try await shop.build()
            let repository = "\(registry)/shop/release"
            let copied = try await shop.run("copy", "oci:release:\(shop.tag)", "\(repository):\(shop.tag)")
            let digest = try #require(copied.line.split(separator: "@").last.map(String.init))
            let stand = CosignStand(shop: shop, repository: repository, digest: digest)
            try writeFile(
                "\(shop.directory)/signing.json",
                #"{"mediaType":"application/vnd.dev.sigstore.signingconfig.v0.2+json","rekorTlogConfig":{},"tsaConfig":{}}"#
            )
            try writeFile(
                "\(shop.directory)/root.json",
                #"{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}"#
            )
            for (name, content) in try await pair.value("release", makePair) {
                try writeFile("\(shop.directory)/\(name)", content)
            }
            try await body(stand)
        }
    }

    /// The pair that this process made first: stretching its password takes a third of the time of a stand.
    private static let pair = Once<String, [String: [UInt8]]>()

    private static func makePair() async throws -> [String: [UInt8]] {
        try await withTemporaryDirectory { directory in
            try writeKeyPair("release", in: directory)
            try expectSuccess(
                try await CapsuleProgram.run(
                    ["keys", "import", "--key", "release.pem", "--to", "imported"], in: directory,
                    environment: password))
            try await Tool.output(["mv", "imported.key", "release.key"], in: directory)
            return Dictionary(
                uniqueKeysWithValues: try ["release.key", "release.pem", "release.pub"].map {
                    ($0, try readFile("\(directory)/\($0)"))
                })
        }
    }

    /// The same release in another repository.
    func elsewhere(_ repository: String) -> CosignStand {
        CosignStand(shop: shop, repository: repository, digest: digest)
    }

    func capsule(_ arguments: String...) async throws -> CapsuleProgram.Outcome {
        try await shop.run(arguments, environment: Self.password)
    }

    func tool(_ arguments: String...) async throws -> CommandResult { try await tool(arguments) }

    func tool(_ arguments: [String]) async throws -> CommandResult {
        try await Tool.run(
            arguments, in: shop.directory,
            environment: Self.password.merging(["HOME": "\(shop.directory)/home"]) { $1 })
    }

    /// Runs a tool that must succeed.
    @discardableResult
    func done(_ arguments: [String], sourceLocation: SourceLocation = #_sourceLocation) async throws -> CommandResult {
        let result = try await tool(arguments)
        #expect(result.status == 0, "\(arguments): \(result.errorOutput)", sourceLocation: sourceLocation)
        return result
    }

    /// `cosign sign`
    func sign(
        _ cosign: Cosign, _ form: Cosign.Form, _ key: String = "release.key",
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        try await done(
            [cosign.rawValue, "sign", "--key", key] + cosign.writing(form) + [pinned], sourceLocation: sourceLocation)
    }

    /// `cosign attest`
    func attest(
        _ cosign: Cosign, _ form: Cosign.Form, _ type: String, _ predicate: String, _ key: String = "release.key",
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        try await done(
            [cosign.rawValue, "attest", "--key", key] + cosign.writing(form)
                + ["--type", type, "--predicate", predicate, pinned], sourceLocation: sourceLocation)
    }

    /// Why `cosign verify`, or `cosign verify-attestation` with a type, refuses the release; nil when it accepts it.
    func refusal(
        _ cosign: Cosign, _ form: Cosign.Form, _ type: String? = nil, key: String = "release.pub",
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> String? {
        let command = type.map { ["verify-attestation", "--type", $0] } ?? ["verify"]
        let result = try await tool(
            [cosign.rawValue] + command + ["--key", key] + cosign.reading(form) + [pinned])
        // An option that this version does not have would look like a refusal.
        #expect(!result.errorOutput.contains("unknown flag"), sourceLocation: sourceLocation)
        return result.status == 0 ? nil : result.errorOutput
    }
}
