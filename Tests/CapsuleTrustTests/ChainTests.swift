import Archive
import CapsuleCore
import CapsuleReports
import CapsuleTestSupport
import CapsuleTrust
import OCI
import ReleaseTestSupport
import Testing

/// A capsule that breaks one rule, and the checks that must fail for it; all others must hold.
struct Broken: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let fails: [String]
    let says: String
    let verify: @Sendable () async throws -> Verdict

    /// A capsule that is made otherwise.
    init(
        _ description: String, fails: String..., says: String = "",
        _ change: @escaping @Sendable (inout Variant) throws -> Void
    ) {
        self.init(description, fails, says, { _, _ in }, change)
    }

    /// A capsule with another request, and perhaps other content.
    init(
        _ description: String, fails: String..., says: String = "",
        request: @escaping @Sendable (inout VerificationRequest, Variant.Made) throws -> Void,
        change: @escaping @Sendable (inout Variant) throws -> Void = { _ in }
    ) {
        self.init(description, fails, says, request, change)
    }

    private init(
        _ description: String, _ fails: [String], _ says: String,
        _ request: @escaping @Sendable (inout VerificationRequest, Variant.Made) throws -> Void,
        _ change: @escaping @Sendable (inout Variant) throws -> Void
    ) {
        testDescription = description
        self.fails = fails
        self.says = says
        verify = {
            var variant = Variant()
            try change(&variant)
            return try await variant.verify(request)
        }
    }
}

private let other = "git-1111111111111111111111111111111111111111"
private let otherDigest = "sha256:" + String(repeating: "11", count: 32)

private func replacing(_ items: inout [LayerItem], _ path: String, _ change: (String) -> String?) {
    items = items.compactMap { item in
        guard case .file(path, let content) = item else { return item }
        return change(String(decoding: content, as: UTF8.self)).map { .file(path: path, content: Array($0.utf8)) }
    }
}

private func replacing(_ old: String, _ new: String, in bytes: [UInt8]) throws -> [UInt8] {
    let text = String(decoding: bytes, as: UTF8.self)
    try #require(text.contains(old))
    return Array(text.replacing(old, with: new).utf8)
}

private func annotate(_ key: String, _ value: String?) -> @Sendable (inout Variant) throws -> Void {
    { variant in variant.manifest = { $0.annotations?[key] = value } }
}

