internal import Synchronization

/// Caches the subjects of manifests. A digest always names the same content, so entries never become stale. Without the
/// cache, listing the referrers of each of a thousand releases would read each manifest a thousand times.
package final class SubjectCache: Sendable {
    /// The number of entries at which the cache is emptied: a few megabytes, and more than an index can list.
    static let limit = 100_000

    private let subjects = Mutex<[Digest: Digest?]>([:])

    package init() {}

    /// False when `manifest` was read and has another subject or none.
    func mayBe(_ manifest: Digest, about subject: Digest) -> Bool {
        subjects.withLock { subjects in
            guard let known = subjects[manifest] else { return true }
            return known == subject
        }
    }

    /// Caches the subject of a manifest; nil for a manifest without one.
    func keep(_ manifest: Digest, about subject: Digest?) {
        subjects.withLock { subjects in
            if subjects.count >= Self.limit { subjects = [:] }
            subjects.updateValue(subject, forKey: manifest)
        }
    }
}
