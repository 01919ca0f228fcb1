internal import Synchronization

/// Which manifest is about which other, as far as it was read. A digest never names anything else, so this never goes
/// stale; without it, asking for the referrers of each of a thousand releases would read each manifest a thousand times.
package final class SubjectCache: Sendable {
    /// Then it starts afresh: a few megabytes, and more than an index can list.
    static let limit = 100_000

    private let subjects = Mutex<[Digest: Digest?]>([:])

    package init() {}

    /// False when `manifest` was read and is about something else or nothing.
    func mayBe(_ manifest: Digest, about subject: Digest) -> Bool {
        subjects.withLock { subjects in
            guard let known = subjects[manifest] else { return true }
            return known == subject
        }
    }

    /// Keeps what a manifest is about.
    func keep(_ manifest: Digest, about subject: Digest?) {
        subjects.withLock { subjects in
            if subjects.count >= Self.limit { subjects = [:] }
            subjects.updateValue(subject, forKey: manifest)
        }
    }
}