@Suite("The chain of checks", .timeLimit(.minutes(1)))
struct ChainTests {
    static let broken: [Broken] = [
        // identity
        Broken(
            "an image tag that is not an identity", fails: "identity.tag", "identity.pair",
            says: "not a release identity",
            request: { request, _ in
                let store = try Variant.imageStore(tag: "latest")
                request.image = .lookup(source: store, tag: try Tag("latest"), expected: nil)
            }),
        Broken("a capsule under another tag", fails: "identity.pair", "release.commit", says: "two releases") {
            $0.tag = other
        },
        Broken(
            "an image of another release", fails: "identity.pair", says: "the image's tag is \(other)",
            request: { request, _ in
                request.image = .lookup(source: try Variant.imageStore(tag: other), tag: try Tag(other), expected: nil)
            }),
        Broken(
            "a version annotation of another release", fails: "identity.pair", says: "annotation",
            annotate(CapsuleFormat.Annotation.version, other)),
        // image
        Broken(
            "an image tag that was moved", fails: "image.digest", says: "moved",
            request: { request, _ in
                let store = try Variant.imageStore()
                store.add(
                    try RawManifest(
                        encoding: ImageManifest(
                            config: Descriptor(mediaType: MediaType.emptyJSON, content: Array("{}".utf8)), layers: [])),
                    tag: try Tag("git-\(Variant.commit)"))
                request.image = .lookup(source: store, tag: nil, expected: nil)
            }),
        Broken(
            "an image tag that is not there", fails: "image.digest", says: "there is no tag",
            request: { request, _ in
                request.image = .lookup(source: MemoryStore(), tag: nil, expected: nil)
            }),
        Broken(
            "an image that is not the expected one", fails: "image.digest", says: "as requested",
            request: { request, _ in
                request.image = .lookup(
                    source: try Variant.imageStore(), tag: nil, expected: try Digest(otherDigest))
            }),
        Broken(
            "an assertion of another digest", fails: "image.digest", says: "the assertion",
            request: { request, _ in request.image = .asserted(try Digest(otherDigest)) }),
        Broken(
            "an annotation of another image digest", fails: "image.digest", says: "annotation",
            annotate(CapsuleFormat.Annotation.imageDigest, otherDigest)),
        Broken(
            "no annotation of the image digest", fails: "image.digest", says: "no annotation",
            annotate(CapsuleFormat.Annotation.imageDigest, nil)),
        Broken(
            "another image repository than configured", fails: "image.repository", says: "another application",
            request: { request, _ in request.imageRepository = try Repository("ghcr.io/example/other") }),
        Broken(
            "an annotation of another image repository", fails: "image.repository", says: "annotation",
            annotate(CapsuleFormat.Annotation.imageRef, "ghcr.io/evil/shop:git-\(Variant.commit)")),
        // capsule
        Broken(
            "a capsule tag that was moved", fails: "capsule.digest", says: "moved",
            request: { request, made in
                // The pinned manifest is still there; the tag names another.
                let layer = made.bytes[made.layer.digest] ?? []
                let copy = Descriptor(mediaType: MediaType.layerTarGzip, content: layer)
                made.store.add(
                    try RawManifest(encoding: ImageManifest(config: copy, layers: [])), tag: request.capsule.tag)
                request.pinnedDigest = made.manifest.digest
            }),
        Broken(
            "a requested digest other than the pinned one", fails: "capsule.digest", says: "is pinned",
            request: { request, made in
                request.capsule.digest = made.manifest.digest
                request.pinnedDigest = try Digest(otherDigest)
            }),
        Broken("another artifact type", fails: "capsule.manifest", says: "artifactType") {
            $0.manifest = { $0.artifactType = "application/vnd.example" }
        },
        Broken("no annotation of the format", fails: "capsule.manifest", says: "a copy changed its manifest") {
            $0.manifest = { $0.annotations?[CapsuleFormat.Annotation.format] = nil }
        },
        Broken("an annotation of a later format", fails: "capsule.manifest", says: "a capsule's is v1") {
            $0.manifest = { $0.annotations?[CapsuleFormat.Annotation.format] = "v2" }
        },
        Broken("another config media type", fails: "capsule.manifest", says: "config") {
            $0.manifest = { $0.config.mediaType = MediaType.emptyJSON }
        },
        Broken("two layers", fails: "capsule.manifest", says: "2 layers") {
            $0.manifest = { $0.layers.append($0.layers[0]) }
        },
        Broken("another layer media type", fails: "capsule.manifest", says: "layer is a") {
            $0.manifest = { $0.layers[0].mediaType = "application/octet-stream" }
        },
        Broken("a layer without its title", fails: "capsule.manifest", says: "titled") {
            $0.manifest = { $0.layers[0].annotations = nil }
        },
        Broken("a layer with more annotations", fails: "capsule.manifest", says: "more than") {
            $0.manifest = { $0.layers[0].annotations?["x"] = "y" }
        },
        Broken("a layer with URLs", fails: "capsule.manifest", says: "more than") {
            $0.manifest = { $0.layers[0].urls = ["https://example.com"] }
        },
        Broken("a config with embedded data", fails: "capsule.manifest", says: "more than") {
            $0.manifest = { $0.config.data = "e30=" }
        },
        Broken("a subject", fails: "capsule.manifest", says: "more than") {
            $0.manifest = { $0.subject = $0.config }
        },
        Broken(
            "an unknown annotation", fails: "capsule.manifest", says: "\"com.example\"", annotate("com.example", "x")),
        Broken(
            "a time in another form", fails: "capsule.manifest", says: "not a time",
            annotate(CapsuleFormat.Annotation.created, "2026-01-02")),
        Broken(
            "no time", fails: "capsule.manifest", says: "not a time", annotate(CapsuleFormat.Annotation.created, nil)),
        Broken("a manifest with an unknown key", fails: "capsule.manifest", says: "more than") {
            $0.manifestBytes = { Array("{\"x\":1,".utf8) + $0.dropFirst() }
        },
        Broken("a manifest with white space", fails: "capsule.manifest", says: "canonical") {
            $0.manifestBytes = { $0 + [UInt8(ascii: "\n")] }
        },
        // layer
        Broken(
            "a time that is not the layer's", fails: "capsule.layer", says: "2026-01-02",
            { $0.modified = Variant.committed + 1 }),
        // release
        Broken("a config that says something else", fails: "release.schema", says: "\"imageName: other\"") {
            $0.config = {
                var variant = Variant()
                variant.release = { $0.package.imageName = "other" }
                var config = try CapsuleConfig(decoding: $0)
                config.release = try variant.make().release
                return try config.encoded()
            }
        },
        Broken("a config with a repeated key", fails: "release.schema", says: "canonical") {
            $0.config = { try replacing("{\"architecture\"", "{\"os\":\"unknown\",\"architecture\"", in: $0) }
        },
        Broken("a config with a repeated key of the release", fails: "release.schema", says: "canonical") {
            $0.config = { try replacing("{\\\"gitCommit\\\"", "{\\\"packing\\\":1,\\\"gitCommit\\\"", in: $0) }
        },
        Broken("a config for a platform that runs", fails: "release.schema", says: "canonical") {
            $0.config = { try replacing("\"os\":\"unknown\"", "\"os\":\"linux\"", in: $0) }
        },
        Broken("a config with a command", fails: "release.schema", says: "canonical") {
            $0.config = { try replacing("\"config\":{", "\"config\":{\"Cmd\":[\"sh\"],", in: $0) }
        },
        Broken("a config with another label", fails: "release.schema", says: "canonical") {
            $0.config = { try replacing("\"Labels\":{", "\"Labels\":{\"a\":\"b\",", in: $0) }
        },
        Broken("a config without the label", fails: "release.schema", says: "io.release-capsule.release") {
            $0.config = { try replacing("io.release-capsule.release", "io.release-capsule.other", in: $0) }
        },
        Broken("a config of another time", fails: "release.schema", says: "2026-01-02T03:04:06Z") {
            $0.config = {
                var config = try CapsuleConfig(decoding: $0)
                config.created += 1
                return try config.encoded()
            }
        },
        Broken("a config of another layer", fails: "capsule.layer", says: "it unpacks to") {
            $0.config = {
                var config = try CapsuleConfig(decoding: $0)
                config.unpackedLayer = try Digest(otherDigest)
                return try config.encoded()
            }
        },
        Broken("a config of two layers", fails: "release.schema", says: "canonical") {
            $0.config = { try replacing("\"diff_ids\":[", "\"diff_ids\":[\"\(otherDigest)\",", in: $0) }
        },
        Broken("a config that is not JSON", fails: "release.schema", says: "not the config of a capsule") {
            $0.config = { _ in Array("release".utf8) }
        },
        Broken(
            "an annotation of another source", fails: "release.schema", says: "annotation",
            annotate(CapsuleFormat.Annotation.source, "https://example.com/evil")),
        Broken(
            "an annotation of another package digest", fails: "release.schema", says: "annotation",
            annotate(CapsuleFormat.Annotation.packageDigest, otherDigest)),
        Broken(
            "an annotation of another kind", fails: "release.schema", says: "annotation",
            annotate(CapsuleFormat.Annotation.packageKind, "helm")),
        Broken(
            "an annotation of another path", fails: "release.schema", says: "annotation",
            annotate(CapsuleFormat.Annotation.packagePath, "package/x")),
        Broken(
            "no title", fails: "release.schema", says: "no annotation", annotate(CapsuleFormat.Annotation.title, nil)),
        Broken("a further image of another release", fails: "release.schema", says: "image of another release") {
            $0.release = {
                $0.images = [
                    .init(
                        name: "worker", repoURL: try Repository("ghcr.io/example/worker"), tag: try Tag(other),
                        digest: try Digest(otherDigest))
                ]
            }
        },
        Broken(
            "an annotation of another commit", fails: "release.commit", says: "annotation",
            annotate(CapsuleFormat.Annotation.revision, String(other.dropFirst(4)))),
        // package
        Broken(
            "a package of another kind than expected", fails: "package.kind", says: "helm is expected",
            request: { request, _ in request.packageKind = .helm }),
        Broken("a file outside the package", fails: "package.path", says: "package/evil/x") {
            $0.items = { $0.append(.file(path: "package/evil/x", content: [1])) }
        },
        Broken(
            "a package digest of other files", fails: "package.digest", "metadata.provenance",
            says: "release.yaml names"
        ) {
            $0.items = {
                replacing(&$0, "package/kustomize/base/deployment.yaml") { $0 + "# changed\n" }
                replacing(&$0, "metadata/sbom.json") { _ in
                    // An SBOM that is about the image alone says nothing of the files.
                    #"{"bomFormat":"CycloneDX","specVersion":"1.6","metadata":{"component":{"type":"container","name":"shop","hashes":[{"alg":"SHA-256","content":"\#((try? Variant.image().descriptor.digest.hex) ?? "")"}]}}}"#
                }
            }
        },
        Broken("a package that reads from elsewhere", fails: "package.closed", says: "base/kustomization.yaml:2") {
            $0.files[0].1 = "resources:\n  - https://example.com/x.yaml\n"
        },
        // metadata
        Broken("no SBOM", fails: "metadata.sbom", says: "there is no metadata/sbom.json") {
            $0.items = { replacing(&$0, "metadata/sbom.json") { _ in nil } }
        },
        Broken("an SBOM of another image and other files", fails: "metadata.sbom", says: "metadata/sbom.json") {
            $0.items = {
                replacing(&$0, "metadata/sbom.json") { _ in #"{"bomFormat":"CycloneDX","specVersion":"1.6"}"# }
            }
        },
        Broken("no provenance", fails: "metadata.provenance", says: "there is no metadata/provenance.json") {
            $0.items = { replacing(&$0, "metadata/provenance.json") { _ in nil } }
        },
        Broken("provenance of another commit", fails: "metadata.provenance", says: "metadata/provenance.json") {
            $0.items = {
                replacing(&$0, "metadata/provenance.json") {
                    $0.replacing(Variant.commit, with: String(other.dropFirst(4)))
                }
            }
        },
    ]

    @Test("rejects, with the reason, what breaks one rule", arguments: broken)
    func rejects(_ broken: Broken) async throws {
        let verdict = try await broken.verify()
        guard case .rejected(let report) = verdict else {
            Issue.record("verified: \(verdict.report.text())")
            return
        }
        #expect(report.failures.map(\.id) == broken.fails, "\(report.text())")
        #expect(report.checks.allSatisfy { $0.status != .skipped }, "\(report.text())")
        #expect(report.failures.allSatisfy { $0.reason != nil && $0.remedy != nil })
        #expect(
            report.failures.contains {
                ($0.reason ?? "").contains(broken.says) || ($0.remedy ?? "").contains(broken.says)
            }, "\(report.text())")
        #expect(!report.ok)
    }

