internal import Archive
internal import Documents
package import OCI
internal import Support

/// Publishes capsules to repositories, each release once. `format.md` §8.
package enum CapsulePublisher {
    /// Publishes a capsule under its release's tag.
    ///
    /// Blobs and manifest are written first and the tag last, so that no reader sees a part; publishing again completes
    /// an interrupted run. Of two publishers with different content, a layout rejects the second. Registries have no
    /// conditional tag update, so the tag is read before and after the write. A conflict is detected only if the other
    /// write lands between the two reads.
    ///
    /// - Parameter evidence: writes signatures and attestations when the capsule can be read by its digest and before the
    ///   tag names it, so that a release is never seen without them. It runs also when the release exists already, which
    ///   completes an interrupted run.
    /// - Throws: `CapsuleError.Code.alreadyPublished` with a finding for each file that differs, when the release exists with
    ///   other content; the errors of the store.
    package static func publish(
        _ built: BuiltCapsule, to store: any ContentStore, options: CopyOptions = .init(),
        evidence: ((Descriptor) async throws -> Void)? = nil
    ) async throws -> Publication {
        if let existing = try await store.resolve(built.tag) {
            guard existing.digest == built.digest else { throw try await conflict(built, existing, in: store) }
            try await evidence?(built.manifest.descriptor)
            return .unchanged(built.digest)
        }
        do {
            try await copy(
                built.manifest.descriptor, from: built.content, to: store, tag: evidence == nil ? built.tag : nil,
                options: options)
            if let evidence {
                try await evidence(built.manifest.descriptor)
                try Task.checkCancellation()
                try await store.tagOnce(built.manifest.descriptor.target, as: built.tag)
            }
        } catch let error as OCIError where error.code == .tagExists {
            guard let existing = try await store.resolve(built.tag) else { throw error }
            throw try await conflict(built, existing, in: store)
        }
        guard let now = try await store.resolve(built.tag) else {
            throw OCIError(.notFound, "\(store.reference):\(built.tag) was set and is not there; publish again")
        }
        guard now.digest == built.digest else { throw try await conflict(built, now, in: store) }
        return .published(built.digest)
    }

    private static func conflict(_ built: BuiltCapsule, _ existing: Descriptor, in store: any ContentStore)
        async throws -> CapsuleError
    {
        CapsuleError(
            .alreadyPublished,
            "\(store.reference):\(built.tag) is published as \(existing.digest); what was built is \(built.digest). "
                + "A release is published once: make a new commit, or find out why the two differ",
            findings: try await differences(built, existing, in: store))
    }

    private static func differences(_ built: BuiltCapsule, _ existing: Descriptor, in store: any ContentStore)
        async throws -> [Finding]
    {
        do {
            let theirs = try await CapsuleReader.read(existing, tag: built.tag, from: store)
            let ours = try built.capsule()
            let old = try CapsuleContents(theirs)
            let new = try CapsuleContents(ours)
            let findings = annotations(theirs.annotations, ours.annotations) + files(old, new)
            return findings.isEmpty
                ? [finding(nil, "only the packing differs: the same files, in other bytes")] : findings
        } catch let error as any Failure where error is CapsuleError || error is DocumentError {
            // The difference is that the published content is not a capsule, or a damaged one.
            return error.findings.isEmpty ? [finding(nil, "what is published: \(error.message)")] : error.findings
        } catch let error as OCIError where [.contentMismatch, .tooLarge, .notFound].contains(error.code) {
            return [finding(nil, "what is published cannot be read: \(error.message)")]
        }
    }

    private static func annotations(_ old: [String: String], _ new: [String: String]) -> [Finding] {
        Set(old.keys).union(new.keys).sorted().filter { old[$0] != new[$0] }.map { key in
            finding(
                nil,
                "annotation \(quoted(key)) is \(old[key].map { quoted($0) } ?? "missing") there and "
                    + "\(new[key].map { quoted($0) } ?? "missing") here")
        }
    }

    private static func files(_ old: CapsuleContents, _ new: CapsuleContents) -> [Finding] {
        let before = Dictionary(old.files.map { ($0.path, $0.digest) }, uniquingKeysWith: { first, _ in first })
        let after = Dictionary(new.files.map { ($0.path, $0.digest) }, uniquingKeysWith: { first, _ in first })
        return Set(before.keys).union(after.keys).sorted().compactMap { path in
            switch (before[path], after[path]) {
            case (let old?, let new?) where old != new: finding(path, "\(old) there, \(new) here")
            case (nil, _?): finding(path, "not in what is published")
            case (_?, nil): finding(path, "not in what was built")
            default: nil
            }
        }
    }

    private static func finding(_ path: String?, _ message: String) -> Finding {
        Finding(
            rule: "publish.differs", file: path, message: message,
            remedy: "build from the same commit, image and options, or release a new commit")
    }
}
