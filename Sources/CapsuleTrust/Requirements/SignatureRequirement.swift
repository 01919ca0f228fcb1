public import Documents
public import OCI
public import Signing

/// A requirement of signatures: the keys that may sign, and the repository that the signatures must name.
public struct SignatureRequirement: Hashable, Sendable {
    /// The keys that are accepted.
    public let keys: [VerificationKey]
    /// The number of different keys that must have signed.
    public let threshold: Int
    /// The repository that each signature must name: otherwise a signature for another repository would count.
    public let repository: Repository

    /// Describes a requirement of signatures.
    ///
    /// - Throws: `DocumentError.Code.invalidDocument` for an empty list of keys, which never means "anyone", and for a
    ///   threshold that is zero or larger than the number of different keys.
    public init(keys: [VerificationKey], threshold: Int = 1, repository: Repository) throws(DocumentError) {
        var distinct: [VerificationKey] = []
        for key in keys where !distinct.contains(key) { distinct.append(key) }
        guard !distinct.isEmpty else {
            throw DocumentError(
                .invalidDocument, "the list of keys is empty; name at least one public key")
        }
        guard (1...distinct.count).contains(threshold) else {
            throw DocumentError(
                .invalidDocument, "\(threshold) signatures are required, of \(distinct.count) different keys")
        }
        self.keys = distinct
        self.threshold = threshold
        self.repository = repository
    }
}
