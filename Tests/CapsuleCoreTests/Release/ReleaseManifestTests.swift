import Archive
import CapsuleCore
import CapsuleTestSupport
import Documents
import OCI
import Support
import Testing

@Suite("release.yaml")
struct ReleaseManifestTests {
    static let commit = "0cc4cd87f40ae606d1822d5652b552f8c50a4668"
    static let digest = "sha256:" + String(repeating: "ab", count: 32)

    static func sample() throws -> ReleaseManifest {
        let commit = try CommitID(commit)
        let identity = ReleaseIdentity(commit: commit)
        return ReleaseManifest(
            gitCommit: commit,
            source: .init(repository: "https://github.com/example/shop", path: "k8s/kustomize"),
            image: .init(
                repoURL: try Repository("ghcr.io/example/shop"), tag: identity.tag, digest: try Digest(digest)),
            package: .init(
                kind: .kustomize, path: try RelativePath("package/kustomize"), entry: try TreeDirectory("base"),
                imageName: "shop", digest: try Digest(digest)),
            images: [
                .init(
                    name: "worker", repoURL: try Repository("localhost:5000/example/worker"), tag: identity.tag,
                    digest: try Digest(digest)),
                .init(
                    name: "redis:7.4", repoURL: try Repository("docker.io/library/redis"), tag: try Tag("7.4"),
                    digest: try Digest(digest)),
            ],
            metadata: .init(
                sbomPath: try RelativePath("metadata/sbom.json"),
                provenancePath: try RelativePath("metadata/provenance.json")))
    }

    @Test("is written the same way every time, and reads back") func golden() throws {
        let release = try Self.sample()
        try expectGolden(release.yaml(), "release.yaml")
        #expect(try ReleaseManifest.decode(yaml: Array(release.yaml().utf8)) == release)
        let json = try release.canonicalJSON()
        try expectGolden(String(decoding: json, as: UTF8.self) + "\n", "release.json")
        #expect(try ReleaseManifest.decode(json: json) == release)
    }

    @Test("of a package whose entry is its own directory says so in one way") func flat() throws {
        var release = try Self.sample()
        release.package.entry = .top
        let text = release.yaml()
        #expect(text.contains("  entry: \".\"\n"), "\(text)")
        #expect(try ReleaseManifest.decode(yaml: Array(text.utf8)) == release)
        #expect(try ReleaseManifest.decode(yaml: Array(text.replacing("\".\"", with: ".").utf8)) == release)
        #expect(try ReleaseManifest.decode(json: release.canonicalJSON()) == release)
        for other in ["\"./\"", "\"\"", "./base", "base/.", ".."] {
            let changed = text.replacing("\".\"", with: other)
            #expect(throws: DocumentError.self, "\(other)") { try ReleaseManifest.decode(yaml: Array(changed.utf8)) }
        }
    }

    @Test("of a helm package has no entry") func helm() throws {
        var release = try Self.sample()
        release.package.kind = .helm
        release.package.path = try RelativePath("package/helm")
        release.package.entry = nil
        release.images = nil
        #expect(try ReleaseManifest.decode(yaml: Array(release.yaml().utf8)) == release)
        #expect(try ReleaseManifest.decode(json: release.canonicalJSON()) == release)
        release.package.entry = try TreeDirectory("base")
        #expect(throws: DocumentError.self) { try ReleaseManifest.decode(yaml: Array(release.yaml().utf8)) }
        #expect(throws: DocumentError.self) { try ReleaseManifest.decode(json: release.canonicalJSON()) }
    }

