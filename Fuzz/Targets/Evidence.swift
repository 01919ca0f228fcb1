import CapsuleCore
import Documents
import OCI

@testable import CapsuleTrust
@testable import Signing

extension FuzzTarget {
    /// Signatures, attestations and key files: what was read is what was signed, byte for byte.
    static let evidence = FuzzTarget(name: "evidence") { bytes throws(Finding) in
        if let bundle = try? SigstoreBundle(bytes, name: "bundle") {
            let text = SigstoreBundle.encode(payload: bundle.payload, signature: bundle.signature, hint: "h")
            let again = try? SigstoreBundle(text, name: "bundle")
            try Finding.unless(again?.payload == bundle.payload, "another payload")
            try Finding.unless(again?.signature == bundle.signature, "another signature")
        }
        _ = try? Statement(bytes)
        _ = try? SignedClaim(simpleSigning: bytes)
        _ = try? RawManifest(detecting: bytes)
        _ = try? VerificationKey(pem: bytes, file: "key")
        // Without a password, so that no key is derived from one.
        _ = try? SigningKey(pem: bytes, file: "key") { throw Finding("a password is needed") }
        _ = try? EncryptedKey(bytes, file: "key")
    }
}