    /// What stops the reading, so that checks after it cannot be made.
    static let unreadable: [Broken] = [
        Broken(
            "everything under a tag that is not an identity", fails: "identity.tag", says: "not a release identity",
            request: { request, _ in
                request.image = .lookup(source: try Variant.imageStore(tag: "v1"), tag: try Tag("v1"), expected: nil)
            },
            change: {
                $0.tag = "v1"
                $0.release = { $0.image.tag = try Tag("v1") }
                $0.manifest = { $0.annotations?[CapsuleFormat.Annotation.version] = "v1" }
            }),
        Broken(
            "an unknown tag", fails: "capsule.digest", says: "there is no tag",
            request: { request, _ in
                request.capsule.tag = try Tag(other)
            }),
        Broken(
            "an unknown digest", fails: "capsule.digest", says: "is not in",
            request: { request, _ in
                request.capsule.digest = try Digest(otherDigest)
            }),
        Broken(
            "an index", fails: "capsule.manifest", says: "an index",
            request: { request, made in
                made.store.add(
                    try RawManifest(encoding: ImageIndex(manifests: [made.manifest])), tag: request.capsule.tag)
            }),
        Broken(
            "a damaged manifest", fails: "capsule.manifest", says: "hash to",
            request: { _, made in
                var bytes = made.bytes[made.manifest.digest] ?? []
                bytes[9] ^= 1
                made.store.damage(made.manifest.digest, bytes)
            }),
        Broken(
            "a damaged layer", fails: "capsule.layer", says: "hash to",
            request: { _, made in
                var bytes = made.bytes[made.layer.digest] ?? []
                bytes[bytes.count / 2] ^= 1
                made.store.damage(made.layer.digest, bytes)
            }),
        Broken(
            "a layer that is cut short", fails: "capsule.layer", says: "cut short",
            request: { _, made in
                made.store.damage(made.layer.digest, (made.bytes[made.layer.digest] ?? []).dropLast())
            }),
        Broken(
            "a layer that is not there", fails: "capsule.layer", says: "does not have",
            request: { _, made in
                made.store.damage(made.layer.digest, nil)
            }),
        Broken("a layer that is not an archive", fails: "capsule.layer") { $0.layer = { _ in Array("PK".utf8) } },
        Broken("a layer with bytes after its end", fails: "capsule.layer") { $0.layer = { $0 + [0] } },
        Broken("a layer that claims to be huge", fails: "capsule.manifest", "capsule.layer", says: "limit") {
            $0.manifest = { $0.layers[0].size = 33 << 20 }
        },
        Broken("no layers", fails: "capsule.manifest", "capsule.layer", says: "no layer") {
            $0.manifest = { $0.layers = [] }
        },
        Broken("an unknown key in release.yaml", fails: "release.schema", says: "\"signed\"") {
            $0.yaml = { $0 + "signed: true\n" }
        },
        Broken("another schema", fails: "release.schema", says: "release-capsule/v9") {
            $0.yaml = { $0.replacing("release-capsule/v1\n", with: "release-capsule/v9\n") }
        },
    ]

    @Test("rejects what cannot be read, and says what was not looked at", arguments: unreadable)
    func rejectsUnreadable(_ broken: Broken) async throws {
        guard case .rejected(let report) = try await broken.verify() else {
            Issue.record("verified")
            return
        }
        #expect(report.failures.map(\.id) == broken.fails, "\(report.text())")
        #expect(report.failures.contains { ($0.reason ?? "").contains(broken.says) }, "\(report.text())")
        #expect(report.checks.count == 15)
        #expect(report.checks.allSatisfy { $0.status != .skipped || $0.reason != nil })
    }

    @Test("a damaged config is rejected") func config() async throws {
        let verdict = try await Variant().verify { _, made in
            made.store.damage(made.config.digest, Array("{}".utf8))
        }
        #expect(verdict.report.failures.map(\.id) == ["release.schema"])
    }
}
