import CapsuleTestSupport
import CapsuleTrust
import FoundationEssentials
import OCI
import OCIRegistry
import ReleaseTestSupport
import Signing
import Testing

/// Content of another kind than the one that belongs in a place.
@Suite("Content of another kind", .timeLimit(.minutes(2)))
struct WrongContentTests {
    private static let documents: [(name: String, bytes: [UInt8])] = [
        ("nothing", []), ("an empty object", Array("{}".utf8)), ("an array", Array("[]".utf8)),
        ("null", Array("null".utf8)), ("a text", Array(#""text""#.utf8)), ("a number", Array("7".utf8)),
        ("half an object", Array(#"{"schemaVersion":2,"mediaTy"#.utf8)), ("a page", Array("<html></html>".utf8)),
        ("bytes that are not UTF-8", [0x7B, 0x22, 0xFF, 0xFE, 0x22, 0x7D]),
        (
            "fields of other types",
            Array(
                (#"{"schemaVersion":2,"mediaType":"\#(MediaType.imageManifest)","config":[],"layers":{},"manifests":7,"#
                    + #""tags":{},"token":[],"config":{"Labels":7},"architecture":[]}"#).utf8)
        ),
        (
            "fields within of other types",
            Array(
                (#"{"schemaVersion":2,"mediaType":"\#(MediaType.imageManifest)","config":{"digest":7},"layers":[{}],"#
                    + #""tags":[7],"token":7,"architecture":"x","os":"x","created":"x","rootfs":{"diff_ids":{}}}"#).utf8
            )
        ),
        ("an image", image), ("an index", index), ("an artifact", artifact),
    ]
    private static let empty = Descriptor(mediaType: MediaType.emptyJSON, content: Array("{}".utf8))
    private static let image = Array(
        (#"{"schemaVersion":2,"mediaType":"\#(MediaType.imageManifest)","config":{"mediaType":"\#(MediaType.imageConfig)","#
            + #""digest":"\#(empty.digest)","size":2},"layers":[]}"#).utf8)
    private static let index = Array(
        #"{"schemaVersion":2,"mediaType":"\#(MediaType.imageIndex)","manifests":[]}"#.utf8)
    private static let artifact = Array(
        (#"{"schemaVersion":2,"mediaType":"\#(MediaType.imageManifest)","artifactType":"application/x.chart","config":"#
            + #"{"mediaType":"\#(MediaType.emptyJSON)","digest":"\#(empty.digest)","size":2},"layers":[]}"#).utf8)

    /// A place in a registry, and the commands that read it.
    struct Place: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var commands: [RegistryStand.Command] = [.verify, .inspect, .list, .status, .copy]
        /// Puts bytes there.
        let put: @Sendable (RegistryStand, [UInt8]) throws -> Void
    }

    static let places: [Place] = [
        Place(testDescription: "a capsule", commands: RegistryStand.Command.allCases) { stand, bytes in
            stand.registry.add(manifest: bytes, type: MediaType.imageManifest, tag: "\(try stand.tag)")
        },
        Place(testDescription: "a capsule, as an index", commands: [.verify, .inspect, .list, .copy]) { stand, bytes in
            stand.registry.add(manifest: bytes, type: MediaType.imageIndex, tag: "\(try stand.tag)")
        },
        Place(testDescription: "a list of tags", commands: [.list, .status]) { stand, bytes in
            stand.registry.fail([Fault("GET", "/tags/list", times: .max, .answer(ScriptedResponse(200, body: bytes)))])
        },
        Place(testDescription: "a list of referrers", commands: [.verify, .inspect, .copy, .sign]) { stand, bytes in
            let answer = ScriptedResponse(200, headers: [("Content-Type", MediaType.imageIndex)], body: bytes)
            stand.registry.fail([Fault("GET", "/referrers/", times: .max, .answer(answer))])
        },
        Place(testDescription: "a fallback tag", commands: [.verify, .inspect, .copy]) { stand, bytes in
            stand.registry.add(manifest: bytes, type: MediaType.imageIndex, tag: "sha256-\(stand.digest.hex)")
        },
        Place(testDescription: "cosign's .sig manifest", commands: [.verify, .inspect, .copy, .sign]) { stand, bytes in
            stand.registry.add(manifest: bytes, type: MediaType.imageManifest, tag: "sha256-\(stand.digest.hex).sig")
        },
        Place(testDescription: "cosign's .att manifest", commands: [.inspect, .status, .attest]) { stand, bytes in
            stand.registry.add(manifest: bytes, type: MediaType.imageManifest, tag: "sha256-\(stand.digest.hex).att")
        },
        Place(testDescription: "a bundle", commands: [.verify, .inspect, .status, .attest]) { stand, bytes in
            try stand.addBundle(bytes)
        },
        Place(testDescription: "a signed statement", commands: [.verify, .inspect, .status]) { stand, bytes in
            let message = PreAuthenticationEncoding.bytes(payloadType: "application/vnd.in-toto+json", payload: bytes)
            let signature = RegistryStand.key.signature(over: message)
            let bundle =
                #"{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{},"dsseEnvelope":"#
                + #"{"payload":"\#(base64(bytes))","payloadType":"application/vnd.in-toto+json","signatures":[{"sig":"#
                + #""\#(base64(signature))"}]}}"#
            try stand.addBundle(Array(bundle.utf8))
        },
        Place(testDescription: "a payload of simple signing", commands: [.verify, .inspect]) { stand, bytes in
            var layer = stand.registry.add(bytes)
            layer.mediaType = "application/vnd.dev.cosign.simplesigning.v1+json"
            layer.annotations = [
                "dev.cosignproject.cosign/signature": base64(RegistryStand.key.signature(over: bytes))
            ]
            let manifest = try RawManifest(encoding: ImageManifest(config: empty, layers: [layer]))
            stand.registry.add(
                manifest: manifest.bytes, type: MediaType.imageManifest, tag: "sha256-\(stand.digest.hex).sig")
        },
        Place(testDescription: "an error", commands: [.verify, .list, .copy, .sign]) { stand, bytes in
            let answer = ScriptedResponse(403, headers: [("Content-Type", "application/json")], body: bytes)
            stand.registry.fail([Fault(nil, "/v2/", times: .max, .answer(answer))])
        },
    ]

    @Test("is named as what it is, without a type of Swift, in each place where a command reads", arguments: places)
    func elsewhere(_ place: Place) async throws {
        for document in Self.documents {
            try await RegistryStand.with { stand in
                try place.put(stand, document.bytes)
                for command in place.commands {
                    let ending = await stand.run(command)
                    expectReadable(ending, "\(document.name) as \(place.testDescription): \(command)")
                    if ending.status != 0 { #expect(!ending.text.isEmpty) }
                }
            }
        }
    }

    @Test(
        "in a capsule, whose manifest names it",
        arguments: ["the config", "the release in the config", "the layer", "release.yaml"])
    func within(_ part: String) async throws {
        for document in Self.documents {
            var variant = Variant()
            switch part {
            case "the config": variant.config = { _ in document.bytes }
            case "the release in the config":
                variant.config = { _ in
                    let text = String(decoding: document.bytes, as: UTF8.self)
                        .replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
                    return Array(
                        (#"{"architecture":"unknown","config":{"Labels":{"io.release-capsule.release":"\#(text)"}},"#
                            + #""created":"2026-01-02T03:04:05Z","os":"unknown","rootfs":{"diff_ids":["\#(Self.empty.digest)"],"#
                            + #""type":"layers"}}"#).utf8)
                }
            case "the layer": variant.layer = { _ in document.bytes }
            default: variant.yaml = { _ in String(decoding: document.bytes, as: UTF8.self) }
            }
            try await RegistryStand.with(.init(), variant, signs: false) { stand in
                for command in [RegistryStand.Command.verify, .inspect, .list, .copy, .sign] {
                    let ending = await stand.run(command)
                    expectReadable(ending, "\(document.name) as \(part): \(command)")
                    // `inspect` shows the layer, and lets `verify` compare the config with it.
                    if command == .verify || command == .inspect && !part.contains("config") {
                        #expect(ending.status != 0, "\(document.name) as \(part): \(command)")
                    }
                }
            }
        }
    }

    @Test("as the answer of a token server")
    func token() async throws {
        var options = FakeRegistryOptions()
        options.challenge = #"Bearer realm="%/token",service="x""#
        options.authorization = { $0 == "Bearer good" }
        for document in Self.documents {
            try await withFakeRegistry(
                options,
                faults: [Fault(nil, "/token", times: .max, .answer(ScriptedResponse(200, body: document.bytes)))]
            ) { registry in
                try await RegistryStand.reading(registry) { stand in
                    for command in [RegistryStand.Command.verify, .list, .copy, .sign] {
                        let ending = await stand.run(command)
                        expectReadable(ending, "\(document.name) as a token: \(command)")
                        #expect(ending.status != 0)
                    }
                }
            }
        }
    }

    @Test("an image that is named as a capsule is called that by every command")
    func image() async throws {
        for command in [RegistryStand.Command.verify, .inspect, .list, .sign, .attest] {
            try await RegistryStand.with { stand in
                stand.registry.add(manifest: Self.image, type: MediaType.imageManifest, tag: "\(try stand.tag)")
                stand.registry.add(Array("{}".utf8))
                let ending = await stand.run(command)
                #expect(ending.status == (command == .list ? 0 : 65), "\(command): \(ending)")
                #expect(ending.text.contains("it is an image, not a capsule"), "\(command): \(ending)")
            }
        }
    }
}

private func base64(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }

extension RegistryStand {
    /// Attaches a bundle with these bytes to the capsule.
    fileprivate func addBundle(_ bytes: [UInt8]) throws {
        var layer = registry.add(bytes)
        layer.mediaType = "application/vnd.dev.sigstore.bundle.v0.3+json"
        var config = registry.add(Array("{}".utf8))
        config.mediaType = MediaType.emptyJSON
        let manifest = try RawManifest(
            encoding: ImageManifest(
                artifactType: layer.mediaType, config: config, layers: [layer], subject: made.manifest.target))
        registry.add(manifest: manifest.bytes, type: MediaType.imageManifest)
    }
}
