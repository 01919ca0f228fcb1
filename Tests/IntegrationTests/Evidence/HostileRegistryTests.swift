import CapsuleTestSupport
import CapsuleTrust
import OCI
import OCITransports
import ReleaseTestSupport
import Support
import Testing

/// A hostile twist of a registry.
struct Twist: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// Changes the registry after the release was published.
    let apply: @Sendable (RegistryStand) async throws -> Void
    /// The exit statuses that a command may have; nil leaves all of them.
    let statuses: @Sendable (Personality, RegistryStand.Command) -> [Int]?
    /// What the text of a command must contain where it fails; nil for nothing.
    var says: String?

    static let all: [Twist] = [
        Twist(
            testDescription: "errors of 10 MB",
            apply: { stand in
                let answer = ScriptedResponse(403, text: String(filledWith: "x", count: 10 << 20))
                stand.registry.fail([Fault(nil, "/team/shop/", times: .max, .answer(answer))])
            }, statuses: { _, _ in [77] }, says: "403"),
        Twist(
            testDescription: "errors with control characters",
            apply: { stand in
                let answer = ScriptedResponse(
                    422, headers: [("Content-Type", "application/json")],
                    text:
                        #"{"errors":[{"code":"DENIED","message":"\u001b[2Jcapsule: ok\r\n","detail":"\u202e\u0000"}]}"#)
                stand.registry.fail([Fault(nil, "/team/shop/", times: .max, .answer(answer))])
            },
            // `copy` begins with HEAD, whose answer has no body.
            statuses: { _, command in command == .copy ? [1] : [65] }, says: "\\u{1b}[2Jcapsule: ok"),
        Twist(
            testDescription: "a list of referrers of another subject",
            apply: { stand in
                let index = try RawManifest(
                    encoding: ImageIndex(manifests: [try await stand.addForeignBundle().referrerDescriptor()]))
                stand.replaceList(index.bytes, type: MediaType.imageIndex)
            },
            statuses: { personality, command in
                // The `.sig` signature is the release's own.
                [.sign, .attest].contains(command) && personality.options.immutableTags != nil ? [0, 65] : [0]
            }),
        Twist(
            testDescription: "a fallback tag that is an image",
            apply: { stand in
                let image = try Variant.image()
                stand.registry.add(
                    manifest: image.bytes, type: MediaType.imageManifest, tag: "sha256-\(stand.digest.hex)")
            },
            statuses: { personality, command in
                [.sign, .attest].contains(command) && personality.options.immutableTags != nil ? [0, 65] : [0]
            }),
        Twist(
            testDescription: "a link to the next page that loops",
            apply: { stand in
                let link = Fault.Action.change {
                    $0.headers.append(("Link", "</v2/team/shop/any?n=1&last=x>; rel=\"next\""))
                }
                stand.registry.fail([
                    Fault("GET", "/tags/list", times: .max, link), Fault("GET", "/referrers/", times: .max, link),
                ])
            },
            statuses: { personality, command in
                switch command {
                case .list, .status: [1]
                default: personality.options.hasReferrers ? [1, 65] : nil
                }
            }),
        Twist(
            testDescription: "evidence with the bytes of other evidence",
            apply: { stand in
                let layers = try await stand.evidenceLayers()
                let other = Array(#"{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json"}"#.utf8)
                stand.registry.fail(
                    layers.map { layer in
                        Fault(
                            "GET", "/blobs/\(layer)", times: .max,
                            .answer(
                                ScriptedResponse(200, headers: [("Docker-Content-Digest", "\(layer)")], body: other)))
                    })
            },
            statuses: { _, command in
                switch command {
                case .verify: [65]
                // Within one registry the blobs are mounted, and not read.
                case .copy: [0]
                case .list, .status, .inspect: [0]
                default: nil
                }
            }),
        Twist(
            testDescription: "a digest header that lies",
            apply: { stand in
                let lie = Digest.sha256(of: [1, 2, 3])
                let change = Fault.Action.change { response in
                    response.headers.removeAll { $0.name == "Docker-Content-Digest" }
                    response.headers.append(("Docker-Content-Digest", "\(lie)"))
                }
                stand.registry.fail([Fault(nil, "/manifests/", times: .max, change)])
            }, statuses: { _, command in [.list, .status].contains(command) ? [0] : [1, 65] }),
    ]
}

/// What each kind of registry can do to a user when it is hostile, or broken.
@Suite("Hostile registries", .timeLimit(.minutes(2)))
struct HostileRegistryTests {
    @Test(
        "end no command with a hang, half a result or a text that misleads, and it works again afterwards",
        arguments: Personality.all, Twist.all)
    func twist(_ personality: Personality, _ twist: Twist) async throws {
        try await RegistryStand.with(personality.options) { stand in
            let sound = await stand.run(.verify)
            #expect(sound.status == 0, "\(sound)")
            try await twist.apply(stand)
            for command in RegistryStand.Command.allCases {
                let row = "\(personality.testDescription): \(command)"
                let started = ContinuousClock.now
                let ending = await stand.run(command)
                #expect(ContinuousClock.now - started < .seconds(20), "\(row)")
                expectReadable(ending, row)
                if let statuses = twist.statuses(personality, command) {
                    #expect(statuses.contains(ending.status), "\(row): \(ending)")
                }
                if ![0, 1].contains(ending.status), let says = twist.says {
                    #expect(ending.text.contains(says), "\(row): \(ending)")
                }
                if command == .copy, ending.status != 0 {
                    #expect(stand.registry.manifest("\(try stand.tag)", in: "mirror/shop") == nil, "\(row)")
                }
            }
            // What refers to another manifest is not copied along.
            #expect(stand.strangers.all.allSatisfy { stand.registry.manifest("\($0)", in: "mirror/shop") == nil })
            // Nobody else's key counts.
            #expect(await stand.run(.verify, key: RegistryStand.stranger).status != 0)
            stand.registry.fail([])
            let again = await stand.run(.verify)
            #expect(again.status == 0, "\(again)")
        }
    }
}

extension RegistryStand {
    /// Stores a bundle that `stranger` signed for this capsule's digest, and that refers to another manifest.
    func addForeignBundle() async throws -> RawManifest {
        let memory = MemoryStore()
        let signer = ReleaseSigner(key: Self.stranger, repository: try repository) { _ in }
        let other = try Variant.image()
        memory.add(other)
        _ = try await signer.sign(other.descriptor, in: memory)
        let found = try #require(try await memory.referrers(of: other.descriptor.digest).first)
        let manifest = try await memory.manifest(found.target)
        for child in try manifest.children() {
            registry.add(try await memory.bytes(of: child, limit: child.size))
        }
        registry.add(manifest: manifest.bytes, type: MediaType.imageManifest)
        strangers.add(manifest.descriptor.digest)
        return manifest
    }

    /// Puts other bytes in place of the list of referrers, in the API and under the fallback tag.
    func replaceList(_ bytes: [UInt8], type: String) {
        registry.fail([
            Fault(
                "GET", "/team/shop/referrers/\(digest)", times: .max,
                .change { response in
                    guard response.status == 200 else { return }
                    response = ScriptedResponse(200, headers: [("Content-Type", type)], body: bytes)
                })
        ])
        registry.add(manifest: bytes, type: type, tag: "sha256-\(digest.hex)")
    }

    /// The blobs of signatures and attestations.
    func evidenceLayers() async throws -> [Digest] {
        let source = try await opener.source(.registry(repository))
        var manifests = try await source.referrers(of: digest)
        for suffix in ["sig", "att"] {
            if let found = try await source.resolve(OCI.Tag("sha256-\(digest.hex).\(suffix)")) {
                manifests.append(found)
            }
        }
        var layers: [Digest] = []
        for manifest in manifests {
            layers += try await source.manifest(manifest.target).imageManifest().layers.map(\.digest)
        }
        return layers
    }
}
