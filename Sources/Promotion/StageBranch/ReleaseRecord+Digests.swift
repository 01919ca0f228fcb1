internal import CapsuleCore
internal import OCI

extension ReleaseRecord.Release {
    /// The digests that make the content of the release, for messages: `capsule sha256:…, image sha256:…`, and for a pair
    /// the package, the image and the witness.
    func digests(joinedBy separator: String) -> String {
        let parts = [
            ((form ?? .capsule).artifact, capsule.digest), ("image", image.digest),
            ("witness", witness?.digest),
        ]
        return parts.filter { $0.0 != "witness" || witness != nil }
            .map { "\($0.0) \($0.1?.description ?? "unknown")" }.joined(separator: separator)
    }
}
