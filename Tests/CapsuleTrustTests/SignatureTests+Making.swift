import CapsuleTestSupport
import CapsuleTrust
import Cryptography
import OCI
import ReleaseTestSupport
import Signing
import Synchronization

@testable import CapsuleTrust

/// Evidence that a test attaches to a capsule without the writers.
extension SignatureTests {
    static func statement(_ hex: String) -> String {
        #"{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"\#(Variant.capsulePlace)","digest":{"sha256":"#
            + #""\#(hex)"}}],"predicateType":"https://sigstore.dev/cosign/sign/v1","predicate":{}}"#
    }

    static func sign(_ payload: [UInt8], by key: SigningKey) throws -> [UInt8] {
        key.signature(
            over: PreAuthenticationEncoding.bytes(payloadType: "application/vnd.in-toto+json", payload: payload))
    }

    /// A manifest of a bundle; its blobs have to be in the same store, so it puts them there.
    static func bundle(
        _ subject: Descriptor, _ payload: String, by key: SigningKey, change: (String) -> String = { $0 }
    ) throws -> Attached {
        let payload = Array(payload.utf8)
        return try bundle(subject, payload: payload, signatures: [sign(payload, by: key)], change: change)
    }

    static func bundle(
        _ subject: Descriptor, payload: [UInt8], signatures: [[UInt8]], change: (String) -> String = { $0 }
    ) throws -> Attached {
        let list = signatures.map { #"{"sig":"\#(Base64.encode($0))"}"# }.joined(separator: ",")
        let text =
            #"{"mediaType":"\#(SignatureFormat.bundle)","verificationMaterial":{"publicKey":{"hint":"x"}},"dsseEnvelope":"#
            + #"{"payload":"\#(Base64.encode(payload))","payloadType":"application/vnd.in-toto+json","signatures":[\#(list)]}}"#
        let bytes = Array(change(text).utf8)
        let manifest = ImageManifest(
            artifactType: SignatureFormat.bundle,
            config: Descriptor(mediaType: MediaType.emptyJSON, content: Array("{}".utf8)),
            layers: [Descriptor(mediaType: SignatureFormat.bundle, content: bytes)], subject: subject.target)
        return Attached(manifest: try RawManifest(encoding: manifest), bundle: bytes)
    }

    struct Attached {
        let manifest: RawManifest
        let bundle: [UInt8]
    }

    /// Attaches a `.sig` manifest with one payload to the capsule.
    static func addSimple(_ payload: [UInt8], _ signature: [UInt8]?, to made: Variant.Made) throws {
        let signature = signature ?? key.signature(over: payload)
        var layer = made.store.add(payload, mediaType: SignatureFormat.simpleSigning)
        layer.annotations = [SignatureFormat.signatureAnnotation: Base64.encode(signature)]
        try addSimple([layer], to: made)
    }

    static func addSimple(_ layers: [Descriptor], to made: Variant.Made) throws {
        let config = made.store.add(Array("{}".utf8), mediaType: "application/vnd.oci.image.config.v1+json")
        made.store.add(
            try RawManifest(encoding: ImageManifest(config: config, layers: layers)),
            tag: try SignatureFormat.signatureTag(made.manifest.digest))
    }

    /// Signs in a store of its own, and carries one form over.
    func keepOne(isBundle: Bool, of made: Variant.Made, _ sign: (MemoryStore) async throws -> ReleaseSigner.Report)
        async throws
    {
        let aside = MemoryStore(made.store.reference)
        try await copy(made.manifest.target, from: made.store, to: aside, tag: nil)
        _ = try await sign(aside)
        let tag = try SignatureFormat.signatureTag(made.manifest.digest)
        if isBundle {
            for bundle in try await aside.referrers(of: made.manifest.digest) {
                try await copy(bundle.target, from: aside, to: made.store, tag: nil)
            }
        } else if let signature = try await aside.resolve(tag) {
            try await copy(signature, from: aside, to: made.store, tag: tag)
        }
    }

    /// Leaves the good `.sig` signature as the last of many layers, and no bundle.
    func keepSimpleOnly(_ made: Variant.Made, adding layers: [Descriptor]) async throws {
        let tag = try SignatureFormat.signatureTag(made.manifest.digest)
        guard let signature = try await made.store.resolve(tag) else { return }
        let good = try await made.store.manifest(signature).imageManifest().layers
        for bundle in try await made.store.referrers(of: made.manifest.digest) {
            // Bytes that are not a bundle any more.
            let manifest = try await made.store.manifest(bundle.target).imageManifest()
            made.store.damage(manifest.layers[0].digest, [0])
        }
        try Self.addSimple(layers + good, to: made)
    }
}

extension MemoryStore {
    /// Puts a bundle and its manifest in.
    func add(_ attached: SignatureTests.Attached) {
        add(Array("{}".utf8), mediaType: MediaType.emptyJSON)
        add(attached.bundle, mediaType: SignatureFormat.bundle)
        add(attached.manifest)
    }
}

/// A store one kind of whose evidence cannot be read: `.sig` or `.att` for a tag of cosign, `list` for the referrers.
struct FailingEvidence: ContentSource {
    let base: MemoryStore
    let kind: String
    var code = OCIError.Code.unavailable

    var reference: StoreReference { base.reference }

    func resolve(_ tag: Tag) async throws -> Descriptor? {
        if tag.description.hasSuffix(kind) { throw OCIError(code, "no answer") }
        return try await base.resolve(tag)
    }

    func resolve(_ digest: Digest) async throws -> Descriptor? { try await base.resolve(digest) }

    func withContent<Result: Sendable>(
        of descriptor: Descriptor, from offset: Int64, _ body: @Sendable (ContentStream) async throws -> Result
    ) async throws -> Result {
        try await base.withContent(of: descriptor, from: offset, body)
    }

    func referrers(of digest: Digest) async throws -> [Descriptor] {
        if kind == "list" { throw OCIError(code, "no answer") }
        return try await base.referrers(of: digest)
    }

    func tags() async throws -> [Tag] { try await base.tags() }
}

/// A store whose last manifest among the referrers is not read before one of their documents.
final class LateManifest: ContentSource {
    private let base: MemoryStore
    private let late: Digest
    private let isRead = Mutex(false)

    var reference: StoreReference { base.reference }

    init(_ base: MemoryStore, late: Digest) {
        self.base = base
        self.late = late
    }

    func resolve(_ tag: Tag) async throws -> Descriptor? { try await base.resolve(tag) }

    func resolve(_ digest: Digest) async throws -> Descriptor? { try await base.resolve(digest) }

    func withContent<Result: Sendable>(
        of descriptor: Descriptor, from offset: Int64, _ body: @Sendable (ContentStream) async throws -> Result
    ) async throws -> Result {
        if descriptor.digest == late, try await !eventually(within: .seconds(5), { isRead.withLock { $0 } }) {
            throw OCIError(.unavailable, "no document is read before all manifests are")
        }
        if descriptor.mediaType.contains("sigstore") { isRead.withLock { $0 = true } }
        return try await base.withContent(of: descriptor, from: offset, body)
    }

    func referrers(of digest: Digest) async throws -> [Descriptor] { try await base.referrers(of: digest) }

    func tags() async throws -> [Tag] { try await base.tags() }
}