    @Test("of a helm package records the values that name its images") func values() throws {
        var release = try Self.sample()
        release.package.kind = .helm
        release.package.path = try RelativePath("package/helm")
        release.package.entry = nil
        release.package.values = try HelmValues(["image.registry": "{registry}", "image.tag": "{tag}", "on": "yes"])
        release.images?[0].values = try HelmValues(["worker.image": "{reference}"])
        let text = release.yaml()
        #expect(
            text.contains(
                "  values:\n    image.registry: \"{registry}\"\n    image.tag: \"{tag}\"\n    \"on\": \"yes\"\n"),
            "\(text)")
        #expect(text.contains("    values:\n      worker.image: \"{reference}\"\n"), "\(text)")
        #expect(try ReleaseManifest.decode(yaml: Array(text.utf8)) == release)
        #expect(try ReleaseManifest.decode(json: release.canonicalJSON()) == release)
        for (old, new) in [("{tag}", "{Tag}"), ("image.tag", "image..tag"), ("image.tag", "image.registry.a")] {
            let changed = text.replacing(old, with: new)
            #expect(throws: DocumentError.self, "\(new)") { try ReleaseManifest.decode(yaml: Array(changed.utf8)) }
            let config = String(decoding: try release.canonicalJSON(), as: UTF8.self).replacing(old, with: new)
            #expect(throws: DocumentError.self, "\(new)") { try ReleaseManifest.decode(json: Array(config.utf8)) }
        }
        release.package.kind = .kustomize
        release.package.entry = try TreeDirectory("base")
        #expect(throws: DocumentError.self) { try ReleaseManifest.decode(yaml: Array(release.yaml().utf8)) }
    }

    @Test("of the first draft may lack what later schemas require") func legacy() throws {
        let release = try ReleaseManifest.decode(
            yaml: Array(
                """
                schemaVersion: codeai/v1alpha1
                gitCommit: \(Self.commit)
                image:
                  repoURL: ghcr.io/example/shop
                  tag: git-\(Self.commit)
                package:
                  kind: kustomize
                  path: package/kustomize
                """.utf8))
        #expect(release.schemaVersion == ReleaseManifest.legacySchema)
        #expect(release.image.digest == nil && release.metadata == nil && release.packing == nil)
        #expect(try ReleaseManifest.decode(yaml: Array(release.yaml().utf8)) == release)
    }

    /// A change to the sample's text, and what the error must say.
    struct Mistake: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let old: String
        let new: String
        let says: [String]
        init(_ description: String, _ old: String, _ new: String, says: String...) {
            testDescription = description
            self.old = old
            self.new = new
            self.says = says
        }
    }

    static let mistakes = [
        Mistake("unknown key", "packing: 1", "packing: 1\nsigned: true", says: "release.yaml:29", "\"signed\""),
        Mistake(
            "unknown inner key", "  kind: kust", "  Kind: x\n  kind: kust", says: "release.yaml:11",
            "\"Kind\" in package"),
        Mistake("unknown key in images", "    tag: \"7.4\"", "    tag: \"7.4\"\n    x: y", says: "\"x\" in images[1]"),
        Mistake(
            "missing key", "  tag: git-0cc4cd87f40ae606d1822d5652b552f8c50a4668\n  digest", "  digest",
            says: "image.tag is missing", "release.yaml:7"),
        Mistake(
            "missing digest", "  imageName: shop\n  digest: \(digest)", "  imageName: shop",
            says: "package.digest is missing"),
        Mistake(
            "missing metadata",
            "metadata:\n  sbomPath: metadata/sbom.json\n  provenancePath: metadata/provenance.json\n", "",
            says: "metadata is missing"),
        Mistake("missing packing", "packing: 1", "", says: "packing is missing"),
        Mistake("another packing", "packing: 1", "packing: 2", says: "packing 2 is not known", ":28"),
        Mistake("duplicate key", "packing: 1", "packing: 1\npacking: 1", says: "twice", "release.yaml:29"),
        Mistake("anchor", "imageName: shop", "imageName: &a shop", says: "anchors"),
        Mistake("alias", "imageName: shop", "imageName: *a", says: "aliases"),
        Mistake("tag", "imageName: shop", "imageName: !!str shop", says: "tags"),
        Mistake("second document", "packing: 1", "packing: 1\n---\na: b", says: "more than one YAML document"),
        Mistake(
            "unknown schema", "release-capsule/v1\n", "release-capsule/v2\n",
            says: "\"release-capsule/v2\" is not known"),
        Mistake(
            "short commit", "0cc4cd87f40ae606d1822d5652b552f8c50a4668\"\nsource", "0cc4cd87\"\nsource",
            says: "release.yaml:2: gitCommit", "full commit id"),
        Mistake(
            "commit that is a number", "\"0cc4cd87f40ae606d1822d5652b552f8c50a4668\"\nsource",
            "1234567890123456789012345678901234567890\nsource", says: "release.yaml:2: gitCommit", "write \"1234567890"),
        Mistake(
            "commit that is a float", "\"0cc4cd87f40ae606d1822d5652b552f8c50a4668\"\nsource",
            "12345678901234567890123456789012345678e1\nsource", says: "release.yaml:2: gitCommit", "write \"1234567890"),
        Mistake("tag that is a number", "\"7.4\"", "7.4", says: "images[1].tag", "write \"7.4\""),
        Mistake("two images of one name", "name: worker", "name: redis:7.4", says: "twice"),
        Mistake("no value", "imageName: shop", "imageName:", says: "package.imageName has no value"),
        Mistake("bad digest", "  digest: sha256:abababab", "  digest: sha256:ABABABAB", says: "image.digest"),
        Mistake("bad path", "path: package/kustomize", "path: ../package", says: "package.path", "normal form"),
        Mistake("bad kind", "kind: kustomize", "kind: jsonnet", says: "package.kind", "kustomize or helm"),
        Mistake("a list for a mapping", "source:\n", "source: [a]\nx:\n", says: "unknown key \"x\""),
        Mistake("tab", "  kind: kust", "\tkind: kust", says: "release.yaml:11"),
        Mistake("NUL", "imageName: shop", "imageName: sh\0op", says: "release.yaml:"),
    ]

    @Test("names the mistake, its file and its line", arguments: mistakes) func mistake(_ mistake: Mistake) throws {
        let text = try Self.sample().yaml()
        let range = try #require(text.firstRange(of: mistake.old), "the sample no longer holds \(mistake.old)")
        let changed = text.replacingCharacters(in: range, with: mistake.new)
        let error = try #require(throws: DocumentError.self) { try ReleaseManifest.decode(yaml: Array(changed.utf8)) }
        for part in mistake.says { #expect(error.message.contains(part), "\(error.message)") }
        #expect(error.message.hasPrefix("release.yaml:"))
    }

    @Test("accepts an unquoted commit id that is not a number") func unquoted() throws {
        let text = try Self.sample().yaml().replacing("\"\(Self.commit)\"", with: Self.commit)
        #expect(try ReleaseManifest.decode(yaml: Array(text.utf8)) == Self.sample())
    }

    @Test("over 64 KiB is refused, at 64 KiB it is read") func size() throws {
        let text = Array(try Self.sample().yaml().utf8)
        let padding = [UInt8](repeating: UInt8(ascii: "#"), count: (64 << 10) - text.count)
        #expect(try ReleaseManifest.decode(yaml: text + padding) == Self.sample())
        let error = #expect(throws: DocumentError.self) {
            try ReleaseManifest.decode(yaml: text + padding + [UInt8(ascii: "#")])
        }
        #expect(error?.code == .limitExceeded)
    }

    @Test(
        "as a config must be canonical, byte for byte",
        arguments: [
            ("{", "{ "), ("}}", "}}\n"), ("\"packing\":1", "\"packing\":1.0"), ("\"packing\":1,", ""),
            ("\"packing\":1,", "\"packing\":1,\"packing\":1,"), ("\"packing\":1,", "\"packing\":1,\"signed\":true,"),
            ("\"packing\":1,", "\"packing\":2,"), ("ghcr.io", "ghcr\\u002eio"), ("https://", "https:\\/\\/"),
            ("{", "\u{FEFF}{"), ("\"shop\"", "null"), ("{\"gitCommit\"", "{\"GitCommit\""),
        ])
    func config(old: String, new: String) throws {
        let text = String(decoding: try Self.sample().canonicalJSON(), as: UTF8.self)
        let changed = text.replacingCharacters(in: try #require(text.firstRange(of: old)), with: new)
        let error = try #require(throws: DocumentError.self) { try ReleaseManifest.decode(json: Array(changed.utf8)) }
        #expect(error.code == .invalidDocument)
        #expect(error.message.contains("the config"))
    }

    @Test("with every single byte changed is refused or another release") func flips() throws {
        let release = try Self.sample()
        let json = try release.canonicalJSON()
        for index in json.indices {
            var changed = json
            changed[index] ^= 1
            if let other = try? ReleaseManifest.decode(json: changed) { #expect(other != release) }
        }
    }
}

extension String {
    fileprivate func replacingCharacters(in range: Range<String.Index>, with text: String) -> String {
        String(self[..<range.lowerBound]) + text + String(self[range.upperBound...])
    }
}
