import OCI

@testable import OCIRegistry

extension FuzzTarget {
    /// References, digests and tags, and the headers of a registry: what was read is written as it is read again.
    static let references = FuzzTarget(name: "references") { bytes throws(Finding) in
        let text = String(decoding: bytes, as: UTF8.self)
        if let reference = try? ArtifactReference(text) {
            let again = try? ArtifactReference(reference.description)
            try Finding.unless(again == reference, "\(reference) is read as \(again?.description ?? "nothing")")
        }
        if let store = try? StoreReference(text) {
            let again = try? StoreReference(store.description)
            try Finding.unless(again == store, "\(store) is read as \(again?.description ?? "nothing")")
        }
        if let digest = try? Digest(text) { try Finding.unless(digest.description == text, "\(digest)") }
        if let tag = try? Tag(text) { try Finding.unless(tag.description == text, "\(tag)") }
        for now in [0, 1_767_323_045, Int64.max] {
            if let delay = RetryAfter.delay(text, now: now) { try Finding.unless(delay >= .zero, "\(delay)") }
        }
        if let range = ContentRange(text) {
            try Finding.unless(range.first >= 0 && range.first <= range.last, "\(range)")
            try Finding.unless(range.total.map { $0 > range.last } ?? true, "\(range)")
        }
        if let count = ContentRange.uploaded(text) { try Finding.unless(count >= 0, "\(count)") }
        try Finding.unless(Challenge.parse([text, text]).count <= 16, "more challenges than are read")
    }
}
