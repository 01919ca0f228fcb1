import CapsuleCore
import Cryptography
import OCI
import ReleaseTestSupport
import Signing

@testable import CapsuleTrust

/// Evidence that a test attaches to a capsule without the writers.
extension AttestationTests {
    /// A statement as text: what it is about and what it says can be changed.
    static func statement(_ made: Variant.Made, _ predicate: AttestationPredicate? = nil) throws -> String {
        let predicate = try predicate ?? promotion(made.manifest.digest).predicate
        return String(
            decoding: SignatureFormat.statement(
                made.manifest.digest, repository: try Repository(Variant.capsulePlace), predicate), as: UTF8.self)
    }

    /// Attaches a bundle of a signed text to the capsule.
    static func add(_ text: String, by key: SigningKey = key, to made: Variant.Made) throws {
        made.store.add(try SignatureTests.bundle(made.manifest, text, by: key))
    }

    /// Attaches cosign's `.att` manifest to the capsule.
    static func addEnvelopes(_ envelopes: [String], to made: Variant.Made) throws {
        let layers = envelopes.map { made.store.add(Array($0.utf8), mediaType: SignatureFormat.envelope) }
        let config = made.store.add(Array("{}".utf8), mediaType: "application/vnd.oci.image.config.v1+json")
        made.store.add(
            try RawManifest(encoding: ImageManifest(config: config, layers: layers)),
            tag: try SignatureFormat.tag(made.manifest.digest, ".att"))
    }

    static func envelope(_ payload: String, by key: SigningKey = key, signatures count: Int = 1) throws -> String {
        let payload = Array(payload.utf8)
        let signature = Base64.encode(try SignatureTests.sign(payload, by: key))
        let list = [String](repeating: #"{"keyid":"","sig":"\#(signature)"}"#, count: count).joined(separator: ",")
        return
            #"{"payloadType":"application/vnd.in-toto+json","payload":"\#(Base64.encode(payload))","signatures":[\#(list)]}"#
    }
}
